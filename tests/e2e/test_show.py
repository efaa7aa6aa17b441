"""`hcb show`: graphs and plans in full; and blocks as the modules are."""

import json
from pathlib import Path

from harness import SOURCE, expect, expect_error, expect_in, hcb, main

STEPS = SOURCE / "tests" / "data" / "steps"


def test_a_graph_is_shown_node_by_node(_: Path) -> None:
    run = hcb("show", STEPS / "mlp.hcb")
    expect("code", (run.code, run.err), (0, ""))
    lines = run.out.splitlines()
    expect("head", lines[:2], [
        "graph mlp (aten): 25 nodes, 32 values, 21 buffers",
        "resident 0.weight: float32[16,8] parameter, 512 bytes",
    ])
    expect_in("node", "node tanh = aten::tanh(addmm): forward", run.out)
    expect("nodes", sum(line.startswith("node ") for line in lines), 25)


def test_a_graph_is_shown_as_json_and_dot(_: Path) -> None:
    graph = json.loads(hcb("show", STEPS / "mlp.hcb", "--format", "json").out)
    expect("json", (graph["format"], len(graph["nodes"])), ("hcb-graph", 25))
    expect("dot", hcb("show", STEPS / "mlp.hcb", "--format", "dot").out[:15], 'digraph "mlp" {')


def test_a_plan_is_shown_step_by_step(tmp: Path) -> None:
    for form in ("json", "pb"):
        plan = tmp / f"mlp.{form}"
        hcb("plan", STEPS / "mlp.hcb", "--strategy", "store-all", "-o", plan)
        run = hcb("show", plan)
        expect(form, (run.code, run.err), (0, ""))
        lines = run.out.splitlines()
        expect("first line", lines[0], "plan of mlp: store-all, no budget")
        expect("steps", sum(" free " not in line for line in lines[3:]), 25)
        expect_in("a step", "     3  tanh (aten::tanh)\n", run.out)
        expect_in("a free", "          free addmm, 128 bytes\n", run.out)


def test_replays_are_numbered(tmp: Path) -> None:
    plan = tmp / "cnn.json"
    hcb("plan", STEPS / "cnn.hcb", "--block-size", 4, "-o", plan)
    text = hcb("show", plan).out
    expect_in("a replay", ", run 2\n", text)
    expect_in("a block", "block 0: convolution (aten::convolution) … ", text)
    shown = hcb("show", plan, "--format", "json").out
    expect("json is the plan", json.loads(shown), json.loads(plan.read_text()))


def test_a_plan_alone_cannot_be_drawn(tmp: Path) -> None:
    plan = tmp / "mlp.json"
    hcb("plan", STEPS / "mlp.hcb", "-o", plan)
    expect_error(hcb("show", plan, "--format", "dot"), 2,
                 "--format dot: a plan is drawn over its graph", "hcb plan MODEL … --format dot")


def test_blocks_as_the_modules_are(tmp: Path) -> None:
    plan = tmp / "gpt.json"
    run = hcb("plan", STEPS / "gpt_tiny.hcb", "--block-size", "module", "-o", plan)
    expect("code", (run.code, run.err), (0, ""))
    # tokens | places | blocks.0 | blocks.1 | norm | head
    expect_in("blocks", "gpt_tiny    interval-tree: 6 blocks, arity 2, depth 3\n", run.out)
    expect("option", json.loads(plan.read_text())["options"]["block-size"], ["module"])
    expect("check", hcb("check", STEPS / "gpt_tiny.hcb", plan).code, 0)


def test_without_modules_there_are_no_such_blocks(_: Path) -> None:
    path = SOURCE / "tests" / "fuzz" / "corpus" / "hcb" / "many_writes.hcb"
    expect_error(hcb("plan", path, "--block-size", "module"), 2,
                 "--block-size module: the graph names no two modules",
                 "give a number of nodes, or --block-size auto")


if __name__ == "__main__":
    main(globals())
