"""One cache of compiled code for all tests of a run, away from the user's own, and what several test files need."""

import os
import shutil
import tempfile
import warnings

import numpy as np
import pytest

CACHE = "ADTRANS_CACHE_DIR"


def pytest_configure(config):
    config.adtrans_cache = tempfile.mkdtemp(prefix="adtrans-tests-")
    os.environ[CACHE] = config.adtrans_cache  # processes that tests start have it too


def pytest_unconfigure(config):
    os.environ.pop(CACHE, None)
    shutil.rmtree(config.adtrans_cache, ignore_errors=True)


@pytest.fixture
def quiet():
    """Plain NumPy warns of what programs do not choose, such as the square roots of negative numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
