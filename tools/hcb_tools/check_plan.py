"""A second checker of plans, apart from `hcb check`: Python's standard library alone.

    hcb show MODEL [model options of the plan] --format json > graph.json
    python -m hcb_tools.check_plan graph.json plan.json

Written from docs/memory-model.md, docs/plan-format.md and docs/theory-bounds.md. `hcb check` walks
the steps with a running sum; this one writes down the life of every buffer and integrates them. It
checks the fingerprint, inputs, effects, order, peak, budget, every claim, and the bound's
certificate.

Exit codes: 0 the plan holds, 2 usage, 3 bad input, 6 it does not hold.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

from hcb_tools.check_bound import Unproved, first_outside_scope, proved_bound
from hcb_tools.plan_file import Plan, budget_of, read_plan, size
from hcb_tools.plan_schedule import Broken, Run, projected, run_steps, with_frees
from hcb_tools.planned_graph import BadInput, Graph


class Checker:
    """Compares a plan with what its graph and steps give; `problems` is empty where it holds."""

    def __init__(self, graph: Graph, plan: Plan) -> None:
        self.graph, self.plan, self.found = graph, plan, plan.found
        self.sizes = graph.rounded(size(plan.options.get("alignment", "512")))
        self.problems: list[str] = []

    def run(self) -> list[str]:
        if not self._same_graph():
            return self.problems
        try:
            result = run_steps(self.graph, self.sizes, self.plan.steps)
        except Broken as problem:
            return [str(problem)]
        self._numbers(result)
        self._budget()
        self._order_and_blocks()
        self._tree()
        self._projection()
        self._bound()
        self._status(result)
        return self.problems

    def _expect(self, what: str, claimed: object, derived: object) -> None:
        if claimed != derived:
            self.problems.append(f"the plan claims {what} {claimed}; it is {derived}")

    def _same_graph(self) -> bool:
        graph, record = self.graph, self.found["graph"]
        nodes = [
            [n.name, n.op, digest] for n, digest in zip(graph.nodes, graph.digests, strict=True)
        ]
        buffers = [
            [graph.buffer_name(b), -1 if x.owner is None else x.owner, x.bytes]
            for b, x in enumerate(graph.buffers)
        ]
        self._expect("nodes of another graph:", record["nodes"] == nodes, True)
        self._expect("buffers of another graph:", record["buffers"] == buffers, True)
        self._expect("fingerprint", record["fingerprint"], graph.fingerprint)
        return not self.problems

    def _numbers(self, result: Run) -> None:
        plain = with_frees(self.graph, list(range(len(self.graph.nodes))))
        self._expect("peak", self.found["peak_bytes"], result.peak)
        self._expect("extra time", self.found["extra_time_ns"], result.extra)
        base = run_steps(self.graph, self.sizes, plain)
        self._expect("base peak", self.found["base_peak_bytes"], base.peak)
        self._expect("base time", self.found["base_time_ns"], sum(n.time for n in self.graph.nodes))
        self._expect("save_nodes", self.found["save_nodes"], result.saved)

    def _budget(self) -> None:
        if "memory-budget" not in self.plan.options:
            return
        asked = budget_of(self.plan.options["memory-budget"], self.found["base_peak_bytes"])
        derived = asked - size(self.plan.options.get("headroom", "0"))
        self._expect("budget", self.found.get("budget_bytes"), derived)

    def _order_and_blocks(self) -> None:
        order, graph = self.found["forward_order"], self.graph
        if order:
            forward = [i for i, n in enumerate(graph.nodes) if n.phase == "forward"]
            self._expect("as forward_order", sorted(order) == forward, True)
            place = {n: i for i, n in enumerate(order)}
            for first, second in self._edges():
                if place.get(first, -1) > place.get(second, len(order)):
                    self.problems.append(f"forward_order: {second} stands before {first}")
        ends = [0] + [last for _, last, _ in self.found["blocks"]]
        firsts = [first for first, _, _ in self.found["blocks"]]
        increasing = all(a < b for a, b in pairwise(ends))
        self._expect("blocks that part forward_order", increasing and firsts == ends[:-1], True)
        self._expect("blocks up to", ends[-1], len(order))

    def _edges(self) -> list[tuple[int, int]]:
        """Data and order edges."""
        edges = list(self.graph.order_edges)
        for i, node in enumerate(self.graph.nodes):
            for v in node.inputs:
                if v is not None and self.graph.values[v].producer is not None:
                    edges.append((self.graph.values[v].producer, i))
        return edges

    def _tree(self) -> None:
        tree = self.found["interval_tree"]
        if not tree:
            return
        self._expect("a root of all blocks", tree[0][:2], [0, len(self.found["blocks"])])
        children = [c for _, _, of in tree for c in of]
        once = sorted(children) == list(range(1, len(tree)))
        self._expect("a tree in which everybody but the root is a child once", once, True)
        if not once:
            return
        for first, last, of in tree:
            cuts = [first] + [tree[c][1] for c in of]
            parts = [tree[c][0] for c in of] == cuts[:-1] and cuts[-1] == last and len(of) > 1
            grows = all(a < b for a, b in pairwise(cuts))
            if not (parts and grows if of else last == first + 1):
                self.problems.append(f"interval_tree: [{first}, {last}) is not parted by {of}")
        self._rooted(tree)

    def _rooted(self, tree: list) -> None:
        reached, waiting = {0}, [0]
        while waiting:
            for child in tree[waiting.pop()][2]:
                reached.add(child)
                waiting.append(child)
        self._expect("a tree of one root that reaches", len(tree), len(reached))

    def _projection(self) -> None:
        claim, graph = self.found.get("projection"), self.graph
        if claim is None:
            return
        for b in claim["kept"]:
            owner = graph.buffers[b].owner if b < len(graph.buffers) else None
            if owner is None or graph.nodes[owner].phase != "forward":
                self.problems.append(f"projection: buffer {b} is made by no forward node")
                return
        try:
            steps = with_frees(graph, projected(graph, claim["kept"]))
            result = run_steps(graph, self.sizes, steps)
        except Broken as problem:
            self.problems.append(f"the projection cannot run: {problem}")
            return
        self._expect("a projection's peak", claim["peak_bytes"], result.peak)
        self._expect("a projection's extra time", claim["extra_time_ns"], result.extra)

    def _bound(self) -> None:
        claim = self.found.get("bound")
        if claim is None:
            return
        if "budget_bytes" not in self.found:
            self.problems.append("bound: no budget it could be a bound for")
        elif "certificate" not in claim:
            if "certificate_hash" in claim:
                self.problems.append("bound: its certificate is missing")
            self._expect("without a certificate a bound of", claim["extra_time_ns"], 0)
        else:
            self._certificate(claim)

    def _certificate(self, claim: dict) -> None:
        certificate = claim["certificate"]
        found = Plan.hash_of(certificate)
        self._expect("certificate_hash", claim.get("certificate_hash", ""), found)
        try:
            proof = proved_bound(self.graph, self.sizes, certificate)
        except Unproved as problem:
            self.problems.append(f"bound: {problem}")
            return
        self._expect("a certificate for a budget of", proof.budget, self.found["budget_bytes"])
        self._expect("a bound of scope", claim["scope"], proof.scope)
        self._expect("a bound of", claim["extra_time_ns"], proof.extra_time)
        if claim.get("moment") not in proof.moments:
            self.problems.append("bound.moment is no moment of the certificate")
        outside = first_outside_scope(proof.scope, [n for n, *_ in self.plan.steps])
        if outside is not None:
            self.problems.append(f"step {outside} is outside of the bound's scope")

    def _status(self, result: Run) -> None:
        found = self.found
        if "budget_bytes" not in found:
            derived = "no_budget"
        elif result.peak > found["budget_bytes"]:
            derived = "over_budget"
        elif "bound" in found and result.extra == found["bound"]["extra_time_ns"]:
            derived = "optimal"
        elif found.get("search", {}).get("ended_by") == "interrupted":
            derived = "interrupted"
        else:
            derived = "feasible"
        self._expect("status", found["status"], derived)


def problems_of(graph: Graph, plan: Plan) -> list[str]:
    """Empty: the plan holds."""
    return Checker(graph, plan).run()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="hcb_tools.check_plan", description=__doc__.split("\n")[0]
    )
    parser.add_argument("graph", type=Path, help="what `hcb show MODEL --format json` prints")
    parser.add_argument("plan", type=Path, help="a plan in JSON")
    given = parser.parse_args(arguments)
    try:
        graph = Graph.parse(given.graph.read_text(encoding="utf-8"))
        problems = problems_of(graph, read_plan(given.plan))
    except (BadInput, OSError, UnicodeDecodeError) as error:
        print(f"check_plan: error: {error}", file=sys.stderr)
        return 3
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{given.plan}   holds")
    return 6 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
