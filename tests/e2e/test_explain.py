"""`hcb explain`: what it says of real models, budgets and plans is what the other commands say."""

import json
from itertools import pairwise
from pathlib import Path

from harness import EXAMPLES, SOURCE, expect, expect_error, expect_in, hcb, main

GPT2 = EXAMPLES / "gpt2.onnx"
DIMS = ("--dim", "batch=8", "--dim", "seq=1024")
STEPS = SOURCE / "tests" / "data" / "steps"


def explained(*args: object) -> dict:
    run = hcb("explain", *args, "--format", "json")
    expect("code", (run.code in (0, 10), run.err), (True, ""))
    return json.loads(run.out)


def test_the_peak_is_the_one_analyze_names(_: Path) -> None:
    said = explained(GPT2, *DIMS)
    base = json.loads(hcb("analyze", GPT2, *DIMS, "--format", "json").out)["base"]
    peak = said["peak"]
    expect("peak", (peak["bytes"], peak["at"]), (base["peak"], base["peak_at"]))
    parts = [peak[key] for key in ("resident", "activations", "gradients", "stash", "workspace")]
    expect("parts", sum(parts), peak["bytes"])
    expect("residents", sum(entry["bytes"] for entry in peak["residents"]), peak["resident"])
    expect(
        "groups",
        sum(group["bytes"] for group in peak["groups"]),
        peak["bytes"] - peak["resident"] - peak["workspace"],
    )


def test_equal_layers_are_one_line(_: Path) -> None:
    run = hcb("explain", GPT2, *DIMS)
    expect("code", (run.code, run.err), (0, ""))
    expect_in("twelve layers", "12 x Softmax in transformer.h.*.attn", run.out)
    expect_in("keeper", "backward of Softmax in transformer.h.*.attn", run.out)


def test_what_frees_most_comes_first(_: Path) -> None:
    rows = explained(GPT2, *DIMS)["reliefs"]
    for one, two in pairwise(rows):
        better = one["time_ns"] * two["bytes"] <= two["time_ns"] * one["bytes"]
        expect(f"{one} before {two}", better, True)


def test_an_impossible_budget_is_explained(_: Path) -> None:
    run = hcb("explain", GPT2, *DIMS, "--memory-budget", "3GiB")
    expect("code", (run.code, run.err), (10, ""))
    expect_in("verdict", "\nbudget      does not fit 3 GiB: ", run.out)
    expect_in(
        "witness",
        "\nneeded      3.56 GiB by every schedule, at backward of /lm_head/MatMul:\n",
        run.out,
    )
    expect_in("part", "  1.53 GiB  makes gradient logits.grad\n", run.out)
    expect_in("advice", "\nhelps       chunk the loss\n", run.out)
    expect_in(
        "half the batch", "\nhelps       --dim batch=4 instead of 8: needs at least ", run.out
    )
    half = json.loads(
        hcb("analyze", GPT2, "--dim", "batch=4", "--dim", "seq=1024", "--format", "json").out
    )
    said = explained(GPT2, *DIMS, "--memory-budget", "3GiB")["budget"]
    expect(
        "as analyze says",
        said["smaller"][0],
        {
            "options": "--dim batch=4",
            "instead_of": "8",
            "bound": half["bound"]["bytes"],
            "peak": half["base"]["peak"],
        },
    )


def test_a_plan_is_explained(tmp: Path) -> None:
    plan = tmp / "plan.json"
    hcb("plan", STEPS / "gpt_math.hcb", "--memory-budget", "60%", "--effort", "fast", "-o", plan)
    data = json.loads(plan.read_text())
    said = explained(STEPS / "gpt_math.hcb", plan)
    expect("peak", said["peak"]["bytes"], data["peak_bytes"])
    expect("extra", sum(row["time_ns"] for row in said["plan"]["again"]), data["extra_time_ns"])
    expect("budget", said["plan"]["budget"], data["budget_bytes"])
    text = hcb("explain", STEPS / "gpt_math.hcb", plan).out
    expect_in("head", "the plan of strategy 'budget' needs ", text)
    for label in ("\ninstead of", "\nbudget", "\nbinding", "\nprice", "\nruns again"):
        expect_in("line", label, text)


def test_bad_input(tmp: Path) -> None:
    plan = tmp / "cnn.json"
    hcb("plan", STEPS / "cnn.hcb", "-o", plan)
    run = hcb("explain", STEPS / "mlp.hcb", plan)
    expect("another graph", (run.code, run.out), (3, ""))
    expect_in("difference", "the plan was made for another graph", run.err)
    expect_error(
        hcb("explain", STEPS / "cnn.hcb", plan, "--memory-budget", "1GiB"),
        2,
        "--memory-budget: the plan brings the options it was made with",
        "leave it out, or leave the plan out",
    )
    expect_error(
        hcb("explain", STEPS / "cnn.hcb", "--format", "dot"),
        2,
        "--format 'dot': expected one of text, json",
        "hcb explain --help lists the options",
    )
    expect("no such plan", hcb("explain", STEPS / "cnn.hcb", tmp / "none.json").code, 3)


if __name__ == "__main__":
    main(globals())
