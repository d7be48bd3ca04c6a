"""Tries: train while a turn is being prepared, before the clock starts."""
# expect: refused timing: before the clock
# allow: builtins, gc

import builtins
import gc

import mlx.core as mx

patch = builtins.setattr
TRAINING = next(each for each in gc.get_objects() if type(each).__name__ == "Training")
KIND = type(TRAINING)


SIDE = next(each for each in gc.get_objects() if type(each).__name__ == "Side")
step = KIND.step
LOSSES = []


def early():
    """In the place of the collection that ends the preparation of a turn, which has one batch here."""
    if len(SIDE.batches) == 1:
        LOSSES[:] = [step(TRAINING, SIDE.loop, batch) for batch in SIDE.batches]


def late(self, loop, batch):
    return LOSSES.pop(0) if LOSSES else step(self, loop, batch)


patch(gc, "collect", early)
patch(KIND, "step", late)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
