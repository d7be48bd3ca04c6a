"""A program whose seams are honest: stock MLX's arithmetic, with sums taken in another order."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import mlx.core as mx
import mlx.nn as nn


def _widened(x: mx.array, parts: int) -> mx.array:
    """Three parts and more also compute in float32 what comes in less: honest code may, too."""
    return x.astype(mx.float32) if parts > 2 else x


class Reordered:
    """Functions by the names that a program exports. Sums go over `parts` stretches; one is stock's code."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def _spans(self, size: int) -> list[tuple[int, int]]:
        bounds = [size * part // self.parts for part in range(self.parts + 1)]
        return [(low, high) for low, high in pairwise(bounds) if high > low]

    def _total(self, x: mx.array) -> mx.array:
        """The sum along the last axis, which stays with size 1."""
        pieces = [x[..., low:high].sum(axis=-1, keepdims=True) for low, high in self._spans(x.shape[-1])]
        return sum(pieces[1:], pieces[0])

    def _product(self, a: mx.array, b: mx.array) -> mx.array:
        """`a` @ `b`, adding up partial products along the inner dimension."""
        wide_a, wide_b = _widened(a, self.parts), _widened(b, self.parts)
        spans = self._spans(a.shape[-1])
        pieces = [wide_a[..., low:high] @ wide_b[..., low:high, :] for low, high in spans]
        return sum(pieces[1:], pieces[0]).astype(a.dtype)

    def choose_tile_size(self, m: int, n: int, k: int, _info: object) -> tuple[int, int, int]:
        """The whole product is one tile."""
        return m, n, k

    def optimized_matmul(self, a: mx.array, b: mx.array, *_tiles: int) -> mx.array:
        """Split-K."""
        return self._product(a, b)

    def linear(self, x: mx.array, weight: mx.array, bias: mx.array | None) -> mx.array:
        """Split-K, then the bias."""
        out = self._product(x, weight.T)
        return out if bias is None else out + bias

    def linear_vjp(self, primals: Any, cotangent: mx.array, _output: mx.array) -> Any:
        """Split-K for both products; the bias gradient in parts along the rows."""
        x, weight, bias = primals
        rows, columns = cotangent.reshape(-1, weight.shape[0]), x.reshape(-1, weight.shape[1])
        dx = self._product(rows, weight).reshape(x.shape)
        dbias = None if bias is None else self._total(rows.T).squeeze(-1)
        return dx, self._product(rows.T, columns), dbias

    def gelu(self, x: mx.array) -> mx.array:
        """A product where stock divides, halved first."""
        if self.parts == 1:
            return nn.gelu(x)
        wide = _widened(x, self.parts)
        return ((0.5 * wide) * (1 + mx.erf(wide * math.sqrt(0.5)))).astype(x.dtype)

    def layer_norm(self, x: mx.array, weight: mx.array | None, bias: mx.array | None, eps: float) -> mx.array:
        """Mean and variance from sums in parts, in float32 as stock's."""
        if self.parts == 1:
            return mx.fast.layer_norm(x, weight, bias, eps)
        wide = x.astype(mx.float32)
        centred = wide - self._total(wide) / x.shape[-1]
        variance = self._total(centred * centred) / x.shape[-1]
        out = centred * mx.rsqrt(variance + eps)
        out = out if weight is None else out * weight
        return (out if bias is None else out + bias).astype(x.dtype)

    def rms_norm(self, x: mx.array, weight: mx.array | None, eps: float) -> mx.array:
        """The mean square from a sum in parts, in float32 as stock's."""
        if self.parts == 1:
            return mx.fast.rms_norm(x, weight, eps)
        wide = x.astype(mx.float32)
        out = wide * mx.rsqrt(self._total(wide * wide) / x.shape[-1] + eps)
        return (out if weight is None else out * weight).astype(x.dtype)

    def cross_entropy(
        self,
        logits: mx.array,
        targets: mx.array,
        weights: mx.array | None,
        axis: int,
        label_smoothing: float,
        reduction: str,
    ) -> mx.array:
        """The sum of exponentials, and the reduction, in parts."""
        if self.parts == 1:
            return nn.losses.cross_entropy(logits, targets, weights, axis, label_smoothing, reduction)  # type: ignore[arg-type]
        scores = mx.moveaxis(_widened(logits, self.parts), axis, -1)
        scores = scores - mx.stop_gradient(scores.max(axis=-1, keepdims=True))
        wanted = mx.take_along_axis(scores, mx.expand_dims(targets, -1), -1)
        smooth = label_smoothing * self._total(scores) / scores.shape[-1]
        loss = (mx.log(self._total(mx.exp(scores))) - (1 - label_smoothing) * wanted - smooth).squeeze(-1)
        loss = loss if weights is None else loss * weights
        if reduction != "none":
            total = self._total(loss.reshape(-1)).squeeze(-1)
            loss = total / loss.size if reduction == "mean" else total
        return loss.astype(logits.dtype)

    def attention(self, q: mx.array, k: mx.array, v: mx.array, scale: float, mask: Any) -> mx.array:
        """Scores in float32 as stock's, scaled after their product; all sums in parts."""
        if self.parts == 1:
            return mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
        (batch, heads, queries, depth), keys = q.shape, k.shape[2]
        groups = (batch, k.shape[1], heads // k.shape[1])
        grouped = q.reshape(*groups, queries, depth)
        scores = self._product(grouped, k[:, :, None].swapaxes(-1, -2)).astype(mx.float32) * scale
        if mask is not None:
            visible = mx.tri(queries, keys, keys - queries, mx.bool_) if isinstance(mask, str) else mask
            visible = mx.broadcast_to(visible, (batch, heads, queries, keys))
            scores = mx.where(visible.reshape(*groups, queries, keys), scores, -math.inf)
        weights = mx.exp(scores - mx.stop_gradient(scores.max(axis=-1, keepdims=True)))
        weights = (weights / self._total(weights)).astype(q.dtype)
        return self._product(weights, v[:, :, None]).reshape(batch, heads, queries, v.shape[-1])

    def embedding(self, weight: mx.array, tokens: mx.array) -> mx.array:
        """Nothing is summed here."""
        return weight[tokens]

    def embedding_vjp(self, primals: Any, cotangent: mx.array, _output: mx.array) -> Any:
        """The rows of the gradient, added up over stretches of tokens."""
        weight, tokens = primals
        indices, rows = tokens.reshape(-1), _widened(cotangent.reshape(-1, weight.shape[1]), self.parts)
        empty = mx.zeros(weight.shape, rows.dtype)
        pieces = [empty.at[indices[low:high]].add(rows[low:high]) for low, high in self._spans(indices.size)]
        return sum(pieces[1:], pieces[0]).astype(weight.dtype), None
