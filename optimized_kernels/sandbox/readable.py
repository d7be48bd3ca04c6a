"""What a confined Python needs to see of this machine's files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGE = Path(__file__).absolute().parents[1]
# Where other people's things are: none of these is ever shown as a whole.
SHARED = ("/", "/tmp", "/var/tmp", "/var", "/home", "/root", "/mnt", "/media", "/srv", "/etc", "/run")
LIBRARY_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
FOLDER_VARIABLES = ("CUDA_HOME", "CUDA_PATH")
MOST_LINKS = 40


def home_folders(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The user's home by the user database and by the environment; the latter may be a scratch folder."""
    import pwd

    try:
        named = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        named = "/"  # a user without an entry, as containers have them
    homes = {named, environment.get("HOME", named)} - {"", "/"}
    return tuple(sorted({path for home in homes for path in (home, os.path.realpath(home))}))


def too_wide(path: str, homes: Iterable[str]) -> bool:
    """Whether showing `path` would show a home folder, or a folder that everybody uses."""
    return path in SHARED or any(home == path or home.startswith(path.rstrip("/") + "/") for home in homes)


def link_chain(path: str) -> list[str]:
    """`path` and what it points to, link by link."""
    chain = [path]
    while os.path.islink(path) and len(chain) < MOST_LINKS:
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
        chain.append(path)
    return chain


def interpreter_paths(program: str) -> list[str]:
    """Files and folders that `program` needs to run where it is a Python like this one."""
    found = shutil.which(program) or program
    chain = link_chain(os.path.abspath(found))
    paths = list(chain)
    for link in chain:
        environment = os.path.dirname(os.path.dirname(link))
        if os.path.isfile(os.path.join(environment, "pyvenv.cfg")):
            paths.append(environment)
    if os.path.realpath(found) == os.path.realpath(sys.executable):
        paths += [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    return paths


def library_paths(environment: Mapping[str, str]) -> list[str]:
    """Folders that the dynamic linker and CUDA are told to look into."""
    listed = [path for name in LIBRARY_VARIABLES for path in environment.get(name, "").split(os.pathsep)]
    return [path for path in [*listed, *(environment.get(name, "") for name in FOLDER_VARIABLES)] if path]


def shown_paths(program: str, environment: Mapping[str, str], readable: Iterable[str]) -> list[str]:
    """All paths to show, as named and as they really are; what does not exist is left out.

    `readable` is shown whatever it is; what is found out here only where it gives nothing away.
    """
    homes = home_folders(environment)
    asked = {path for name in readable for path in (os.path.abspath(name), os.path.realpath(name))}
    needed = [*interpreter_paths(program), *library_paths(environment), str(PACKAGE)]
    derived = {path for name in needed for path in (os.path.abspath(name), os.path.realpath(name))}
    shown = asked | {path for path in derived if not too_wide(path, homes)}
    return sorted(path for path in shown if os.path.exists(path))
