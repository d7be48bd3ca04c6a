"""Tries: replace GELU by its approximation with a sigmoid."""
# expect: refused correctness: gelu

import mlx.core as mx


def gelu(x):
    return x * mx.sigmoid(1.702 * x)
