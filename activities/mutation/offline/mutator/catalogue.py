"""The operators and how often each is tried; `docs/offline-mutator.md` explains the weights."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import constants, crossover, execution, forms, layout, relations, statements, streams
from .edit import Site
from .view import View


class Operator(NamedTuple):
    """Finds the sites of one kind of edit in a program, given the other parents."""

    name: str
    weight: float
    find: Callable[[View, Sequence[View | None]], list[Site]]


OPERATORS = (
    Operator("constant", 20, constants.find_constants),
    Operator("comparison", 4, relations.find_comparisons),
    Operator("arithmetic", 4, relations.find_arithmetic),
    Operator("drop statement", 2, statements.find_drops),
    Operator("repeat statement", 0.5, statements.find_repeats),
    Operator("swap statements", 1, statements.find_swaps),
    Operator("crossover of a function", 6, crossover.find_bodies),
    Operator("crossover of a statement", 5, crossover.find_statements),
    Operator("crossover of many statements", 4, crossover.find_mixtures),
    Operator("contiguous operand", 38, layout.find_operands),
    Operator("contiguous operand everywhere", 8, layout.find_common_operands),
    Operator("contiguous parameter", 6, layout.find_parameters),
    Operator("transposed layout", 4, layout.find_transposed_operands),
    Operator("drop contiguous", 3, layout.find_unwraps),
    Operator("compile", 4, execution.find_compiles),
    Operator("uncompile", 2, execution.find_uncompiles),
    Operator("drop evaluation", 2, execution.find_evaluations),
    Operator("product as call or operator", 3, forms.find_call_forms),
    Operator("transposed product", 1, forms.find_transposed_products),
    Operator("fuse product and sum", 2, forms.find_fusions),
    Operator("split product and sum", 1, forms.find_splits),
    Operator("direct product", 3, forms.find_direct_returns),
    Operator("product on two streams", 8, streams.find_halves),
    Operator("direct product on two streams", 26, streams.find_direct_halves),
)
