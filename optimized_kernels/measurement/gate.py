"""The static gate: what can be said about a program without running it.

It stops accidents and well-known detours, and says why. It is no wall: what Python's dynamism carries past it
must be caught by how the measurement is built.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from optimized_kernels.measurement.imports import refused_import
from optimized_kernels.measurement.names import refused_use
from optimized_kernels.measurement.patching import refused_patch
from optimized_kernels.measurement.verdict import Failed, Rejected
from optimized_kernels.seams.interface import Export, Interface

MAX_BYTES = 200_000


def _accepts(function: ast.FunctionDef, count: int) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    keyword_only = sum(default is None for default in arguments.kw_defaults)
    return required <= count and (count <= positional or arguments.vararg is not None) and keyword_only == 0


def _top_level(tree: ast.Module) -> dict[str, ast.stmt]:
    """What binds each top-level name last; imports are not meant to be exports."""
    bound: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound[node.name] = node
        elif isinstance(node, ast.Assign):
            bound.update((target.id, node) for target in node.targets if isinstance(target, ast.Name))
    return bound


def _misfit(export: Export, bound: dict[str, ast.stmt]) -> Failed | None:
    found = bound.get(export.name)
    if found is None:
        return Failed("static", f"program does not define {export}")
    # Anything assigned, e.g. a compiled function: loading finds out whether it can be called.
    if isinstance(found, ast.FunctionDef) and not _accepts(found, len(export.parameters)):
        arguments = [*found.args.posonlyargs, *found.args.args, *found.args.kwonlyargs]
        named = f"{export.name}({', '.join(argument.arg for argument in arguments)})"
        return Failed("static", f"line {found.lineno} defines {named}; expected {export}")
    return None


def _exports(interface: Interface) -> tuple[Export, ...]:
    return interface.exports if interface.vjp is None else (*interface.exports, interface.vjp)


def _incomplete_seam(tree: ast.Module, interfaces: Sequence[Interface]) -> Failed | None:
    """At least one seam, and each of those whole."""
    bound = _top_level(tree)
    begun = [each for each in interfaces if any(export.name in bound for export in _exports(each))]
    if not begun:
        wanted = "; or ".join(" and ".join(map(str, each.exports)) for each in interfaces)
        return Failed("static", f"program does not define {wanted}")
    misfits = (
        _misfit(export, bound)
        for interface in begun
        for export in _exports(interface)
        if export is not interface.vjp or export.name in bound
    )
    return next((misfit for misfit in misfits if misfit is not None), None)


def seams_of(source: str, interfaces: Sequence[Interface]) -> tuple[Interface, ...]:
    """The seams that a program which has passed the gate exports, without asking a process that runs it."""
    bound = _top_level(ast.parse(source))
    return tuple(each for each in interfaces if all(export.name in bound for export in each.exports))


def check_source(
    source: str, interfaces: Sequence[Interface], allow_modules: Collection[str] = ()
) -> Failed | Rejected | None:
    """None for a program worth running. Nothing is executed.

    The program must export a seam of `interfaces`, wholly. `allow_modules` are further modules that it may
    import, with their submodules; the problem's config names them.
    """
    size = len(source.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        return Rejected("static", f"program is {size} bytes long; at most {MAX_BYTES} are accepted")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Failed("static", f"program does not parse: {type(error).__name__}: {error}")
    incomplete = _incomplete_seam(tree, interfaces)
    if incomplete is not None:
        return incomplete
    return refused_import(tree, allow_modules) or refused_use(tree, allow_modules) or refused_patch(tree)
