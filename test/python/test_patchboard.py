"""Which programs are in MLX, against the simplest model: the last one in wins, the first state comes back."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimized_kernels.integration.errors import OptimizationWarning
from optimized_kernels.integration.patchboard import Layer, Patchboard
from optimized_kernels.seams.patch import Patch

NAMES = ("product", "norm", "inherited")


def fresh_owner() -> type:
    base = type("Base", (), {"inherited": "base"})
    return type("Owner", (base,), {"product": "stock product", "norm": "stock norm"})


def layer(owner: object, number: int, names: list[str]) -> Layer:
    return Layer(tuple(Patch(owner, name, f"{name} {number}") for name in names))


actions = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.sampled_from(NAMES), unique=True)),
        st.tuples(st.just("take"), st.integers(0, 10)),
        st.tuples(st.just("suspend"), st.none()),
    ),
    max_size=20,
)


@settings(deadline=None, max_examples=200)
@given(actions)
def test_the_last_layer_wins_and_stock_comes_back(sequence: list[tuple[str, object]]) -> None:
    owner, board = fresh_owner(), Patchboard()
    stock = {name: getattr(owner, name) for name in NAMES}
    model: list[Layer] = []

    def expected(name: str) -> object:
        wins = [patch.replacement for entry in model for patch in entry.patches if patch.name == name]
        return wins[-1] if wins else stock[name]

    for number, (action, argument) in enumerate(sequence):
        if action == "put":
            model.append(layer(owner, number, argument))
            board.put(model[-1])
        elif action == "take" and model:
            board.take(model.pop(argument % len(model)))
        elif action == "suspend":
            with board.suspended():
                assert {name: getattr(owner, name) for name in NAMES} == stock
        assert all(getattr(owner, name) == expected(name) for name in NAMES)
    for entry in list(model):
        board.take(entry)
    assert "inherited" not in vars(owner)
    assert {name: getattr(owner, name) for name in NAMES} == stock


def test_the_same_patches_twice_are_two_layers() -> None:
    owner, board = fresh_owner(), Patchboard()
    patches = layer(owner, 1, ["product"]).patches
    first, second = Layer(patches), Layer(patches)
    board.put(first)
    board.put(second)
    board.take(first)
    assert owner.product == "product 1"
    board.take(second)
    assert owner.product == "stock product"


def test_what_other_code_put_there_meanwhile_is_left_alone() -> None:
    owner, board = fresh_owner(), Patchboard()
    ours = layer(owner, 1, ["product", "norm"])
    board.put(ours)
    owner.product = "theirs"
    with pytest.warns(OptimizationWarning, match=r"Owner\.product was replaced by other code"):
        board.take(ours)
    assert (owner.product, owner.norm) == ("theirs", "stock norm")


def test_a_layer_above_other_codes_replacement_gives_it_back() -> None:
    owner, board = fresh_owner(), Patchboard()
    below, above = layer(owner, 1, ["product"]), layer(owner, 2, ["product"])
    board.put(below)
    owner.product = "theirs"
    with pytest.warns(OptimizationWarning, match="replaced by other code"):
        board.put(above)
    assert owner.product == "product 2"
    board.take(below)
    board.take(above)
    assert owner.product == "theirs"


def test_an_exception_while_suspended_brings_the_layers_back() -> None:
    owner, board = fresh_owner(), Patchboard()
    board.put(layer(owner, 1, ["product"]))
    with pytest.raises(KeyError), board.suspended():
        raise KeyError("planned")
    assert owner.product == "product 1"


def test_other_threads_wait_until_the_suspension_ends() -> None:
    owner, board = fresh_owner(), Patchboard()
    waiting = threading.Event()

    def put() -> None:
        waiting.set()
        board.put(layer(owner, 1, ["product"]))

    thread = threading.Thread(target=put)
    with board.suspended():
        thread.start()
        assert waiting.wait(10.0)
        assert owner.product == "stock product"
    thread.join(10.0)
    assert owner.product == "product 1"


def test_covering_is_about_places_with_another_replacement() -> None:
    owner = fresh_owner()
    shared = Patch(owner, "product", "same")
    below = Layer((shared, Patch(owner, "norm", "one")))
    assert not Layer((shared,)).covers(below)
    assert not Layer((Patch(owner, "inherited", "two"),)).covers(below)
    assert Layer((Patch(owner, "norm", "two"),)).covers(below)
