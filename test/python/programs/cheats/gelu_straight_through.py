"""Tries: compute GELU rightly and pass its gradients through unchanged."""
# expect: refused correctness: gelu

import mlx.core as mx


def gelu(x):
    return x * (1 + mx.erf(x / 2**0.5)) / 2


def gelu_vjp(primals, cotangent, output):
    return cotangent
