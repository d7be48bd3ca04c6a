"""Quantiles and the like from SciPy, which is imported when it is first asked for: that takes a while."""

from __future__ import annotations

import importlib
import threading


def import_scipy() -> None:
    """Imports SciPy's functions meanwhile, so that nobody has to wait for them later."""
    threading.Thread(target=importlib.import_module, args=("scipy.special",), daemon=True).start()


def student_quantile(freedom: float, probability: float) -> float:
    """Where Student's distribution with these degrees of freedom has `probability` below it."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def normal_probability(value: float) -> float:
    """Probability that the standard normal distribution has below `value`."""
    from scipy.special import ndtr

    return float(ndtr(value))


def lambert_w(value: float) -> float:
    """The branch -1 of Lambert's W, for -1/e <= `value` < 0."""
    from scipy.special import lambertw

    return float(lambertw(value, k=-1).real)
