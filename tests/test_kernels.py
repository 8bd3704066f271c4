"""The kernels of benchmarks/corpus: right gradients by the generated source, or a refusal at a line of the kernel's."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from uncompiled import derivative

from adtrans.errors import UnsupportedError
from adtrans.testing import check_pullback

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))

import corpus

KERNELS = corpus.kernels()
REFUSED = {
    "advection_by_roll", "american_put", "barrier_option", "basket_option", "belief_propagation", "bezier_length",
    "bilinear_scores", "convolution_by_windows", "convolved_power", "cox_likelihood", "diffusion_on_graph",
    "double_pendulum", "expm_by_squaring", "frame_energies", "gaussian_process", "hamiltonian_chain", "hmm_forward",
    "hodgkin_huxley", "holt_forecast", "huber_regression", "kalman_filter", "kepler_newton", "kernel_density",
    "kmeans_objective", "lorenz_rk4", "lstm", "lu_solve", "mesh_area", "mesh_volume",
    "message_passing", "nbody_arrays", "power_iteration", "rayleigh_ritz", "reprojection_error", "resonator",
    "shaded_spheres", "shallow_water", "sir_epidemic", "softmax_regression", "solve_and_log_det", "spectral_filter",
    "spring_forces", "student_t", "swap_curve", "time_warping", "tone_curve", "trimmed_mean", "viterbi",
    "yield_to_maturity", "yukawa_neighbours",
}  # fmt: skip


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", [name for name in KERNELS if name not in REFUSED])
def test_kernel_has_the_gradient_of_its_differences(name):
    kernel = KERNELS[name]
    args = kernel.make(kernel.small)
    check_pullback(kernel.python(), derivative(kernel.function, args, kernel.argnums, "vjp"), args, kernel.argnums)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_kernel_is_refused_at_a_line_of_its_file(name):
    """A kernel that is differentiated by now fails here: take it off the list."""
    kernel = KERNELS[name]
    with pytest.raises(UnsupportedError) as caught:
        derivative(kernel.function, kernel.make(kernel.small), kernel.argnums, "vjp")
    assert caught.value.loc.file == sys.modules[kernel.function.__module__].__file__


def test_refused_kernels_are_kernels():
    assert KERNELS.keys() >= REFUSED


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_kernel_says_where_its_formula_is_from(kernel):
    assert kernel.function.__doc__.count(";") or "(" in kernel.function.__doc__
