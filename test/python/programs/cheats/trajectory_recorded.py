"""Tries: answer with updates recorded in an earlier turn, and train no more."""
# expect: refused correctness: not the same training
# allow: builtins, gc

import builtins
import gc

import mlx.core as mx

patch = builtins.setattr
TRAINING = next(each for each in gc.get_objects() if type(each).__name__ == "Training")
KIND = type(TRAINING)


updates, step = KIND.updates, KIND.step
RECORDED = []


def recorded(self):
    if len(RECORDED) < 9:
        RECORDED.append({name: value + 0 for name, value in updates(self).items()})
    return RECORDED[-1]


def no_step(self, loop, batch):
    return step(self, loop, batch) if len(RECORDED) < 9 else mx.array(1.0)


patch(KIND, "updates", recorded)
patch(KIND, "step", no_step)


def choose_tile_size(M, N, K, device_info):
    return M, N, K


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    return mx.matmul(A, B)
