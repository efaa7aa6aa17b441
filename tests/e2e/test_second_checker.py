"""hcb_tools/check_plan.py and `hcb check` give the same verdict on plans and on damaged plans.

A short run for every change; `--full` as the last argument: 2,000 plans, 200 mutants of each kind.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness import FAMILIES, SOURCE, expect, hcb, main

sys.path.insert(0, str(SOURCE / "tools"))

from hcb_tools.check_plan import problems_of
from hcb_tools.plan_file import Plan
from hcb_tools.plan_schedule import Broken, run_steps, with_frees
from hcb_tools.planned_graph import BadInput, Graph
from hcb_tools.xxh3 import xxh3_64, xxh3_128

FULL = sys.argv[1:] == ["--full"]
PLANS = 2000 if FULL else 200
MUTANTS = 200 if FULL else 20
GRAPHS = 120 if FULL else 11
POOL = 700 if FULL else 28  # plans that are damaged
MIX = [family for family in FAMILIES for _ in range(2 if family == "random" else 1)]


@dataclass
class Model:
    """A generated graph: as a file for hcb, and as the second checker reads it."""

    path: Path
    graph: Graph


@dataclass
class Case:
    """A plan, as text, for a model."""

    model: Model
    text: str


def make_model(folder: Path, seed: int) -> Model:
    draw = random.Random(seed)
    family = MIX[seed % len(MIX)]
    path = folder / f"{seed}.hcb"
    options: list[object] = [
        "--nodes",
        draw.randint(34, 40) if family == "u-net" else draw.randint(20, 40),
    ]
    if family not in ("u-net", "transformer"):
        options += ["--seed", seed]
    if draw.random() < 0.9:
        options.append("--training")
    run = hcb("generate", family, *options, "-o", path)
    expect("generate", (run.code, run.err), (0, ""))
    return Model(path, Graph.parse(hcb("show", path, "--format", "json").out))


# Exported from PyTorch: parameters that are updated, random ops, running statistics.
STEPS = ("mlp", "perceptron", "gpt_tiny")


def make_models(folder: Path) -> list[Model]:
    models = [make_model(folder, i) for i in range(GRAPHS)]
    for name in STEPS:
        path = SOURCE / "tests" / "data" / "steps" / f"{name}.hcb"
        models.append(Model(path, Graph.parse(hcb("show", path, "--format", "json").out)))
    return models


def draw_options(draw: random.Random) -> list[object]:
    strategy = draw.choice(["store-all", "periodic", "tree", "tree", "budget", "budget"])
    options: list[object] = ["--alignment", draw.choice([1, 512, 4096])]
    if strategy == "budget":
        options += ["--memory-budget", f"{draw.randint(40, 99)}%", "--work-limit", 20_000]
        options += ["--keep-order"] * (draw.random() < 0.3)
        return options + ["--headroom", 512] * (draw.random() < 0.2)
    if strategy == "tree":
        return [
            *options,
            "--block-size",
            draw.choice(["auto", 1, 2, 5]),
            "--arity",
            draw.choice([2, 3]),
        ]
    return [*options, "--strategy", strategy]


def planned(model: Model, options: list[object]) -> Case | None:
    """A plan of hcb's; None: none fits."""
    run = hcb("plan", model.path, *options, "--format", "json")
    if run.code in (4, 10):
        return None
    expect("plan", (run.code, run.err), (0, ""))
    return Case(model, run.out)


def rescheduled(case: Case, draw: random.Random) -> Case:
    """A plan that no strategy makes: executions added anywhere, some moved. Its claims are true
    where it can run."""
    graph, plan = case.model.graph, json.loads(case.text)
    sequence = [n for n, *_ in plan["steps"]]
    for _ in range(draw.randint(0, 12)):
        n = draw.choice(sequence)
        sequence.insert(draw.randint(sequence.index(n) + 1, len(sequence)), n)
    if draw.random() < 0.4:
        i = draw.randrange(len(sequence) - 1)
        sequence[i : i + 2] = reversed(sequence[i : i + 2])
    plan["steps"] = with_frees(graph, sequence)
    for key in ("bound", "gap_ns", "budget_bytes", "search", "estimate_ns"):
        plan.pop(key, None)
    plan["options"].pop("memory-budget", None)
    plan["options"].pop("headroom", None)
    plan |= {"status": "no_budget", "blocks": [], "interval_tree": [], "forward_order": []}
    try:
        alignment = int(plan["options"].get("alignment", ["512"])[0])
        run = run_steps(graph, graph.rounded(alignment), plan["steps"])
        plan |= {"peak_bytes": run.peak, "extra_time_ns": run.extra, "save_nodes": run.saved}
    except Broken:
        pass
    return Case(case.model, json.dumps(plan))


# ---- damage: each kind changes a plan in place


def draw_step(plan: dict, draw: random.Random) -> int:
    return draw.randrange(len(plan["steps"]))


def draw_freeing_step(plan: dict, draw: random.Random) -> int:
    return draw.choice([s for s, step in enumerate(plan["steps"]) if len(step) > 1])


def step_lost(plan: dict, draw: random.Random) -> None:
    del plan["steps"][draw_step(plan, draw)]


def steps_swapped(plan: dict, draw: random.Random) -> None:
    s = draw.randrange(len(plan["steps"]) - 1)
    plan["steps"][s : s + 2] = reversed(plan["steps"][s : s + 2])


def step_twice(plan: dict, draw: random.Random) -> None:
    s = draw_step(plan, draw)
    plan["steps"].insert(draw.randint(s, len(plan["steps"])), list(plan["steps"][s]))


def free_lost(plan: dict, draw: random.Random) -> None:
    plan["steps"][draw_freeing_step(plan, draw)].pop()


def free_moved(plan: dict, draw: random.Random) -> None:
    buffer = plan["steps"][draw_freeing_step(plan, draw)].pop()
    plan["steps"][draw_step(plan, draw)].append(buffer)


def free_stray(plan: dict, draw: random.Random) -> None:
    plan["steps"][draw_step(plan, draw)].append(draw.randrange(len(plan["graph"]["buffers"]) + 2))


def node_changed(plan: dict, draw: random.Random) -> None:
    plan["steps"][draw_step(plan, draw)][0] = draw.randrange(len(plan["graph"]["nodes"]) + 2)


def number_changed(plan: dict, draw: random.Random) -> None:
    places = [(plan, k) for k in plan if k.endswith(("_bytes", "_ns"))]
    if "projection" in plan:
        places += [(plan["projection"], k) for k in ("peak_bytes", "extra_time_ns")]
    where, key = draw.choice(places)
    where[key] += draw.choice([-1, 1, 512])


def list_changed(plan: dict, draw: random.Random) -> None:
    lists = [plan["save_nodes"]] + ([plan["projection"]["kept"]] if "projection" in plan else [])
    chosen = draw.choice([entries for entries in lists if entries] or [plan["save_nodes"]])
    if chosen and draw.random() < 0.5:
        del chosen[draw.randrange(len(chosen))]
    else:
        chosen.append(draw.randrange(len(plan["graph"]["buffers"])))


def tree_changed(plan: dict, draw: random.Random) -> None:
    part = draw.choice([plan[k] for k in ("blocks", "interval_tree", "forward_order") if plan[k]])
    i = draw.randrange(len(part))
    if isinstance(part[i], int):
        j = draw.randrange(len(part))
        part[i], part[j] = part[j], part[i]
    elif len(part) > 1 and draw.random() < 0.3:
        del part[i]
    else:
        part[i][draw.randrange(2)] += draw.choice([-1, 1])


def record_changed(plan: dict, draw: random.Random) -> None:
    graph = plan["graph"]
    node, buffer = draw.choice(graph["nodes"]), draw.choice(graph["buffers"])
    match draw.randrange(6):
        case 0:
            graph["fingerprint"] = graph["fingerprint"][::-1]
        case 1:
            node[2] = f"{int(node[2], 16) ^ 1 << draw.randrange(64):016x}"
        case 2:
            node[draw.randrange(2)] += "x"
        case 3:
            buffer[2] += 1
        case 4:
            buffer[1] = draw.randrange(len(graph["nodes"]))
        case 5:
            del graph["nodes" if draw.random() < 0.5 else "buffers"][-1]


def certificate_changed(plan: dict, draw: random.Random) -> None:
    bound = plan["bound"]
    proof = bound["certificate"]
    rows = [row for entries in proof["pool"] for row in entries]
    match draw.randrange(6):
        case 0:
            row = draw.choice(rows)
            row[draw.randrange(5)] += draw.choice([-1, 1, 1000])
        case 1:
            proof["budget_bytes"] += 1
        case 2:
            proof["moments"][0] += draw.choice([-1, 1])
        case 3:
            proof["denominator_log2"] += 1
        case 4:
            bound["scope"] = draw.choice(["any_order", "given_order", "given_order_plain_gaps"])
        case 5:
            draw.choice(proof["tree"])[1] += 1
    if draw.random() < 0.7:  # the hash is right, so that what the proof says decides
        bound["certificate_hash"] = Plan.hash_of(proof)


# Each kind and the least share of its mutants that both must refuse. What is left changed nothing
# that a plan claims: two nodes that may change places, a view made twice, a multiplier with room.
KINDS: dict[Callable[[dict, random.Random], None], float] = {
    step_lost: 0.9,
    steps_swapped: 0.4,
    step_twice: 0.8,
    free_lost: 1.0,
    free_moved: 0.6,
    free_stray: 0.9,
    node_changed: 0.85,
    number_changed: 1.0,
    list_changed: 0.6,
    tree_changed: 0.7,
    record_changed: 1.0,
    certificate_changed: 0.5,
}


# ---- verdicts


def second_verdict(case: Case) -> int:
    try:
        return 6 if problems_of(case.model.graph, Plan.parse(case.text)) else 0
    except BadInput:
        return 3


def first_verdict(folder: Path, number: int, case: Case) -> int:
    path = folder / f"{number}.json"
    path.write_text(case.text)
    code = hcb("check", case.model.path, path).code
    path.unlink()
    return code


def verdicts(folder: Path, cases: list[Case]) -> list[int]:
    """Of both checkers, which must be the same."""
    with ThreadPoolExecutor(2) as pool:
        first = list(pool.map(lambda item: first_verdict(folder, *item), enumerate(cases)))
    for number, (case, code) in enumerate(zip(cases, first, strict=True)):
        if second_verdict(case) != code:
            kept = Path(tempfile.gettempdir()) / f"second-checker-{number}.json"
            kept.write_text(case.text)
            raise AssertionError(
                f"{case.model.path.name}, plan {number}: hcb check {code}, the second checker "
                f"{second_verdict(case)}; kept in {kept}"
            )
    return first


def draw_plans(folder: Path, seed: int, count: int) -> list[Case]:
    draw = random.Random(seed)
    models = make_models(folder)
    cases: list[Case] = []
    attempts = 0
    while len(cases) < count:
        attempts += 1
        case = planned(models[attempts % len(models)], draw_options(draw))
        if case is None:
            continue
        cases.append(case)
        cases += [rescheduled(case, draw) for _ in range(3)]
    return cases[:count]


LONG_SEARCHES: dict[str, str] = {}  # by budget: the plan, made once for all tests


def branching(folder: Path) -> list[Case]:
    """Plans whose proofs branch: of a search that is long enough, on a graph that needs it."""
    path = folder / "branching.hcb"
    hcb("generate", "layered", "--nodes", 24, "--seed", 3, "--training", "-o", path)
    model = Model(path, Graph.parse(hcb("show", path, "--format", "json").out))
    cases = []
    for budget in ("65%", "55%", "70%") if FULL else ("65%",):
        if budget not in LONG_SEARCHES:
            case = planned(model, ["--alignment", 1, "--memory-budget", budget])
            assert case is not None
            LONG_SEARCHES[budget] = case.text
        proof = json.loads(LONG_SEARCHES[budget])["bound"]["certificate"]
        beyond = len(proof["tree"]) > 1 or "rounded" in proof
        expect(f"the proof for {budget} branches or rounds", beyond, True)
        cases.append(Case(model, LONG_SEARCHES[budget]))
    return cases


# Of bytes (7 i² + 13 i + i / 8) mod 256, by the C library 0.8.1: length, 64 bits, 128 bits.
HASHES = """
0    2d06800538d394c2 99aa06d3014798d86001c324468d497f
3    6647634850539fa2 150feba5f617888d6647634850539fa2
8    83a192ada40b0ce9 60d434c02e7c0055a53ab584ca75281c
16   7d6c8268f6254119 e9f17a4cb528d7de55dcd1307e0ec221
17   b103fddb6554bad7 0c1a769e4bff28779bfc2eab23255a56
128  e55e988e5b0e291e e70c7dfbbc324dd80a6f9fb8a051bfb0
129  ba5923499d25d2d2 1fd19629ee8636fe05fad8e5173c8d3d
240  d5d4b763c47fd957 9872c0d06b4d5e7476440ce232e546a6
241  7218603f741493ce b2b5221cbe104c9d7218603f741493ce
1282 7f57304b41ffee0a 00cf41cb37a33b947f57304b41ffee0a
"""


def test_hashes(_: Path) -> None:
    for length, short, long in (line.split() for line in HASHES.split("\n") if line):
        data = bytes((7 * i * i + 13 * i + i // 8) % 256 for i in range(int(length)))
        expect(f"64 bits of {length}", f"{xxh3_64(data):016x}", short)
        expect(f"128 bits of {length}", f"{xxh3_128(data):032x}", long)


def test_plans(folder: Path) -> None:
    codes = verdicts(folder, draw_plans(folder, 1, PLANS) + branching(folder))
    count = Counter(codes)
    print(f"{len(codes)} plans: {count[0]} hold, {count[6]} do not")
    expect("a plan is read", set(codes), {0, 6})
    expect("most hold", count[0] > 0.6 * len(codes), True)


def suits(plan: dict, kind: Callable[[dict, random.Random], None]) -> bool:
    """Has the plan what the kind damages?"""
    if kind is certificate_changed:
        return "certificate" in plan.get("bound", {})
    if kind is tree_changed:
        return bool(plan["interval_tree"])
    return True


def test_damage(folder: Path) -> None:
    draw = random.Random(2)
    models = make_models(folder)
    drawn = [planned(models[i % len(models)], draw_options(draw)) for i in range(POOL)]
    whole = [case for case in drawn if case is not None] + branching(folder)
    for kind, least in KINDS.items():
        suited = [c for c in whole if suits(json.loads(c.text), kind)]
        cases = []
        while len(cases) < MUTANTS:
            case = draw.choice(suited)
            plan = json.loads(case.text)
            damaged = copy.deepcopy(plan)
            kind(damaged, draw)
            if damaged != plan:
                cases.append(Case(case.model, json.dumps(damaged)))
        codes = verdicts(folder, cases)
        refused = sum(code != 0 for code in codes) / len(codes)
        print(f"{kind.__name__:20} {len(codes)} mutants, refused {refused:.0%}")
        expect(f"{kind.__name__}: refused {refused:.0%}, at least", refused >= least, True)


if __name__ == "__main__":
    main(globals())
