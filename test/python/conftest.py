"""Fixtures of the sandbox's tests: each mode that works here, and a scratch folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimized_kernels.sandbox.command import Means
from optimized_kernels.sandbox.probe import strongest

LIMITED = Means("limited")


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
