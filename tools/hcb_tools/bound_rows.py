"""Moments: the rows that every schedule within a byte budget satisfies, read off the graph.
Statements and proofs: docs/theory-bounds.md; their names: docs/plan-format.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import gcd

from hcb_tools.planned_graph import Graph

ROWS = [
    "capacity",
    "need",
    "input",
    "segment_need",
    "segment_input",
    "hold",
    "suffix_least",
    "suffix_later",
    "suffix_most",
    "across",
    "pass",
    "instant_after",
    "instant_reader",
    "instant_cap",
    "end",
    "rounded",
]
WITH_NODE = {
    "input",
    "segment_input",
    "suffix_least",
    "suffix_later",
    "suffix_most",
    "pass",
    "instant_reader",
}
WITH_BUFFER = {
    "need",
    "input",
    "segment_need",
    "segment_input",
    "hold",
    "across",
    "instant_after",
    "instant_reader",
}
MOST_VARIABLES = 20_000_000  # a certificate that speaks about more is refused


Variable = tuple[str, int, int]  # kind, moment or instant, node or buffer
Row = tuple[list[tuple[Variable, int]], int]  # terms and least: their sum is at least that


class Unproved(Exception):
    """The certificate proves nothing, and why."""


def whole(value: object, low: int, high: int = 2**63 - 1) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Unproved(f"certificate: {value!r} is no integer from {low} to {high}")
    return value


def small(value: object, low: int = 0) -> int:
    return whole(value, low, 2**31 - 1)


def items(value: object, least: int = 0, most: int | None = None) -> list:
    if not isinstance(value, list) or len(value) < least or (most and len(value) > most):
        raise Unproved(f"certificate: {str(value)[:40]} is not a list of the right length")
    return value


class Moments:
    """The rows of all moments: what every schedule of the scope within the budget satisfies."""

    def __init__(self, graph: Graph, sizes: list[int], certificate: dict) -> None:
        self.graph, self.scope = graph, certificate["scope"]
        self.at = [small(v) for v in items(certificate["moments"], 1)]
        self.instants = [
            (small(items(pair, 2)[0]), small(pair[1])) for pair in items(certificate["instants"])
        ]
        if sum(sizes) + sum(n.workspace for n in graph.nodes) > 2**63 - 1:
            raise Unproved("certificate: all bytes together exceed 2^63")
        self.sure = self._sure_bytes(sizes)
        residents = sum(s for s, b in zip(sizes, graph.buffers, strict=True) if b.owner is None)
        self.free = certificate["budget_bytes"] - residents
        self.last = len(self.at) - 1
        everything = len(graph.nodes) + len(graph.buffers)
        extent = 2 * everything * len(self.at) + len(graph.buffers) * len(self.instants)
        if extent > MOST_VARIABLES:
            raise Unproved("certificate: too many moments")
        self._place()

    def _sure_bytes(self, sizes: list[int]) -> list[int]:
        """What a buffer adds to the residents: 0 where it may live in the storage of one."""
        sure = list(sizes)
        in_resident = [b.owner is None for b in self.graph.buffers]
        for node in self.graph.nodes:
            for b in node.makes:
                donor = self.graph.buffers[b].donor
                in_resident[b] = donor is not None and in_resident[donor]
        return [0 if inside else s for s, inside in zip(sure, in_resident, strict=True)]

    def _place(self) -> None:
        count = len(self.graph.nodes)
        self.past: list[set[int]] = []  # nodes that have surely run
        self.future: list[set[int]] = []  # nodes that surely have not
        for k, v in enumerate(self.at):
            if v >= count or (k > 0 and self.at[k - 1] >= v):
                raise Unproved(f"certificate: moment {k} is no node behind the one before it")
            if self.scope != "any_order":
                self.past.append(set(range(v)))
                self.future.append(set(range(v + 1, count)))
                continue
            self.past.append(self._closure(v, self._predecessors))
            self.future.append(self._closure(v, self._successors))
            if k > 0 and self.at[k - 1] not in self.past[k]:
                raise Unproved(f"certificate: moment {k - 1} is no ancestor of the next one")
        for k, node in self.instants:
            if self.scope != "given_order_plain_gaps":
                raise Unproved(f"certificate: instants in scope {self.scope}")
            if k > self.last or not self._is_gap(k) or node > self.at[k]:
                raise Unproved(f"certificate: no instant of node {node} in segment {k}")

    def _is_gap(self, k: int) -> bool:
        behind = len(self.graph.nodes) if k == self.last else self.at[k + 1]
        return self.at[k] + 1 == behind

    @property
    def _neighbours(self) -> tuple[list[set[int]], list[set[int]]]:
        if not hasattr(self, "_rows"):
            before: list[set[int]] = [set() for _ in self.graph.nodes]
            after: list[set[int]] = [set() for _ in self.graph.nodes]
            edges = list(self.graph.order_edges)
            for i, node in enumerate(self.graph.nodes):
                makers = [self.graph.values[v].producer for v in node.inputs if v is not None]
                edges += [(maker, i) for maker in makers if maker is not None]
            for first, second in edges:
                before[second].add(first)
                after[first].add(second)
            self._rows = before, after
        return self._rows

    def _predecessors(self, n: int) -> set[int]:
        return self._neighbours[0][n]

    def _successors(self, n: int) -> set[int]:
        return self._neighbours[1][n]

    @staticmethod
    def _closure(v: int, step: Callable[[int], set[int]]) -> set[int]:
        found: set[int] = set()
        waiting = [v]
        while waiting:
            new = step(waiting.pop()) - found
            found |= new
            waiting += new
        return found

    # ---- words of the theory

    def owner(self, b: int) -> int:
        return self.graph.buffers[b].owner

    def ran(self, k: int, b: int) -> bool:
        """Is b made by a node that has surely run at k?"""
        return self.owner(b) is not None and self.owner(b) in self.past[k]

    def open(self, k: int, b: int) -> bool:
        return self.ran(k, b) and b not in self.graph.nodes[self.at[k]].reads

    def needed(self, k: int, b: int) -> bool:
        read = any(n in self.future[k] for n in self.graph.readers[b])
        return self.open(k, b) and (self.graph.buffers[b].output or read)

    def needed_in_segment(self, k: int, b: int) -> bool:
        return (
            k < self.last
            and self.open(k, b)
            and any(n in self.future[k] and n in self.past[k + 1] for n in self.graph.readers[b])
        )

    def replayable(self, k: int, i: int) -> bool:
        """May i run in segment k or later, again?"""
        if self.graph.nodes[i].once:
            return False
        return i in self.past[k] or (self.scope == "given_order_plain_gaps" and i == self.at[k])

    def fresh(self, i: int) -> int:
        made = (b for b in self.graph.nodes[i].makes if self.graph.buffers[b].donor is None)
        return self.graph.nodes[i].workspace + sum(self.sure[b] for b in made)

    def inputs(self, i: int) -> int:
        return sum(self.sure[b] for b in self.graph.nodes[i].reads)

    def suffix(self, k: int, i: int) -> Variable:
        """t(k, i), which in the last segment is r."""
        return ("r" if k == self.last else "t", k, i)

    def box(self, variable: Variable) -> tuple[int, int]:
        kind, k, i = variable
        if kind == "x":
            return (int(i in self.graph.nodes[self.at[k]].reads), 1)
        if kind in "rt":
            return (0, int(self.replayable(k, i)))
        return (0, 1)

    # ---- rows

    def row(self, kind: str, at: int, i: int, b: int) -> Row:
        """Raises Unproved where there is none."""
        found = self._row(kind, at, i, b) if self._exists(kind, at, i, b) else None
        if found is None:
            raise Unproved(f"certificate: no row {kind} at {at} of node {i} and buffer {b}")
        return found

    def _exists(self, kind: str, at: int, i: int, b: int) -> bool:
        if (kind in WITH_NODE) != (i >= 0) or i >= len(self.graph.nodes):
            return False
        if (kind in WITH_BUFFER) != (b >= 0) or b >= len(self.graph.buffers):
            return False
        if b >= 0 and self.owner(b) is None:
            return False
        if kind == "end":
            return at == 0
        return at < (len(self.instants) if kind.startswith("instant") else len(self.at))

    def _row(self, kind: str, k: int, i: int, b: int) -> Row | None:
        if kind == "end":
            held = sum(self.sure[c] for c, x in enumerate(self.graph.buffers) if x.output)
            return [], held - self.free
        if kind.startswith("instant"):
            return self._instant_row(kind, k, i, b)
        if kind == "capacity":
            terms = [(("x", k, c), -self.sure[c]) for c in self._counted(lambda c: self.open(k, c))]
            v = self.at[k]
            return terms, self.fresh(v) + self.inputs(v) - self.free
        if kind in WITH_NODE:
            return self._node_row(kind, k, i, b)
        x, r = ("x", k, b), ("r", k, self.owner(b))
        if kind == "need" and self.needed(k, b):
            return [(x, 1), (self.suffix(k, self.owner(b)), 1)], 1
        if kind == "segment_need" and self.needed_in_segment(k, b):
            return [(x, 1), (r, 1)], 1
        if k == self.last or not self.ran(k, b):
            return None
        if kind == "hold":
            return [(x, 1), (r, 1), (("x", k + 1, b), -1)], 0
        if kind == "across":
            return [(("y", k, b), 1), (x, -1), (("x", k + 1, b), -1), (r, 1)], -1
        return None

    def _node_row(self, kind: str, k: int, i: int, b: int) -> Row | None:
        if i not in self.past[k] or not self.replayable(k, i):
            return None
        r, t = ("r", k, i), self.suffix(k, i)
        if kind == "input":
            if not self.open(k, b) or b not in self.graph.nodes[i].reads:
                return None
            return [(("x", k, b), 1), (self.suffix(k, self.owner(b)), 1), (t, -1)], 0
        if k == self.last:
            return None
        if kind == "segment_input":
            if not self.open(k, b) or b not in self.graph.nodes[i].reads:
                return None
            return [(("x", k, b), 1), (("r", k, self.owner(b)), 1), (r, -1)], 0
        if kind == "suffix_least":
            return [(t, 1), (r, -1)], 0
        if kind == "suffix_later":
            return [(t, 1), (self.suffix(k + 1, i), -1)], 0
        if kind == "suffix_most":
            return [(("r", j, i), 1) for j in range(k, self.last + 1)] + [(t, -1)], 0
        touched = {*self.graph.nodes[i].reads, *self.graph.nodes[i].makes}  # pass
        others = self._counted(lambda c: self.ran(k, c) and c not in touched)
        terms = [(("y", k, c), -self.sure[c]) for c in others]
        return [*terms, (r, -(self.fresh(i) + self.inputs(i)))], -self.free

    def _counted(self, which: Callable[[int], bool]) -> Iterator[int]:
        return (c for c in range(len(self.sure)) if self.sure[c] > 0 and which(c))

    def _instant_row(self, kind: str, j: int, i: int, b: int) -> Row | None:
        k, node = self.instants[j]
        end = k == self.last

        def made(c: int) -> bool:
            return self.owner(c) is not None and (end or self.owner(c) in self.past[k + 1])

        if kind == "instant_reader":
            reads = b in self.graph.nodes[i].reads
            if i < node or not self.replayable(k, i) or self.owner(b) >= node or not reads:
                return None
            return [(("l", j, b), 1), (("r", k, i), -1)], 0
        if kind == "instant_after":
            if self.owner(b) == node or not made(b):
                return None
            terms = [(("l", j, b), 1)]
            if self.owner(b) > node:
                terms.append((("r", k, self.owner(b)), 1))
            if not end:
                return [*terms, (("x", k + 1, b), -1)], 0
            return (terms, 1) if self.graph.buffers[b].output else None
        others = self._counted(lambda c: made(c) and self.owner(c) != node)
        terms = [(("l", j, c), -self.sure[c]) for c in others]
        if self.replayable(k, node):
            terms.append((("r", k, node), -self.fresh(node)))
        return terms, -self.free


def rounded_row(weighted: list[tuple[Row, int]], divisor: int, flipped: list[Variable]) -> Row:
    """The row that follows from a sum of rows by mixed-integer rounding. Raises Unproved."""
    total: dict[Variable, int] = {}
    least = 0
    for (terms, of), multiplier in weighted:
        least = _narrow(least + multiplier * of)
        for variable, coefficient in terms:
            total[variable] = _narrow(total.get(variable, 0) + multiplier * coefficient)
    total = {variable: a for variable, a in total.items() if a != 0}
    if len(set(flipped)) < len(flipped) or not total.keys() >= set(flipped):
        raise Unproved("certificate: a rounded row flips a variable it does not have, or twice")
    sign = {variable: -1 if variable in flipped else 1 for variable in total}
    least = _narrow(least - sum(total[variable] for variable in flipped))
    f = least % divisor
    if f == 0:
        raise Unproved("certificate: a rounded row has nothing to round")
    least = f * (least // divisor + 1)
    terms = []
    for variable, a in total.items():
        a *= sign[variable]
        g = f * (a // divisor) + min(a % divisor, f)
        least -= g if sign[variable] < 0 else 0
        if g != 0:
            terms.append((variable, sign[variable] * g))
    common = gcd(*(g for _, g in terms)) or 1
    return [(v, g // common) for v, g in terms], -(-_narrow(least) // common)


def _narrow(value: int) -> int:
    if abs(value) > 2**62:
        raise Unproved("certificate: the sum of a rounded row exceeds 2^62")
    return value
