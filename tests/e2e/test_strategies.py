"""Revolve, chain-dp, exact and --block-size auto on shipped models: plans that hold, word by word
what is refused, the same bytes twice."""

import json
from pathlib import Path

from harness import EXAMPLES, MODELS, expect, expect_error, expect_in, hcb, main

RESNET: list[object] = [EXAMPLES / "resnet50.onnx", "--dim", "batch=16"]
UNET: list[object] = [MODELS / "unet_tiny.onnx", "--dim", "batch=4"]
MLP: list[object] = [MODELS / "mlp.onnx", "--batch", "2"]


def planned(model: list[object], tmp: Path, *options: object) -> dict[str, object]:
    """The plan, which holds and comes out the same, to the byte, when asked for again."""
    first, second = tmp / "first.json", tmp / "second.json"
    for path in (first, second):
        run = hcb("plan", *model, "-o", path, *options)
        expect("plan", (run.code, run.err), (0, ""))
    expect("twice the same", first.read_bytes(), second.read_bytes())
    expect("check", hcb("check", model[0], first).code, 0)
    plan: dict[str, object] = json.loads(first.read_text())
    return plan


def meta(plan: dict[str, object]) -> dict[str, int]:
    value = plan["meta"]
    assert isinstance(value, dict)
    return value


def number(plan: dict[str, object], key: str) -> int:
    value = plan[key]
    assert isinstance(value, int)
    return value


def test_more_slots_take_less_time(tmp: Path) -> None:
    plans = [
        planned(RESNET, tmp, "--strategy", "revolve", "--block-size", 8, "--slots", k)
        for k in (2, 4, 8, 22)
    ]
    expect("slots", [meta(plan)["slots"] for plan in plans], [2, 4, 8, 22])
    times = [number(plan, "extra_time_ns") for plan in plans]
    expect("times", times, sorted(times, reverse=True))
    expect("the fewest slots are no tree of the most", times[0] > times[3], True)


def test_revolve_takes_the_slots_that_fit(tmp: Path) -> None:
    plan = planned(RESNET, tmp, "--strategy", "revolve", "--memory-budget", "50%")
    expect("fits", number(plan, "peak_bytes") <= number(plan, "budget_bytes"), True)
    expect("said", meta(plan)["slots"] > 0, True)


def test_slots_are_read_by_revolve_alone(_: Path) -> None:
    expect_error(
        hcb("plan", *MLP, "--strategy", "interval-tree", "--slots", 3),
        2,
        "--slots is not read by 'interval-tree'; it is read by: revolve",
    )


def test_chain_dp_is_quicker_than_the_tree_within_the_same_budget(tmp: Path) -> None:
    for share in ("40%", "50%"):
        budget = ["--memory-budget", share]
        chain = planned(RESNET, tmp, "--strategy", "chain-dp", *budget)
        tree = planned(RESNET, tmp, "--strategy", "interval-tree", *budget)
        for plan in (chain, tree):
            expect("fits", number(plan, "peak_bytes") <= number(plan, "budget_bytes"), True)
        quicker = number(chain, "extra_time_ns") < number(tree, "extra_time_ns")
        expect(f"quicker under {share}", quicker, True)
        expect("stored", meta(chain)["stored_blocks"] > 0, True)


def test_chain_dp_fits_graphs_with_skips_that_its_chain_does_not_see(tmp: Path) -> None:
    plan = planned(UNET, tmp, "--strategy", "chain-dp", "--memory-budget", "70%")
    expect("fits", number(plan, "peak_bytes") <= number(plan, "budget_bytes"), True)
    expect("the chain's word is told", meta(plan)["chain_peak_bytes"] > 0, True)


def test_chain_dp_says_what_it_tried(_: Path) -> None:
    run = hcb("plan", *RESNET, "--strategy", "chain-dp", "--memory-budget", "50%")
    expect_in("tried", "note: chain-dp simulated ", run.out)
    expect_in("of how many", " trades between bytes and time; best: ", run.out)
    expect_in("the next", "; runner-up: ", run.out)


def test_chain_dp_needs_a_budget(_: Path) -> None:
    expect_error(
        hcb("plan", *MLP, "--strategy", "chain-dp"),
        2,
        "strategy 'chain-dp' needs --memory-budget",
        "give a size (8GiB) or a share of the base peak (60%)",
    )


def test_exact_on_a_small_model(tmp: Path) -> None:
    plan = planned(MLP, tmp, "--strategy", "exact")
    others = [
        planned(MLP, tmp, "--strategy", name) for name in ("periodic", "interval-tree", "revolve")
    ]
    for other in others:
        lower = number(other, "peak_bytes") < number(plan, "peak_bytes")
        expect("lower peak than exact", lower, False)
    run = hcb("plan", *MLP, "--strategy", "exact")
    expect_in("shown", "no schedule has a lower peak", run.out)


def test_exact_refuses_what_it_cannot_search(_: Path) -> None:
    run = hcb("plan", *RESNET, "--strategy", "exact")
    expect("code", run.code, 4)
    expect_in("limit", "exhaustive search takes at most 32 nodes and 64 buffers", run.err)
    expect_in("help", "--strategy budget takes graphs of any size", run.err)


def test_auto_says_what_it_tried(tmp: Path) -> None:
    run = hcb("plan", *RESNET, "--block-size", "auto")
    expect_in("tried", "note: auto tried ", run.out)
    expect_in("the next", "; runner-up: ", run.out)
    said = meta(planned(RESNET, tmp, "--block-size", "auto"))
    expect("tried", said["tried"] > 20, True)
    expect("runner-up", said["runner_up_peak_bytes"] > 0, True)
    expect_in("in the text", f"auto tried {said['tried']} settings", run.out)


if __name__ == "__main__":
    main(globals())
