"""``mx.fast.scaled_dot_product_attention`` through a program, grouped and multi-query attention included.

Stock stays what is not taken: additive masks (their gradient may be wanted), attention sinks, demands for a
fused kernel, mixed dtypes.
"""

from __future__ import annotations

import mlx.core as mx

from optimized_kernels.seams import stock
from optimized_kernels.seams.array_seam import ArraySeam
from optimized_kernels.seams.patch import Patch
from optimized_kernels.seams.routing import takes

Mask = mx.array | str | None
Stream = mx.Stream | mx.Device | None


def _mask_fits(mask: Mask, scores: tuple[int, ...]) -> bool:
    if mask is None or (isinstance(mask, str) and mask == "causal"):
        return True
    if not isinstance(mask, mx.array) or mask.dtype != mx.bool_ or not 0 < mask.ndim <= 4:
        return False
    return all(size in (1, wanted) for size, wanted in zip(mask.shape[::-1], scores[::-1], strict=False))


def _fits(q: mx.array, k: mx.array, v: mx.array, mask: Mask) -> bool:
    if not q.ndim == k.ndim == v.ndim == 4 or k.shape[:3] != v.shape[:3]:
        return False
    (batch, heads, queries, depth), (k_batch, k_heads, keys, k_depth) = q.shape, k.shape
    if batch != k_batch or depth != k_depth or heads % k_heads != 0:
        return False
    return _mask_fits(mask, (batch, heads, queries, keys))


def attention_patches(seam: ArraySeam) -> tuple[Patch, ...]:
    """Reached by ``nn.MultiHeadAttention`` and by models that call MLX's function themselves."""

    def scaled_dot_product_attention(
        q: mx.array,
        k: mx.array,
        v: mx.array,
        *,
        scale: float,
        mask: Mask = None,
        sinks: mx.array | None = None,
        force_fused: bool = False,
        stream: Stream = None,
    ) -> mx.array:
        if sinks is not None or force_fused or not takes(q, k, v) or not _fits(q, k, v, mask):
            return stock.attention(
                q, k, v, scale=scale, mask=mask, sinks=sinks, force_fused=force_fused, stream=stream
            )
        return seam.on(stream, (q, k, v, scale, mask), (*q.shape[:-1], v.shape[-1]), q.dtype)

    return (Patch(mx.fast, "scaled_dot_product_attention", scaled_dot_product_attention),)
