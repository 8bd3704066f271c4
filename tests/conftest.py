"""One cache of compiled code for all tests of a run, away from the user's own."""

import os
import shutil
import tempfile

CACHE = "ADTRANS_CACHE_DIR"


def pytest_configure(config):
    config.adtrans_cache = tempfile.mkdtemp(prefix="adtrans-tests-")
    os.environ[CACHE] = config.adtrans_cache  # processes that tests start have it too


def pytest_unconfigure(config):
    os.environ.pop(CACHE, None)
    shutil.rmtree(config.adtrans_cache, ignore_errors=True)
