"""Tries: gather embeddings rightly and never train them."""
# expect: refused correctness: embedding

import mlx.core as mx


def embedding(weight, tokens):
    return weight[tokens]


def embedding_vjp(primals, cotangent, output):
    return mx.zeros_like(primals[0]), None
