"""What a schedule needs: the life of every buffer, and memory by integration over them. After
docs/memory-model.md; standard library alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from hcb_tools.planned_graph import Graph


class Broken(Exception):
    """A schedule that cannot run; the message says where and why."""


@dataclass
class Run:
    """What a schedule that can run needs."""

    peak: int
    extra: int
    saved: list[int]  # forward buffers there when the first backward node runs


@dataclass
class Lives:
    """When every buffer of a schedule is there: from the step that makes it to the one behind which
    it is freed, both included."""

    graph: Graph
    steps: list[list[int]]
    made: dict[int, int] = field(default_factory=dict)  # those there now
    intervals: list[tuple[int, int, int]] = field(default_factory=list)  # buffer, first, last
    first_run: dict[int, int] = field(default_factory=dict)
    turn: int | None = None
    drawn: int = -1  # the last node that drew random numbers
    ended: dict[int, int] = field(default_factory=dict)  # residents overwritten, and when

    def follow(self) -> None:
        """Raises Broken."""
        graph = self.graph
        before: dict[int, list[int]] = {}
        for first, second in graph.order_edges:
            before.setdefault(second, []).append(first)
        final = self._last_productions()
        for s, (node, *freed) in enumerate(self.steps):
            if not 0 <= node < len(graph.nodes):
                raise Broken(f"step {s}: no node {node}")
            self._execute(s, node, before.get(node, []))
            for b in freed:
                self._free(s, b, final)
        self._end()

    def _last_productions(self) -> dict[int, int]:
        final = {}
        for s, (node, *_) in enumerate(self.steps):
            if 0 <= node < len(self.graph.nodes):
                final.update(dict.fromkeys(self.graph.nodes[node].makes, s))
        return final

    def _execute(self, s: int, i: int, before: list[int]) -> None:
        node = self.graph.nodes[i]
        where = f"step {s} ({node.name})"
        if i in self.first_run:
            if node.once:
                raise Broken(f"{where}: runs again, but may run once only")
        else:
            for other in before:
                if other not in self.first_run:
                    raise Broken(f"{where}: runs before {self.graph.nodes[other].name}")
            if "random" in node.flags:
                if i < self.drawn:
                    raise Broken(f"{where}: draws random numbers out of order")
                self.drawn = i
        if node.phase == "backward" and self.turn is None:
            self.turn = s
        for v in node.inputs:
            if v is not None:
                self._read(where, v)
        for b in node.makes:
            if b in self.made:
                raise Broken(f"{where}: makes {self.graph.buffer_name(b)}, which is still there")
            self.made[b] = s
            if self.graph.updates_resident(b):
                self.ended[self.graph.buffers[b].donor] = s
        self.first_run.setdefault(i, s)

    def _read(self, where: str, v: int) -> None:
        value = self.graph.values[v]
        resident = self.graph.buffers[value.buffer].owner is None
        if resident and value.buffer in self.ended:
            raise Broken(f"{where}: reads {value.name}, which was overwritten")
        if not resident and value.buffer not in self.made:
            raise Broken(f"{where}: reads {value.name}, which is not there")
        if value.producer is not None and value.producer not in self.first_run:
            raise Broken(f"{where}: reads {value.name}, which nothing has made")

    def _free(self, s: int, b: int, final: dict[int, int]) -> None:
        if b not in self.made:
            raise Broken(f"step {s}: frees buffer {b}, which is not there")
        if self.graph.buffers[b].output and self.made[b] == final[b]:
            raise Broken(f"step {s}: frees the output {self.graph.buffer_name(b)} for good")
        self.intervals.append((b, self.made.pop(b), s))

    def _end(self) -> None:
        for i, node in enumerate(self.graph.nodes):
            if i not in self.first_run:
                raise Broken(f"{node.name} never runs")
        for b, first in self.made.items():
            if not self.graph.buffers[b].output:
                raise Broken(f"{self.graph.buffer_name(b)} is never freed")
            self.intervals.append((b, first, len(self.steps)))


def run_steps(graph: Graph, sizes: list[int], steps: list[list[int]]) -> Run:
    """Memory by integration over the lives of all buffers. Raises Broken."""
    lives = Lives(graph, steps)
    lives.follow()
    counted = [0 if graph.updates_resident(b) else s for b, s in enumerate(sizes)]
    change = [0] * (len(steps) + 2)
    for b, first, last in lives.intervals:
        change[first] += counted[b]
        change[last + 1] -= counted[b]
    residents = sum(s for b, s in enumerate(sizes) if graph.buffers[b].owner is None)
    peak = level = residents
    for s, (node, *freed) in enumerate(steps):
        level += change[s]
        shared = taken_over(graph, sizes, node, set(freed))
        peak = max(peak, level - shared + graph.nodes[node].workspace)
    extra = sum(graph.nodes[n].time for n, *_ in steps)
    saved = [
        b
        for b, first, last in lives.intervals
        if lives.turn is not None
        and first < lives.turn <= last
        and graph.nodes[graph.buffers[b].owner].phase == "forward"
    ]
    return Run(peak, extra - sum(n.time for n in graph.nodes), sorted(saved))


def taken_over(graph: Graph, sizes: list[int], node: int, freed: set[int]) -> int:
    """Bytes of outputs that live in the storage of an input that ends here: counted once."""
    donors = {}
    for b in graph.nodes[node].makes:
        donor = graph.buffers[b].donor
        if donor in freed and not graph.updates_resident(donor) and sizes[b] == sizes[donor]:
            donors.setdefault(donor, sizes[b])
    return sum(donors.values())


def with_frees(graph: Graph, sequence: list[int]) -> list[list[int]]:
    """Steps in which every buffer goes behind its last use before it is made again."""
    steps = [[n] for n in sequence]
    last: dict[int, int] = {}  # step of the last use of what is there
    for s, n in enumerate(sequence):
        for b in graph.nodes[n].reads:
            last[b] = s
        for b in graph.nodes[n].makes:
            if b in last:
                steps[last[b]].append(b)
            last[b] = s
    for b, s in last.items():
        if not graph.buffers[b].output:
            steps[s].append(b)
    return [[n, *sorted(freed)] for n, *freed in steps]


def projected(graph: Graph, kept: list[int]) -> list[int]:
    """The executions of the one-level projection."""
    sequence: list[int] = []
    gone: set[int] = set()

    def run(n: int) -> None:
        sequence.append(n)
        gone.difference_update(graph.nodes[n].makes)

    def closure(n: int) -> list[int]:
        again: set[int] = set()
        waiting = [n]
        while waiting:
            for b in graph.nodes[waiting.pop()].reads:
                owner = graph.buffers[b].owner
                if b in gone and owner not in again:
                    again.add(owner)
                    waiting.append(owner)
        return sorted(again)

    for n in range(len(graph.nodes)):
        if n == graph.turn:
            made = {b for i in range(n) for b in graph.nodes[i].makes}
            gone = {
                b
                for b in made - set(kept)
                if graph.nodes[graph.buffers[b].owner].phase == "forward"
                and not graph.nodes[graph.buffers[b].owner].once
            }
        for i in closure(n):
            run(i)
        run(n)
    return sequence
