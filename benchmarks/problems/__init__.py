"""The programs that benchmarks/loops.py times, one a module.

Each has `TITLE`; `ARGNUMS`, what the gradient is by; `STATIC`, the positions of arguments that JAX must know when it
compiles; `make_inputs()`; `primal`, the program as a user writes it; `adjoint`, its gradient by hand for Numba, as fast
as we know how; perhaps `plain_adjoint`, by hand too, with the primal's own order of loops and its functions;
`jax_primal()` and `torch_primal()`, the same program as those libraries want it.
"""

from numba import njit

# What adtrans allows LLVM by default: sums in another order, but NaN and infinity keep their meaning.
fast_njit = njit(fastmath={"reassoc", "contract", "arcp", "nsz"})
