"""`hcb show`: graphs and plans in full; and blocks as the modules are."""

import json
import shutil
import subprocess
from pathlib import Path

from harness import SOURCE, expect, expect_error, expect_in, hcb, main

STEPS = SOURCE / "tests" / "data" / "steps"


def test_a_graph_is_shown_node_by_node(_: Path) -> None:
    run = hcb("show", STEPS / "mlp.hcb")
    expect("code", (run.code, run.err), (0, ""))
    lines = run.out.splitlines()
    expect(
        "head",
        lines[:2],
        [
            "graph mlp (aten): 25 nodes, 32 values, 21 buffers",
            "resident 0.weight: float32[16,8] parameter, 512 bytes",
        ],
    )
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
    expect_in("a block", "block 0: convolution … ", text)
    shown = hcb("show", plan, "--format", "json").out
    expect("json is the plan", json.loads(shown), json.loads(plan.read_text()))


def test_a_plan_alone_cannot_be_drawn(tmp: Path) -> None:
    plan = tmp / "mlp.json"
    hcb("plan", STEPS / "mlp.hcb", "-o", plan)
    expect_error(
        hcb("show", plan, "--format", "dot"),
        2,
        "--format dot: a plan is drawn over its graph",
        "hcb show MODEL PLAN --format dot",
    )


def test_a_plan_is_shown_over_its_model(tmp: Path) -> None:
    plan = tmp / "gpt.json"
    hcb("plan", STEPS / "gpt_tiny.hcb", "--block-size", 16, "-o", plan)
    run = hcb("show", STEPS / "gpt_tiny.hcb", plan)
    expect("code", (run.code, run.err), (0, ""))
    expect_in("tree", "\ninterval tree\n  blocks 0 to ", run.out)
    expect_in("equal layers", "\nblocks.*.qkv ", run.out)
    again = sum(" x2  " in line or " x3  " in line for line in run.out.splitlines())
    expect("some run again", again > 0, True)
    nodes = len(json.loads(plan.read_text())["graph"]["nodes"])
    expect(
        "every node",
        sum(
            " bytes, in " in x or " bytes, block" in x or x.endswith(" bytes")
            for x in run.out.split("nodes (K")[1].splitlines()
        ),
        nodes,
    )


def test_a_plan_is_drawn_over_its_model(tmp: Path) -> None:
    plan = tmp / "gpt.json"
    hcb("plan", STEPS / "gpt_tiny.hcb", "--block-size", 16, "-o", plan)
    run = hcb("show", STEPS / "gpt_tiny.hcb", plan, "--format", "dot")
    expect("code", (run.code, run.err), (0, ""))
    expect(
        "plan prints the same",
        hcb("plan", STEPS / "gpt_tiny.hcb", "--block-size", 16, "--format", "dot").out,
        run.out,
    )
    for part in ('label="interval tree"', 'label="qkv"', "#b7e1a1", "#ffd28a", "#1f5fbf"):
        expect_in("part", part, run.out)


def test_graphviz_takes_the_picture(tmp: Path) -> None:
    if shutil.which("dot") is None:
        return
    plan = tmp / "cnn.json"
    hcb("plan", STEPS / "cnn.hcb", "--block-size", 4, "-o", plan)
    for operands in ((STEPS / "cnn.hcb",), (STEPS / "cnn.hcb", plan)):
        text = hcb("show", *operands, "--format", "dot").out
        done = subprocess.run(
            ["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False
        )
        expect("dot", (done.returncode, done.stderr), (0, ""))


def test_a_plan_of_another_graph_is_refused(tmp: Path) -> None:
    plan = tmp / "cnn.json"
    hcb("plan", STEPS / "cnn.hcb", "-o", plan)
    run = hcb("show", STEPS / "mlp.hcb", plan)
    expect("code", (run.code, run.out), (3, ""))
    expect_in(
        "difference",
        f"{plan}: does not hold for {STEPS / 'mlp.hcb'}: the plan was made for another graph: ",
        run.err,
    )
    expect_in("help", "\nhelp: plan again, or give the model it was made for\n", run.err)


def test_a_false_plan_is_refused(tmp: Path) -> None:
    plan = tmp / "mlp.json"
    hcb("plan", STEPS / "mlp.hcb", "-o", plan)
    data = json.loads(plan.read_text())
    data["peak_bytes"] += 1
    plan.write_text(json.dumps(data))
    run = hcb("show", STEPS / "mlp.hcb", plan)
    expect("code", (run.code, run.out), (6, ""))
    expect_in(
        "help", f"\nhelp: hcb check {STEPS / 'mlp.hcb'} {plan} lists what is false\n", run.err
    )


def test_options_beside_a_plan_are_refused(tmp: Path) -> None:
    plan = tmp / "mlp.json"
    hcb("plan", STEPS / "mlp.hcb", "-o", plan)
    expect_error(
        hcb("show", STEPS / "mlp.hcb", plan, "--batch", 4),
        2,
        "--batch: the plan brings the options it was made with",
        "leave it out, or leave the plan out",
    )
    expect_error(
        hcb("show", STEPS / "mlp.hcb", plan, "--format", "json"),
        2,
        "--format json: of a model or of a plan, not of both",
        "hcb show PLAN --format json",
    )


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
    expect_error(
        hcb("plan", path, "--block-size", "module"),
        2,
        "--block-size module: the graph names no two modules",
        "give a number of nodes, or --block-size auto",
    )


if __name__ == "__main__":
    main(globals())
