"""Certificates of bounds on extra time, verified with Python's integers. Why they prove something:
docs/theory-bounds.md; their form: docs/plan-format.md. Standard library alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd

from hcb_tools.bound_rows import (
    ROWS,
    Moments,
    Row,
    Unproved,
    Variable,
    items,
    rounded_row,
    small,
    whole,
)
from hcb_tools.planned_graph import Graph

KEYS = {
    "format": "hcb-bound",
    "format_version": "1.0",
    "scope": ("any_order", "given_order", "given_order_plain_gaps"),
    "budget_bytes": int,
    "moments": list,
    "instants": list,
    "denominator_log2": int,
    "pool": list,
    "tree": list,
}
WIDE = 2**127


@dataclass
class Proof:
    """What a certificate proves: no schedule of `scope` within `budget` has less extra time."""

    scope: str
    budget: int
    moments: list[int]
    extra_time: int


def _wide(value: int) -> int:
    """128 bits, as every reader of certificates has."""
    if not -WIDE <= value < WIDE:
        raise Unproved("certificate: a sum exceeds 2^127")
    return value


@dataclass
class Split:
    """An inner node on the way to a leaf, and on which side of it."""

    variables: list[Variable]
    most: int
    upper: bool = False

    def row(self) -> Row:
        sign = 1 if self.upper else -1
        least = self.most + 1 if self.upper else -self.most
        return [(v, sign) for v in self.variables], least


@dataclass
class Tree:
    """The walk over a proof, in preorder, with the splits of the path."""

    moments: Moments
    certificate: dict
    path: list[Split] = field(default_factory=list)
    least: int | None = None  # over the leaves so far

    def walk(self) -> int | None:
        """The least scaled bound of a leaf; None: every leaf is empty."""
        graph = self.moments.graph
        self.unit = gcd(*(n.time for n in graph.nodes)) or 1
        self.shift = whole(self.certificate["denominator_log2"], 0, 62)
        scaled = sum((n.time // self.unit) << self.shift for n in graph.nodes)
        _wide(scaled * len(self.moments.at))
        self.rounded: list[Row] = []
        if "rounded" in self.certificate:
            for entry in items(self.certificate["rounded"], 1):
                self.rounded.append(self._rounded(entry))
        self.pool = [self._multipliers(entries) for entries in items(self.certificate["pool"])]
        done = False
        for node in items(self.certificate["tree"], 1):
            if done:
                raise Unproved("certificate: a tree node hangs nowhere")
            kind = items(node, 2)[0]
            if kind == "split":
                self.path.append(self._split(node))
                continue
            if kind not in ("leaf", "empty"):
                raise Unproved(f"certificate: no kind of tree node: {kind!r}")
            self._leaf(node, kind == "empty")
            done = self._next_side()
        if not done:
            raise Unproved("certificate: the tree is not complete")
        return self.least

    @staticmethod
    def _multipliers(entries: object) -> list[tuple[str, int, int, int, int]]:
        found = []
        for entry in items(entries):
            kind, at, node, buffer, value = items(entry, 5, 5)
            name = ROWS[whole(kind, 0, len(ROWS) - 1)]
            found.append((name, small(at), small(node, -1), small(buffer, -1), whole(value, 0)))
        return found

    def _rounded(self, entry: object) -> Row:
        divisor, rows, *flipped = items(entry, 2)
        weighted = [(self._row(m), m[4]) for m in self._multipliers(rows)]
        return rounded_row(weighted, whole(divisor, 1), [self._variable(v) for v in flipped])

    def _row(self, multiplier: tuple[str, int, int, int, int]) -> Row:
        kind, at, node, buffer, _ = multiplier
        if kind != "rounded":
            return self.moments.row(kind, at, node, buffer)
        if at >= len(self.rounded):
            raise Unproved(f"certificate: no rounded row {at}")
        return self.rounded[at]

    def _split(self, node: list) -> Split:
        items(node, 3)
        return Split([self._variable(v) for v in node[2:]], small(node[1]))

    def _variable(self, ref: object) -> Variable:
        kind, k, i = items(ref, 3, 3)
        if kind not in ("r", "t", "x", "y", "l"):
            raise Unproved(f"certificate: no kind of variable: {kind!r}")
        places = len(self.moments.instants if kind == "l" else self.moments.at)
        graph = self.moments.graph
        count = len(graph.nodes if kind in "rt" else graph.buffers)
        if small(k) >= places or small(i) >= count:
            raise Unproved(f"certificate: no variable {ref}")
        return self.moments.suffix(k, i) if kind == "t" else (kind, k, i)

    def _next_side(self) -> bool:
        """To the upper side of the innermost split whose lower side is done; True: none is left."""
        while self.path and self.path[-1].upper:
            self.path.pop()
        if self.path:
            self.path[-1].upper = True
        return not self.path

    def _boxes(self) -> tuple[dict[Variable, tuple[int, int]], bool]:
        """Boxes that splits of one variable tighten, and whether one is empty."""
        boxes: dict[Variable, tuple[int, int]] = {}
        empty = False
        for split in self.path:
            if len(split.variables) != 1:
                continue
            variable = split.variables[0]
            low, high = boxes.get(variable) or self.moments.box(variable)
            if split.upper:
                low = 1
                empty |= split.most >= 1
            elif split.most == 0:
                high = 0
            empty |= low > high
            boxes[variable] = (low, high)
        return boxes, empty

    def _leaf(self, node: list, infeasible: bool) -> None:
        if small(node[1]) >= len(self.pool):
            raise Unproved("certificate: a leaf names no list of multipliers")
        weighted = [(self._row(m), m[4]) for m in self.pool[node[1]]]
        for entry in node[2:]:
            depth, value = small(items(entry, 2, 2)[0]), whole(entry[1], 0)
            if depth >= len(self.path):
                raise Unproved(f"certificate: no split at depth {depth}")
            weighted.append((self.path[depth].row(), value))
        boxes, empty = self._boxes()
        bound = self._dual(weighted, boxes, infeasible)
        if empty:
            return
        if infeasible and bound <= 0:
            raise Unproved("certificate: a leaf is not shown to be empty")
        if not infeasible:
            self.least = bound if self.least is None else min(self.least, bound)

    def _dual(self, weighted: list, boxes: dict, infeasible: bool) -> int:
        """mᵀb + Σ min(low d, high d) with d = D c - mᵀA."""
        d: dict[Variable, int] = {v: 0 for v, (low, _) in boxes.items() if low > 0}
        bound = 0
        for (terms, least), multiplier in weighted:
            for variable, coefficient in terms:
                d[variable] = _wide(d.get(variable, 0) - _wide(multiplier * coefficient))
            bound = _wide(bound + _wide(multiplier * least))
        for variable, reduced in d.items():
            low, high = boxes.get(variable) or self.moments.box(variable)
            reduced = _wide(reduced + (0 if infeasible else self._cost(variable)))
            bound = _wide(bound + (low if reduced > 0 else high) * reduced)
        return bound

    def _cost(self, variable: Variable) -> int:
        kind, _, i = variable
        if kind != "r":
            return 0
        return (self.moments.graph.nodes[i].time // self.unit) << self.shift


def proved_bound(graph: Graph, sizes: list[int], certificate: dict) -> Proof:
    """What the certificate proves about this graph. Raises Unproved."""
    if set(certificate) - {"rounded"} != set(KEYS):
        raise Unproved("certificate: keys are missing or unknown")
    for key, wanted in KEYS.items():
        value = certificate[key]
        if isinstance(wanted, type):
            right = type(value) is wanted
        else:
            right = value in wanted if isinstance(wanted, tuple) else value == wanted
        if not right:
            raise Unproved(f"certificate: {key} is {str(value)[:40]}")
    budget = whole(certificate["budget_bytes"], 0)
    moments = Moments(graph, sizes, certificate)
    tree = Tree(moments, certificate)
    least = tree.walk()
    if least is None:
        raise Unproved("the certificate says that no schedule fits; the plan is one")
    extra = max(0, -(-least // (1 << tree.shift))) * tree.unit
    return Proof(certificate["scope"], budget, moments.at, extra)


def first_outside_scope(scope: str, executions: list[int]) -> int | None:
    """The first step that is not of the scope."""
    if scope == "any_order":
        return None
    done, last_again = 0, -1
    for s, n in enumerate(executions):
        if n > done:
            return s
        if n == done:
            done, last_again = done + 1, -1
        elif scope == "given_order_plain_gaps" and n <= last_again:
            return s
        else:
            last_again = n
    return None
