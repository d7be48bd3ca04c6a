"""Evolved MLX kernels: put into training, checked against stock MLX, and timed.

* ``seams``: the places in MLX that a program may replace, in the forward and in the backward pass.
* ``workloads``: training steps that programs are measured on.
* ``measurement``: ``python -m optimized_kernels.measurement``, a verdict on one program.
"""
