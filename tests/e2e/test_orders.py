"""--order, --orders, --frontier, --device FILE and --list-devices, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

from harness import EXAMPLES, SOURCE, expect, expect_error, expect_in, hcb, main

GPT2 = [EXAMPLES / "gpt2.onnx", "--dim", "batch=8", "--dim", "seq=128"]
HEURISTICS = ["given", "depth-first", "kahn", "greedy", "reverse-greedy", "sethi-ullman"]


def layered(tmp: Path) -> Path:
    """A graph on which the order decides the peak."""
    step = tmp / "layered.hcb"
    expect("generate", hcb("generate", "layered", "--nodes", 200, "--seed", 3, "-o", step).code, 0)
    return step


def analysis(*args: object) -> dict:
    run = hcb("analyze", *args, "--format", "json")
    expect(f"analyze {args}", (run.code, run.err), (0, ""))
    return json.loads(run.out)


def test_orders_are_compared_and_the_best_one_is_carried_on(tmp: Path) -> None:
    step = layered(tmp)
    plain = analysis(step)
    peaks = {entry["name"]: entry["peak"] for entry in plain["orders"]["compared"]}
    expect("names", list(peaks), HEURISTICS)
    expect("given", peaks["given"], plain["base"]["peak"])
    expect("saves", plain["orders"]["saves"], peaks["given"] - min(peaks.values()))
    expect("something is gained", plain["orders"]["saves"] > 0, True)
    for name, peak in peaks.items():
        expect(name, analysis(step, "--order", name)["base"]["peak"], peak)
    best = analysis(step, "--order", "best")
    expect("best", best["base"]["peak"], min(peaks.values()))
    expect("nothing left", best["orders"]["saves"], 0)


def test_a_plan_in_another_order_is_checked_by_its_name(tmp: Path) -> None:
    step = layered(tmp)
    plan = tmp / "plan.json"
    done = hcb("plan", step, "--order", "greedy", "--strategy", "store-all", "-o", plan)
    expect("plan", done.code, 0)
    expect("order", json.loads(plan.read_text())["options"]["order"], ["greedy"])
    expect("check", hcb("check", step, plan).code, 0)
    expect("given order", hcb("check", step, plan, "--order", "given").code, 6)


def test_an_order_from_a_file(tmp: Path) -> None:
    step = layered(tmp)
    shown = json.loads(hcb("show", step, "--order", "greedy", "--format", "json").out)
    names = [node["name"] for node in shown["nodes"]]
    order = tmp / "order.txt"
    order.write_text("# greedy\n" + "\n".join(names) + "\n")
    expect(
        "peak",
        analysis(step, "--order", order)["base"]["peak"],
        analysis(step, "--order", "greedy")["base"]["peak"],
    )
    plan = tmp / "plan.json"
    expect("plan", hcb("plan", step, "--order", order, "--block-size", 8, "-o", plan).code, 0)
    moved = order.rename(tmp / "moved.txt")
    expect("moved", hcb("check", step, plan).code, 3)
    expect("found", hcb("check", step, plan, "--order", moved).code, 0)
    moved.write_text("\n".join([names[0], *names]) + "\n")
    run = hcb("analyze", step, "--order", moved)
    expect("code", run.code, 3)
    expect_in("twice", "is listed twice: an order runs every node once", run.err)
    moved.write_text("\n".join(names[1:]) + "\n")
    run = hcb("analyze", step, "--order", moved)
    expect("code", run.code, 3)
    expect_in("missing", f"{moved}: 1 of {len(names)} nodes never run, first", run.err)
    moved.write_text("\n".join(reversed(names)) + "\n")
    run = hcb("analyze", step, "--order", moved)
    expect("code", run.code, 3)
    expect_in("too early", f"{moved}:1: ", run.err)


def test_orders_that_are_none(tmp: Path) -> None:
    expect_error(
        hcb("analyze", *GPT2, "--order", "gredy"), 2,
        "--order 'gredy': unknown order, did you mean 'greedy'?",
        "orders: best, given, depth-first, kahn, greedy, reverse-greedy, sethi-ullman; or a file, "
        "named with a '.' or '/': ./gredy",
    )  # fmt: skip
    run = hcb("analyze", *GPT2, "--order", tmp / "none.txt")
    expect("code", run.code, 3)
    expect_in("missing", f"{tmp / 'none.txt'}: cannot be read: No such file", run.err)


def test_details_on_request(_: Path) -> None:
    plain = hcb("analyze", *GPT2).out
    orders = hcb("analyze", *GPT2, "--orders").out
    expect("first screen first", orders.startswith(plain), True)
    lines = orders[len(plain) :].splitlines()
    expect("heading", lines[0], "orders compared: the peak of running every node once")
    expect("names", [line.split()[0] for line in lines[1:]], HEURISTICS)
    expect("one is the best", sum(line.endswith("best") for line in lines), 1)
    frontier = hcb("analyze", *GPT2, "--frontier").out[len(plain) :]
    expect_in("blocks", "  interval-tree  --block-size ", frontier)
    expect_in("reasons", "forward nodes lie on one path", frontier)
    expect("cuts", len(frontier.splitlines()) >= 25, True)


def test_fit_in_another_order(_: Path) -> None:
    run = hcb("fit", GPT2[0], "--dim", "seq=128", "--memory-budget", "4GiB", "--largest", "batch",
              "--effort", "fast", "--order", "depth-first", "--format", "json")  # fmt: skip
    expect("fit", run.code, 0)
    expect("something fits", json.loads(run.out)["largest"] > 0, True)


def test_devices(tmp: Path) -> None:
    listed = hcb("plan", "--list-devices")
    expect("code", listed.code, 0)
    for name in ("a100-80g", "h100-80g", "h200-141g", "rtx-4090", "t4", "cpu-generic"):
        expect_in("device", f"\n{name} ", listed.out)
    profile = json.loads((SOURCE / "docs" / "device-file.md").read_text().split("```")[1][5:])
    path = tmp / "mine.json"
    path.write_text(json.dumps(profile))
    report = analysis(*GPT2, "--device", path)
    expect("device", report["estimates"]["device"], str(path))
    profile["launch_ns"] += 1000
    path.write_text(json.dumps(profile))
    slower = analysis(*GPT2, "--device", path)
    counted = slower["base"]["time_ns"] - report["base"]["time_ns"]
    expect("1 µs per node that is no view", counted % 1000, 0)
    expect("some nodes", 0 < counted // 1000 <= slower["graph"]["nodes"], True)
    profile["bandwith"] = profile.pop("bandwidth")
    path.write_text(json.dumps(profile))
    expect_error(
        hcb("analyze", *GPT2, "--device", path), 3,
        f"{path}: bandwith: unknown key, did you mean 'bandwidth'?",
        "keys: format, format_version, name, description, flops, bandwidth, launch_ns",
    )  # fmt: skip


def test_fused_attention_makes_recomputation_cheaper(_: Path) -> None:
    plain = analysis(*GPT2, "--cost-model", "fused")
    eager = analysis(*GPT2)
    expect("faster", plain["base"]["time_ns"] < eager["base"]["time_ns"], True)
    expect("same memory", plain["base"]["peak"], eager["base"]["peak"])


if __name__ == "__main__":
    main(globals())
