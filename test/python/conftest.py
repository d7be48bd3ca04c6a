"""Fixtures of the sandbox's tests: each mode that works here, a scratch folder; patient property tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from optimized_kernels.sandbox.command import Means
from optimized_kernels.sandbox.probe import strongest

LIMITED = Means("limited")

# How fast a busy machine draws examples says nothing about the property.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def strong() -> Means:
    found = strongest()
    if not found.strong:
        pytest.skip(found.why)
    return found.means


@pytest.fixture(params=["strong", "limited"])
def means(request: pytest.FixtureRequest) -> Means:
    return request.getfixturevalue("strong") if request.param == "strong" else LIMITED


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
