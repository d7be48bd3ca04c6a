"""Does: an embedding whose gradient is one scatter."""
# expect: scored

import mlx.core as mx


def embedding(weight, tokens):
    return mx.take(weight, tokens, axis=0)


def embedding_vjp(primals, cotangent, output):
    weight, tokens = primals
    return mx.zeros_like(weight).at[tokens].add(cotangent), None
