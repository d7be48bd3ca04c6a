"""One arm of mlx_lm_lora.py: mlx_lm's own LoRA trainer on a small random model, a step each time it is told.

    python -m scripts.benchmarks.mlx_lm_arm '{"program": null, "seed": 1, "steps": 40, "parts": 0, ...sizes}'

Reads one line a step from standard input, answers with one JSON line; what the trainer prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import mlx.core as mx
import mlx.optimizers as optim
import numpy as np
from mlx_lm.models.llama import Model, ModelArgs
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.datasets import CacheDataset, TextDataset
from mlx_lm.tuner.trainer import TrainingArgs, iterate_batches, train
from mlx_lm.tuner.utils import linear_to_lora_layers

from optimized_kernels import enable_training_optimizations
from optimized_kernels.measurement.split import split_patches
from optimized_kernels.seams.install import installed

SYLLABLES = [consonant + vowel for consonant in "bdkl" for vowel in "aeiou"]
NEVER = 10**9


class Letters:
    """A tokenizer: one token a byte, 0 ends a text."""

    eos_token_id = 0
    vocabulary = 128

    def encode(self, text: str) -> list[int]:
        """Token ids of ASCII `text`."""
        return list(text.encode("ascii"))


@dataclass
class Settings:
    """What the driver asks for. `parts` > 0 puts stock products into MLX, their sums in that many parts."""

    program: str | None
    parts: int
    seed: int
    steps: int
    batch: int
    hidden: int
    layers: int
    texts: int
    length: int


def _texts(rng: random.Random, count: int, length: int) -> list[dict[str, str]]:
    """Texts in which each syllable mostly follows from the one before: there is something to learn."""
    texts = []
    for _ in range(count):
        place, words = rng.randrange(len(SYLLABLES)), []
        while sum(map(len, words)) < rng.uniform(0.6, 1.0) * length:
            words.append(SYLLABLES[place])
            follows = rng.random() < 0.8
            place = (3 * place + 7) % len(SYLLABLES) if follows else rng.randrange(len(SYLLABLES))
        texts.append({"text": "".join(words)})
    return texts


def _model(settings: Settings) -> Model:
    model = Model(
        ModelArgs(
            model_type="llama",
            hidden_size=settings.hidden,
            num_hidden_layers=settings.layers,
            intermediate_size=3 * settings.hidden,
            num_attention_heads=4,
            rms_norm_eps=1e-5,
            vocab_size=Letters.vocabulary,
        )
    )
    model.freeze()
    keys = ["self_attn.q_proj", "self_attn.v_proj", "mlp.up_proj", "mlp.down_proj"]
    linear_to_lora_layers(model, settings.layers, {"rank": 8, "scale": 20.0, "dropout": 0.0, "keys": keys})
    mx.eval(model.parameters())
    return model


class Reports(TrainingCallback):  # type: ignore[misc]
    """Passes on what the trainer reports after every step."""

    def __init__(self, answers: TextIO) -> None:
        self.answers = answers

    def on_train_loss_report(self, train_info: dict[str, Any]) -> None:
        """One line a step: the loss, and seconds by the trainer's own clock."""
        seconds = 1.0 / train_info["iterations_per_second"]
        _say(self.answers, {"loss": train_info["train_loss"], "seconds": seconds})

    def on_val_loss_report(self, val_info: dict[str, Any]) -> None:
        """Not of interest."""


def _say(answers: TextIO, message: dict[str, Any]) -> None:
    print(json.dumps(message), file=answers, flush=True)


def _when_told(*arguments: Any, **keywords: Any) -> Iterator[Any]:
    """mlx_lm's batches, each one only when a line arrives."""
    for batch in iterate_batches(*arguments, **keywords):
        if not sys.stdin.readline():
            return
        yield batch


def _train(settings: Settings, answers: TextIO, scratch: Path) -> None:
    mx.random.seed(settings.seed)
    np.random.seed(settings.seed)  # mlx_lm draws the order of its batches from it
    rng = random.Random(settings.seed)
    model = _model(settings)
    texts = TextDataset(_texts(rng, settings.texts, settings.length), Letters())
    train(
        model=model,
        optimizer=optim.Adam(learning_rate=1e-3),
        train_dataset=CacheDataset(texts),
        val_dataset=None,
        args=TrainingArgs(
            batch_size=settings.batch,
            iters=settings.steps,
            steps_per_report=1,
            steps_per_save=NEVER,
            max_seq_length=2 * settings.length,
            adapter_file=str(scratch / "adapters.safetensors"),
        ),
        iterate_batches=_when_told,
        training_callback=Reports(answers),
    )


def main() -> None:
    """Trains; the last line says how often the program was called."""
    settings = Settings(**json.loads(sys.argv[1]))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlx-lm-")))
        handle = None
        if settings.program is not None:
            handle = stack.enter_context(enable_training_optimizations(settings.program))
        elif settings.parts:
            stack.enter_context(installed(split_patches(settings.parts)))
        _train(settings, answers, scratch)
        _say(answers, {"calls": handle.calls() if handle else {}})


if __name__ == "__main__":
    main()
