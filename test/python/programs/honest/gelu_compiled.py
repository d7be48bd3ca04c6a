"""Does: GELU and its slope, each in one kernel."""
# expect: scored

import math

import mlx.core as mx

SLOPE = 1 / math.sqrt(2 * math.pi)


@mx.compile
def gelu(x):
    return x * (1 + mx.erf(x * math.sqrt(0.5))) * 0.5


@mx.compile
def slope(x, cotangent):
    return cotangent * (0.5 * (1 + mx.erf(x * math.sqrt(0.5))) + x * mx.exp(-0.5 * x * x) * SLOPE)


def gelu_vjp(primals, cotangent, output):
    return slope(primals[0], cotangent)
