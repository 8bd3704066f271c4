"""What differs between targets. The CPU is the line of `pipeline` itself; here is what kernels for a GPU have in its
place: which values are a thread's own, memory for each thread, the names of functions, and launching."""
