"""Native code that a program's process executes and the reference's does not: compute outside MLX.

The gate reads source, and Python can hide an import from it. What a process has mapped to be executed is in
the kernel's books, which the harness reads itself. For Linux on the CPU backend: GPU drivers load parts of
themselves late, and other systems keep no such books in files.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from optimized_kernels.measurement.freeze import descendants
from optimized_kernels.measurement.sides import Sides
from optimized_kernels.measurement.verdict import Rejected

# Parts of the C runtime that are loaded late, and what Python's own extension modules are linked to.
# fmt: off
RUNTIME = (
    "ld-linux", "libbz2.", "libc.", "libcrypto.", "libdl.", "libexpat.", "libffi.", "libgcc_s.", "liblzma.",
    "libm.", "libnss_", "libpthread.", "libresolv.", "librt.", "libssl.", "libstdc++.", "libuuid.", "libz.",
)
# fmt: on
# Executable memory that belongs to no file and to no program.
KERNELS_OWN = ("[vdso]", "[vsyscall]", "[uprobes]")
UNNAMED = "code made at run time"


def executed_files(maps: str) -> set[str]:
    """Files mapped to be executed, from the text of ``/proc/<pid>/maps``; UNNAMED for other memory."""
    found = set()
    for line in maps.splitlines():
        address_to_inode = line.split(maxsplit=5)
        if len(address_to_inode) < 5 or "x" not in address_to_inode[1]:
            continue
        path = address_to_inode[5] if len(address_to_inode) > 5 else ""
        if path not in KERNELS_OWN:
            found.add(path if path.startswith("/") else UNNAMED)
    return found


def _belongs_to(path: str, module: str) -> bool:
    """Whether a file is of an installed package: in its folder, or in the one of its bundled libraries."""
    folders = Path(path).parts
    return any(folder in (module, f"{module}.libs") for folder in folders[:-1])


def foreign_files(
    own: Iterable[str], reference: Collection[str], kernels: str, allow_modules: Collection[str]
) -> list[str]:
    """What of `own` is neither in the reference, a kernel below `kernels`, Python's, nor allowed by name."""
    folders = (f"{sysconfig.get_config_var('DESTSHARED')}/", f"{kernels}/")
    packages = {"mlx", *(module.partition(".")[0] for module in allow_modules)}

    def is_known(path: str) -> bool:
        if path in reference or path.startswith(folders) or Path(path).name.startswith(RUNTIME):
            return True
        return any(_belongs_to(path, package) for package in packages)

    return sorted(path for path in own if not is_known(path))


def executed_by(processes: Iterable[int]) -> set[str]:
    """Files that any of these processes has mapped to be executed; nothing where the system does not say."""
    found: set[str] = set()
    if sys.platform == "linux":
        for process in processes:
            # It may have ended: then it computes nothing any more.
            with suppress(FileNotFoundError, ProcessLookupError):
                found |= executed_files(Path(f"/proc/{process}/maps").read_text(errors="replace"))
    return found


def check_libraries(sides: Sides, allow_modules: Collection[str]) -> Rejected | None:
    """Refuses a program that has brought native code of its own into its process, where that can be seen."""
    if not sides.on_cpu:
        return None
    own, reference = sides.candidate.process, sides.reference.process
    foreign = foreign_files(
        executed_by(descendants([own.process.pid])),
        executed_by(descendants([reference.process.pid])),
        str(own.scratch / "mlx"),
        allow_modules,
    )
    if not foreign:
        return None
    return Rejected("correctness", f"the program computes outside MLX: its process has loaded {foreign[0]}")
