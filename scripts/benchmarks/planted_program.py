"""A program whose speedup is known: honestly faster than stock MLX, and slowed down by real work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

# One row of extra work is a (1, 64) @ (64, 64) product in each call of the seam.
SOURCE = '''"""A faster product, and extra work that nobody needs."""

import mlx.core as mx

ROWS = {rows}
LEFT = mx.ones((max(ROWS, 1), 64))
RIGHT = mx.ones((64, 64))
SECOND_STREAM = mx.new_stream(mx.default_device())


def choose_tile_size(M, N, K, device_info):
    """One tile: the whole product."""
    return M, N, K


def product(A, B):
    """A @ B."""
{product}


def optimized_matmul(A, B, tile_M, tile_N, tile_K):
    """A @ B; the result waits for the extra work."""
    C = product(A, B)
    if ROWS == 0:
        return C
    return mx.depends([C], [mx.matmul(LEFT, RIGHT)])[0]
'''
# What is faster than stock, the steadier one first. A quarter is done long before the rest, so the other
# core's pace does not matter.
BASES = {
    "row-major operand": "    return mx.matmul(A, mx.contiguous(B))",
    "a quarter on a second stream": """    part = B.shape[1] // 4
    left, right = mx.matmul(A, B[:, :part], stream=SECOND_STREAM), mx.matmul(A, B[:, part:])
    return mx.concatenate([left, right], axis=1)""",
}
FIRST_ROWS = 96
# A slope from less extra time than this would be noise.
LEAST_SHARE = 0.05
MOST_ROWS = 1 << 20
# A speedup within this of the wanted one is not corrected.
CLOSE = 0.005
CORRECTIONS = 5


def planted_source(base: str, rows: int) -> str:
    """The program of BASES with `rows` rows of extra work in every call; 0 is the fast program itself."""
    return SOURCE.format(rows=rows, product=BASES[base])


class CannotPlant(Exception):
    """This machine has no honest speedup of the wanted size to begin with."""


@dataclass(frozen=True)
class Cost:
    """Step time over stock's as a line in the rows of extra work."""

    base: float
    per_row: float

    def rows_for(self, speedup: float) -> int:
        """Rows that make the speedup `speedup`. Raises CannotPlant."""
        wanted = 1.0 / speedup - self.base
        if wanted < 0.0:
            found = f"the fast program's speedup here is {1 / self.base:.3f}"
            raise CannotPlant(f"{found}; {speedup:.3f} cannot be planted by slowing it down")
        return round(wanted / self.per_row)


@dataclass(frozen=True)
class Planted:
    """A base with rows of extra work, and the speedup that was measured of it."""

    base: str
    rows: int
    speedup: float

    @property
    def source(self) -> str:
        """The program."""
        return planted_source(self.base, self.rows)


class Planter:
    """Plants effects into the first base that is fast enough; `speedup_of` measures a program's source."""

    def __init__(self, speedup_of: Callable[[str], float]) -> None:
        self.speedup_of = speedup_of
        self.costs: dict[str, Cost] = {}

    def plant(self, speedup: float) -> Planted:
        """Raises CannotPlant where no base is as fast as that."""
        too_slow = CannotPlant("there are no bases")
        for base in BASES:
            if base not in self.costs:
                self.costs[base] = fit_cost(partial(self._measure, base))
            try:
                return self._corrected(base, self.costs[base].rows_for(speedup), speedup)
            except CannotPlant as found:
                too_slow = found
        raise too_slow

    def _corrected(self, base: str, rows: int, speedup: float) -> Planted:
        """What a line through two measurements missed is made up for, CORRECTIONS times at most.

        Raises CannotPlant where that is not enough, as on a machine whose own gains come and go.
        """
        tried = []
        for _ in range(1 + CORRECTIONS):
            found = self._measure(base, rows)
            if abs(found - speedup) <= CLOSE:
                return Planted(base, rows, found)
            tried.append(f"{found:.3f} with {rows} rows")
            missing = round((1.0 / speedup - 1.0 / found) / self.costs[base].per_row)
            rows = max(rows + missing, 0)
        raise CannotPlant(f"{base} has a speedup of {', '.join(tried)}; expected {speedup:.3f}")

    def _measure(self, base: str, rows: int) -> float:
        return self.speedup_of(planted_source(base, rows))


def fit_cost(speedup_of: Callable[[int], float]) -> Cost:
    """The line through no extra work and through an amount that shows; `speedup_of` measures one amount."""
    base = 1.0 / speedup_of(0)
    rows = FIRST_ROWS
    while rows <= MOST_ROWS:
        extra = 1.0 / speedup_of(rows) - base
        if extra >= LEAST_SHARE:
            return Cost(base, extra / rows)
        rows *= 4
    raise CannotPlant(f"{rows} rows of extra work do not show in the step's time")
