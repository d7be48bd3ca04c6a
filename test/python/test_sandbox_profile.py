"""Texts of sandboxes, made by pure functions: bubblewrap's command line, the profile of macOS, options."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimized_kernels.sandbox.bubblewrap import View, bubblewrap_argv, covered, mounts
from optimized_kernels.sandbox.limits import Limits, resource_limits
from optimized_kernels.sandbox.options import SandboxOptionsError, parse_options
from optimized_kernels.sandbox.readable import interpreter_paths, link_chain, shown_paths, too_wide
from optimized_kernels.sandbox.sandbox_exec import PROGRAM, profile, quoted, sandbox_exec_argv

VIEW = View((("usr/bin", "/bin"),), ("/usr", "/etc/passwd"), ("/dev/nvidia0",))


def argv(network: bool = False) -> list[str]:
    return bubblewrap_argv(
        "/usr/bin/bwrap",
        ["python", "-c", "pass"],
        scratch=["/tmp/s"],
        readable=["/bin/python", "/home/u/venv", "/usr/lib/python3"],
        view=VIEW,
        user_namespace=["--unshare-user"],
        network=network,
    )


def test_bubblewrap_shows_what_is_listed_and_nothing_else() -> None:
    words = argv()
    binds = [(words[i], words[i + 1], words[i + 2]) for i, word in enumerate(words) if word.endswith("bind")]
    assert binds == [
        ("--ro-bind", "/etc/passwd", "/etc/passwd"),
        ("--ro-bind", "/home/u/venv", "/home/u/venv"),
        ("--bind", "/tmp/s", "/tmp/s"),
        ("--ro-bind", "/usr", "/usr"),
        ("--bind", "/tmp/s", "/dev/shm"),
    ]
    assert words[-4:] == ["--", "python", "-c", "pass"]
    for option in ("--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"):
        assert option in words
    assert words[words.index("--cap-drop") + 1] == "ALL"
    # Writable before it is closed.
    assert words.index("/dev/shm") < words.index("--remount-ro")


def test_bubblewrap_leaves_the_network_where_it_is_allowed() -> None:
    assert "--unshare-net" not in argv(network=True)


PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(PATHS), st.lists(PATHS, min_size=1, max_size=2))
def test_every_path_is_mounted_as_asked_whatever_contains_it(
    readable: list[str], writable: list[str]
) -> None:
    placed = mounts(readable, writable)
    order = [path for _, path in placed]
    assert len(set(order)) == len(order)
    for path in {*readable, *writable}:
        # The mount in force is the last one at or above a path.
        option = [how for how, folder in placed if covered(path, [folder])][-1]
        nearest = max((known for known in {*readable, *writable} if covered(path, [known])), key=len)
        assert option == ("--bind" if nearest in writable else "--ro-bind")
    for index, path in enumerate(order):
        assert not any(covered(above, [path]) for above in order[:index] if above != path)


def rules(**more: object) -> list[str]:
    given_ = {
        "scratch": ["/private/tmp/s"],
        "readable": ["/Users/u/venv"],
        "homes": ["/Users/u"],
        "network": False,
        "fork": True,
    }
    return profile(**{**given_, **more}).split("\n")  # type: ignore[arg-type]


def test_the_profile_denies_first_and_allows_what_is_needed_later() -> None:
    lines = rules()
    assert lines[:2] == ["(version 1)", "(allow default)"]
    assert lines.index("(deny file-write*)") < next(
        i for i, line in enumerate(lines) if line.startswith("(allow file-read* file-write*")
    )
    hidden = next(i for i, line in enumerate(lines) if line.startswith("(deny file-read-data"))
    shown = next(i for i, line in enumerate(lines) if line.startswith("(allow file-read-data"))
    assert hidden < shown
    assert '(subpath "/Users/u")' in lines[hidden]
    assert lines[shown].endswith('(subpath "/Users/u/venv"))')
    assert '(allow file-read* file-write* (subpath "/private/tmp/s"))' in lines


def test_the_profile_cuts_network_and_fork_unless_allowed() -> None:
    assert "(deny network*)" in rules()
    assert "(deny network*)" not in rules(network=True)
    assert "(deny process-fork)" not in rules()
    assert "(deny process-fork)" in rules(fork=False)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1))
def test_no_path_breaks_out_of_its_quotes(path: str) -> None:
    text = quoted(path)
    assert text[0] == text[-1] == '"'
    within = text[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in within
    assert "\\" not in within
    assert rules(scratch=[path]).count(f"(allow file-read* file-write* (subpath {text}))") == 1


def test_a_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="control characters"):
        quoted("/tmp/a\n(allow default)")


def test_every_parenthesis_is_closed() -> None:
    for line in rules():
        assert line.count("(") == line.count(")")


def test_sandbox_exec_gets_profile_and_command() -> None:
    assert sandbox_exec_argv("(version 1)", ["a", "b"]) == [PROGRAM, "-p", "(version 1)", "a", "b"]


@pytest.mark.parametrize(
    ("path", "wide"),
    [
        ("/", True),
        ("/home", True),
        ("/home/u", True),
        ("/tmp", True),
        ("/home/u/venv", False),
        ("/usr", False),
    ],
)
def test_no_home_is_shown_as_a_whole(path: str, wide: bool) -> None:
    assert too_wide(path, ["/home/u"]) is wide


def test_an_environment_and_its_links_are_found(tmp_path: Path) -> None:
    base, venv = tmp_path / "base" / "bin", tmp_path / "venv" / "bin"
    base.mkdir(parents=True)
    venv.mkdir(parents=True)
    (base / "python3.11").write_text("#!/bin/sh\n")
    (base / "python3.11").chmod(0o755)
    (base / "python3").symlink_to("python3.11")
    (venv / "python").symlink_to(base / "python3")
    (venv.parent / "pyvenv.cfg").write_text("")
    chain = [str(venv / "python"), str(base / "python3"), str(base / "python3.11")]
    assert link_chain(chain[0]) == chain
    assert interpreter_paths(chain[0]) == [*chain, str(venv.parent)]
    shown = shown_paths(chain[0], {"LD_LIBRARY_PATH": f"{base}:/no/such:"}, [])
    assert {*chain, str(venv.parent), str(base)} <= set(shown)
    assert "/no/such" not in shown


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert len(link_chain(str(tmp_path / "a"))) == 40


def test_limits_follow_from_what_is_allowed() -> None:
    limits = Limits(memory_bytes=10, processes=2, disk_bytes=30)
    bare = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 30}
    assert resource_limits(limits, None, accelerator=True) == bare
    assert resource_limits(limits, None, accelerator=False) == {**bare, "RLIMIT_DATA": 10}
    assert resource_limits(limits, 100, accelerator=True) == {**bare, "RLIMIT_NPROC": 1126}


def test_options_default_to_nothing_allowed() -> None:
    for value in ("any", {}, {"level": "any"}):
        options = parse_options(value)
        assert (options.level, options.network, options.readable) == ("any", False, ())
        assert options.limits == Limits()
    given_ = {"level": "strong", "network": True, "memoryMb": 7, "processes": 3, "readable": [os.getcwd()]}
    options = parse_options(given_)
    assert (options.level, options.network, options.readable) == ("strong", True, (os.getcwd(),))
    assert (options.limits.memory_bytes, options.limits.processes) == (7 * 2**20, 3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["level", "network", "memoryMb", "processes", "readable", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(JSON)
def test_wrong_options_name_themselves(value: object) -> None:
    try:
        parse_options(value)
    except SandboxOptionsError as error:
        message = str(error)
    else:
        assert value in ("any", "strong", "limited") or isinstance(value, dict)
        return
    assert message.startswith("options.sandbox")
    assert "expected" in message
