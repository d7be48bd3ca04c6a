"""A parsed program with byte positions: what operators look at."""

import ast
from functools import cached_property
from typing import TypeVar

from .region import find_blocks
from .unusable import Unusable

Located = ast.expr | ast.stmt
T = TypeVar("T", ast.expr, ast.stmt)
Function = ast.FunctionDef | ast.AsyncFunctionDef

# Positions inside f-strings differ between Python versions; annotations are not code that runs.
OPAQUE = tuple(getattr(ast, name) for name in ("JoinedStr", "TemplateStr") if hasattr(ast, name))
ANNOTATIONS = ("annotation", "returns")


class View:
    """Source, syntax tree and editable byte ranges of one program.

    `expressions` are those inside the blocks, `statements` are all; both in source order, outer ones first.

    Raises:
        Unusable: not Python, not encodable, or without proper evolve blocks.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self.data = source.encode()
            self.tree = ast.parse(source)
        except UnicodeEncodeError as error:
            raise Unusable(f"not Unicode text: {error.reason} at character {error.start}") from error
        except SyntaxError as error:
            place = f" in line {error.lineno}" if error.lineno else ""
            raise Unusable(f"not Python: {error.msg}{place}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise Unusable(f"not Python: {str(error) or 'nested too deeply'}") from error
        self.lines = self.data.splitlines(keepends=True)
        self.blocks = find_blocks(self.lines)
        self.newline = b"\r\n" if self.lines[0].endswith(b"\r\n") else b"\n"
        self.parent: dict[ast.AST, ast.AST] = {}
        nodes = self._descend()
        self.expressions = self._ordered([n for n in nodes if isinstance(n, ast.expr) and self.inside(n)])
        self.statements = self._ordered([n for n in nodes if isinstance(n, ast.stmt)])

    def _descend(self) -> list[ast.AST]:
        """All nodes, parents before children, leaving out what is opaque."""
        nodes: list[ast.AST] = []
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            nodes.append(node)
            if isinstance(node, OPAQUE):
                continue
            for field, value in ast.iter_fields(node):
                if field in ANNOTATIONS:
                    continue
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                        self.parent[child] = node
                        stack.append(child)
        return nodes

    def _ordered(self, nodes: list[T]) -> list[T]:
        return sorted(nodes, key=lambda n: (self.start(n), -self.end(n)))

    @cached_property
    def line_starts(self) -> list[int]:
        """Byte offset of every line's beginning, and of the end of the text."""
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        return starts

    def start(self, node: Located) -> int:
        """Byte offset where a node begins."""
        return self.line_starts[node.lineno - 1] + node.col_offset

    def end(self, node: Located) -> int:
        """Byte offset just behind a node."""
        assert node.end_lineno is not None  # the parser sets both
        assert node.end_col_offset is not None
        return self.line_starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: Located) -> bytes:
        """Source of a node, without parentheses around it."""
        return self.data[self.start(node) : self.end(node)]

    def line_start(self, node: Located) -> int:
        """Byte offset of the line a node begins in."""
        return self.line_starts[node.lineno - 1]

    def editable(self, start: int, end: int) -> bool:
        """Whether a byte range lies inside one evolve block."""
        return any(block.start <= start <= end <= block.end for block in self.blocks)

    def inside(self, node: Located) -> bool:
        """Whether a whole node lies inside one evolve block."""
        return self.editable(self.start(node), self.end(node))

    def outside(self) -> list[bytes]:
        """What must survive every mutation: the text around the blocks, markers included."""
        ends = [0, *(block.end for block in self.blocks)]
        starts = [*(block.start for block in self.blocks), len(self.data)]
        return [self.data[a:b] for a, b in zip(ends, starts, strict=True)]

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function around a node."""
        above = self.parent.get(node)
        while above is not None and not isinstance(above, Function):
            above = self.parent.get(above)
        return above
