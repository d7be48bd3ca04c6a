"""Names by which a program would reach past MLX: to files, to the interpreter, into other objects."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from optimized_kernels.measurement.aliases import imported_aliases, root_name
from optimized_kernels.measurement.imports import IMPURE_MODULES, is_allowed
from optimized_kernels.measurement.verdict import Rejected

# fmt: off
# Turn text into code, text into attributes, or open files.
REFUSED_NAMES = frozenset({
    "Formatter", "ForwardRef", "attrgetter", "breakpoint", "delattr", "eval", "exec", "get_type_hints",
    "globals", "input", "locals", "methodcaller", "open", "vars",
})

# Beside those: MLX's own ways to files, and frames of the interpreter. mx.eval is MLX's.
REFUSED_ATTRIBUTES = (REFUSED_NAMES - {"eval", "exec", "input"}) | frozenset({
    "ag_frame", "cr_frame", "export_function", "export_to_dot", "exporter", "f_back", "f_builtins",
    "f_globals", "f_locals", "gi_frame", "import_function", "load", "load_weights", "mro", "save",
    "save_gguf", "save_safetensors", "save_weights", "savez", "savez_compressed", "start_capture",
    "tb_frame", "tb_next",
})

# Modules whose names are ordinary methods or MLX's own: mx.array, mx.trace, array.copy.
COMMON_ATTRIBUTES = frozenset({"array", "code", "copy", "queue", "select", "signal", "token", "trace"})

PUBLIC_DUNDERS = frozenset({
    "__abs__", "__add__", "__bool__", "__call__", "__contains__", "__doc__", "__enter__", "__eq__",
    "__exit__", "__float__", "__floordiv__", "__getitem__", "__hash__", "__init__", "__int__", "__iter__",
    "__len__", "__matmul__", "__mod__", "__mul__", "__name__", "__neg__", "__next__", "__pow__",
    "__qualname__", "__radd__", "__repr__", "__rmul__", "__rsub__", "__setitem__", "__str__", "__sub__",
    "__truediv__",
})

# What a program may bind by assignment; other such names could forge an object's inner life.
BOUND_DUNDERS = frozenset({"__all__", "__author__", "__match_args__", "__slots__", "__version__"})

LOOKUPS = frozenset({"getattr", "hasattr", "setattr"})
# fmt: on


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _lookup(node: ast.AST) -> tuple[ast.Name, ast.expr, str] | None:
    """The function, object and written-out name of a getattr(object, "name")."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LOOKUPS:
        match node.args:
            case [target, ast.Constant(value=str(name)), *_]:
                return node.func, target, name
    return None


def _attributes(tree: ast.AST) -> Iterator[tuple[int, str | None, str]]:
    """Line, root and name of every attribute that is looked up by syntax or by a written-out name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, root_name(node), node.attr
        elif isinstance(node, ast.MatchClass):
            yield from ((node.lineno, None, name) for name in node.kwd_attrs)
        elif found := _lookup(node):
            yield found[0].lineno, root_name(found[1]), found[2]


def _own_attributes(tree: ast.AST) -> set[str]:
    """Attributes that the program itself sets, and what its classes define."""
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            own.add(node.attr)
        elif isinstance(node, ast.ClassDef):
            for part in ast.walk(node):
                if isinstance(part, ast.FunctionDef):
                    own.add(part.name)
                elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    own.add(part.id)
    return own


def _refused_attribute(tree: ast.AST, allow_modules: Collection[str]) -> Rejected | None:
    imported, own = imported_aliases(tree), _own_attributes(tree)
    for line, root, name in _attributes(tree):
        if _is_dunder(name):
            refused = name not in PUBLIC_DUNDERS
        elif name in REFUSED_ATTRIBUTES:
            refused = True
        else:
            hidden = name in IMPURE_MODULES - COMMON_ATTRIBUTES and not is_allowed(name, allow_modules)
            refused = (hidden or name.startswith("_")) and (root in imported or name not in own)
        if refused:
            return Rejected("static", f"line {line} uses .{name}, which programs may not")
    return None


def _bound(tree: ast.AST) -> set[str]:
    """Names of functions that the program defines, assigns or imports."""
    stored = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _refused_name(tree: ast.AST) -> Rejected | None:
    spelled_out = {id(found[0]) for node in ast.walk(tree) if (found := _lookup(node))}
    own = _bound(tree) | imported_aliases(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name):
            continue
        name, how = node.id, ""
        if _is_dunder(name):
            refused = name not in BOUND_DUNDERS and (name != "__name__" or isinstance(node.ctx, ast.Store))
        elif name in LOOKUPS:
            refused, how = id(node) not in spelled_out, " with a computed name"
        else:
            # The builtin makes code from text; something of the program's own or MLX's may be called so.
            refused = name in REFUSED_NAMES or (name == "compile" and name not in own)
        if refused:
            return Rejected("static", f"line {node.lineno} uses {name}{how}, which programs may not")
    return None


def _refused_import_name(tree: ast.AST) -> Rejected | None:
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for alias in node.names:
            if alias.name in REFUSED_ATTRIBUTES:
                return Rejected("static", f"line {node.lineno} imports {alias.name}, which programs may not")
    return None


def refused_use(tree: ast.AST, allow_modules: Collection[str]) -> Rejected | None:
    """The first name, attribute or lookup that leads out."""
    return _refused_import_name(tree) or _refused_name(tree) or _refused_attribute(tree, allow_modules)
