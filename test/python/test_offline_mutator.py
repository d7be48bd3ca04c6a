"""Properties of the offline mutator that hold for any program and any draw."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).parents[2] / "activities" / "mutation" / "offline"
sys.path.insert(0, str(FOLDER))

from mutator.propose import Child, propose  # noqa: E402
from mutator.unusable import Unusable  # noqa: E402

NAMES = st.sampled_from(["A", "B", "x", "größe", "tile_M"])
NUMBERS = st.one_of(
    st.integers(-(2**60), 2**60).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["0", "0x40", "1_000", "1e999", "True", "2j", "-0.0"]),
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of expressions, with the layouts that position arithmetic gets wrong first."""
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "@", "<", "==", "**"]), inner).map(
            " ".join
        ),
        inner.map(lambda e: f"(({e}))"),
        inner.map(lambda e: f"({e}  # größer <\n   )"),
        inner.map(lambda e: f"mx.contiguous({e})"),
        inner.map(lambda e: f"x[{e}:, 0].T"),
        inner.map(lambda e: f"f'ü{{ {e.replace(chr(10), '').replace('#', '')} }}'" if "'" not in e else e),
        pair.map(lambda p: f"mx.matmul({p[0]}, {p[1]})"),
        pair.map(lambda p: f"mx.addmm(x, {p[0]},\n  {p[1]})"),
        pair.map(lambda p: f"({p[0]} if {p[1]} else 3.5)"),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, NUMBERS), compound, max_leaves=6)
STATEMENTS = st.one_of(
    st.tuples(NAMES, EXPRESSIONS).map(" = ".join),
    st.tuples(NAMES, EXPRESSIONS).map(" += ".join),
    EXPRESSIONS,
    EXPRESSIONS.map(lambda e: f"x = 1; mx.eval({e})  # trailing"),
    st.tuples(NAMES, EXPRESSIONS).map(lambda p: f"for {p[0]} in {p[1]}:\n        x -= 1\n        break"),
    EXPRESSIONS.map(
        lambda e: f"if {e}: x = 2\n    elif x:\n        pass\n    else:\n        y = '''\n 3 '''"
    ),
)


def parses(source: str) -> bool:
    """Whether Python takes it, so that generated nonsense can be filtered out."""
    try:
        compile(source, "generated", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program with code around two blocks, the second of them around a function or inside it."""
    body = "".join(f"    {s}\n" for s in draw(st.lists(STATEMENTS, min_size=1, max_size=5)))
    constants = "".join(f"{n} = {e}\n" for n, e in draw(st.lists(st.tuples(NAMES, EXPRESSIONS), max_size=3)))
    lines = [
        "import mlx.core as mx  # 3 + 4\n",
        f"# EVOLVE-BLOCK-START\n{constants}# EVOLVE-BLOCK-END\n",
        "between = 5 @ 6\n",
    ]
    if draw(st.booleans()):
        lines.append(f"# EVOLVE-BLOCK-START\ndef f(A, B):\n{body}    return A @ B\n# EVOLVE-BLOCK-END\n")
    else:
        lines.append(
            f"def f(A, B):\n    # EVOLVE-BLOCK-START\n{body}    # EVOLVE-BLOCK-END\n    return A @ B\n"
        )
    source = "".join([*lines, "tail = 'ü' * 3\n"])
    return source.replace("\n", "\r\n") if draw(st.booleans()) else source


def outside(source: str) -> list[str]:
    """The text around the blocks, found without the mutator's own code."""
    kept, inside, pieces = True, False, list[str]()
    for line in source.splitlines(keepends=True):
        inside = inside and "EVOLVE-BLOCK-END" not in line
        if kept and not inside:
            pieces.append(line)
        inside = inside or "EVOLVE-BLOCK-START" in line
    return pieces


def attempt(key: str, parent: str, others: list[str]) -> Child | None:
    """A child, or None where the program offers nothing."""
    try:
        return propose(key, parent, others)
    except Unusable:
        return None


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=8), programs().filter(parses), st.lists(programs(), max_size=2))
def test_children_are_new_programs_changed_inside_the_blocks_only(
    key: str, parent: str, others: list[str]
) -> None:
    child = attempt(key, parent, others)
    assert child == attempt(key, parent, others)
    event("proposed" if child else "unusable")
    if child is None:
        return
    assert parses(child.source)
    assert outside(child.source) == outside(parent)
    meaning = ast.dump(ast.parse(child.source))
    assert meaning not in [ast.dump(ast.parse(s)) for s in [parent, *filter(parses, others)]]
    assert child.change
    assert all(0 <= index < len(others) for index in child.used)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=8), st.text(), st.lists(st.text(), max_size=2))
def test_any_text_is_mutated_or_refused_with_a_reason(key: str, parent: str, others: list[str]) -> None:
    child = attempt(key, parent, others)
    assert child is None or parses(child.source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "no EVOLVE-BLOCK markers in the program"),
        ("x = 1\n", "no EVOLVE-BLOCK markers in the program"),
        ("# EVOLVE-BLOCK-START\nx = 1\n", "EVOLVE-BLOCK-START in line 1 has no EVOLVE-BLOCK-END"),
        ("# EVOLVE-BLOCK-END\n", "EVOLVE-BLOCK-END in line 1 without an EVOLVE-BLOCK-START above it"),
        (
            "# EVOLVE-BLOCK-START\n# EVOLVE-BLOCK-START\n# EVOLVE-BLOCK-END\n",
            "EVOLVE-BLOCK-START in line 2 while the one in line 1 is still open",
        ),
        ("x = '\0'\n", "not Python: source code string cannot contain null bytes"),
        ("x = (\n", "not Python: '(' was never closed in line 1"),
        ("x = '\ud800'\n", "not Unicode text: surrogates not allowed at character 5"),
        (
            "# EVOLVE-BLOCK-START\n'only a text'\n# EVOLVE-BLOCK-END\n",
            "no operator applies: the evolve blocks hold no code that could be changed",
        ),
    ],
)
def test_unusable_parents_are_named(source: str, reason: str) -> None:
    with pytest.raises(Unusable) as caught:
        propose("1/0/0/0", source, [])
    assert str(caught.value) == reason


def test_nothing_new_left_to_do() -> None:
    parent = "# EVOLVE-BLOCK-START\ndel x\n# EVOLVE-BLOCK-END\n"
    assert propose("1/0/0/0", parent, []).change == "dropped statement (line 2)"
    with pytest.raises(Unusable, match="no operator found anything new"):
        propose("1/0/0/0", parent, [parent.replace("del x", "pass")])


def test_a_deeply_nested_program_is_refused_not_fatal() -> None:
    with pytest.raises(Unusable, match=r"not Python: ."):
        propose("1/0/0/0", f"# EVOLVE-BLOCK-START\nx = {'-' * 100_000}1\n# EVOLVE-BLOCK-END\n", [])


def answer(request: object, *flags: str) -> dict[str, object]:
    """What the script prints for a request."""
    command = [sys.executable, *flags, str(FOLDER)]
    run = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=True)
    result: dict[str, object] = json.loads(run.stdout)
    return result


PARENT = """import mlx.core as mx
# EVOLVE-BLOCK-START
def f(A, B):
    tile = 64
    return A @ B + tile
# EVOLVE-BLOCK-END
"""


def test_the_script_answers_as_the_library_does_whatever_the_hash_seed() -> None:
    others = [PARENT.replace("64", "65")]
    for number in range(4):
        request = {"draw": f"1/0/{number}/1", "parent": PARENT, "others": others}
        expected = {"outcome": "proposed", **propose(f"1/0/{number}/1", PARENT, others)._asdict()}
        assert answer(request, "-I", "-S") == expected == answer(request, "-R")
    broken = answer({"draw": "1", "parent": "x", "others": []}, "-I", "-S")
    assert broken == {"outcome": "unusable", "reason": "no EVOLVE-BLOCK markers in the program"}


def test_draws_are_the_same_in_every_version_and_on_every_machine() -> None:
    """Runs depend on these. After an intended change of the catalogue write down the new ones."""
    assert [propose(f"1/0/{number}/0", PARENT, []).change for number in range(6)] == [
        "direct product of A and B on two streams (line 3)",
        "direct product of A and B on two streams (line 3)",
        "compiled f (line 3)",
        "contiguous operand of @ (line 5)",
        "constant 64 to 128 (line 4)",
        "direct product of A and B on two streams (line 3)",
    ]
