"""Does: keep its choices in an object with private attributes."""
# expect: scored

from dataclasses import dataclass, field

import mlx.core as mx


@dataclass
class Layouts:
    _contiguous: dict = field(default_factory=dict)

    def product(self, A, B):
        key = (A.shape, B.shape)
        if key not in self._contiguous:
            self._contiguous[key] = B.shape[1] > 1
        return mx.matmul(A, mx.contiguous(B) if self._contiguous[key] else B)


LAYOUTS = Layouts()


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return LAYOUTS.product(A, B)
