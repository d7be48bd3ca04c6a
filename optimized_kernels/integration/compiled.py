"""Functions that were compiled before a program came: what they have traced stays stock MLX."""

from __future__ import annotations

import gc

from optimized_kernels.seams import stock

# MLX's own activations, and the functions of programs.
NOT_THE_USERS = ("mlx.", "optimized_kernels.", "evolved_program")
SHOWN = 5


def compiled_functions() -> tuple[str, ...]:
    """Names of the compiled functions that are alive now, MLX's own left out."""
    kind = type(stock.compile(lambda: None))
    alive = [found for found in gc.get_objects() if type(found) is kind]
    names = {_name(found) for found in alive}
    return tuple(sorted(name for name in names if not name.startswith(NOT_THE_USERS)))


def _name(compiled: object) -> str:
    # MLX hands on what the function itself has; methods and partial functions have not all of it.
    name = getattr(compiled, "__qualname__", None) or getattr(compiled, "__name__", None)
    module = getattr(compiled, "__module__", None)
    return f"{module}.{name}" if module and name else "a method or partial function"


def listed(names: tuple[str, ...]) -> str:
    """Some of `names`, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
