"""Bounds and their proofs: what a plan claims about optimality is proved in it or beside it, and
anything altered is found out."""

import json
from pathlib import Path

from harness import EXAMPLES, MODELS, expect, expect_in, hcb, main

RESNET = [EXAMPLES / "resnet50.onnx", "--batch", 8]
UNET = [EXAMPLES / "unet.onnx", "--dim", "batch=4", "--strategy", "interval-tree"]
FAST = ["--memory-budget", "60%", "--effort", "fast"]


def bounded(folder: Path) -> tuple[Path, dict[str, object]]:
    """A plan with its certificate in it."""
    path = folder / "plan.json"
    run = hcb("plan", *RESNET, *FAST, "-o", path)
    expect("plan", (run.code, run.err), (0, ""))
    return path, json.loads(path.read_text())


def apart(folder: Path) -> tuple[Path, Path]:
    """A plan with its certificate beside it."""
    path = folder / "plan.json"
    run = hcb("plan", *UNET, "--memory-budget", "70%", "-o", path)
    expect("plan", (run.code, run.err), (0, ""))
    return path, folder / "plan.json.bound"


def expect_refused(folder: Path, plan: dict[str, object], message: str) -> None:
    path = folder / "edited.json"
    path.write_text(json.dumps(plan))
    run = hcb("check", RESNET[0], path)
    expect("code", (run.code, run.err), (6, ""))
    expect_in("finding", message, run.out)


def test_a_small_certificate_is_in_the_plan(tmp: Path) -> None:
    path, plan = bounded(tmp)
    bound = plan["bound"]
    assert isinstance(bound, dict)
    expect("scope", bound["scope"], "any_order")
    expect("gap", plan["gap_ns"], plan["extra_time_ns"] - bound["extra_time_ns"])
    expect("proved", bound["extra_time_ns"] > 0, True)
    expect("beside it", sorted(p.name for p in tmp.iterdir()), ["plan.json"])
    expect("check", hcb("check", RESNET[0], path).code, 0)


def test_a_bound_that_is_not_proved_is_refused(tmp: Path) -> None:
    _, plan = bounded(tmp)
    bound = plan["bound"]
    assert isinstance(bound, dict)
    proved = bound["extra_time_ns"]
    bound["extra_time_ns"] = plan["extra_time_ns"]
    plan["gap_ns"] = 0
    plan["status"] = "optimal"
    expect_refused(tmp, plan, f"is {plan['extra_time_ns']}, the certificate proves {proved}")
    del bound["certificate"], bound["certificate_hash"]
    expect_refused(tmp, plan, "without a certificate: an estimate, no bound")


def test_any_multiplier_altered_upwards_is_refused(tmp: Path) -> None:
    _, plan = bounded(tmp)
    text = json.dumps(plan)
    certificate = plan["bound"]["certificate"]
    rows = certificate["pool"][0]
    for at in range(0, len(rows), max(1, len(rows) // 8)):
        edited = json.loads(text)
        edited["bound"]["certificate"]["pool"][0][at][4] += 1 << certificate["denominator_log2"]
        expect_refused(tmp, edited, "bound.certificate_hash is ")


def test_an_altered_tree_is_refused(tmp: Path) -> None:
    _, plan = bounded(tmp)
    certificate = plan["bound"]["certificate"]
    certificate["tree"] = [["split", 0, ["r", 0, 0]], *certificate["tree"]]
    expect_refused(tmp, plan, "certificate: the tree is not complete")
    certificate["tree"] = [["empty", 0]]
    expect_refused(tmp, plan, "leaf 0 is not shown to be empty")
    certificate["tree"] = [["leaf", 99]]
    expect_refused(tmp, plan, "leaf 0: names no list of multipliers")


def test_a_proof_for_another_budget_is_none(tmp: Path) -> None:
    _, plan = bounded(tmp)
    plan["bound"]["certificate"]["budget_bytes"] -= 1
    expect_refused(tmp, plan, "the certificate is for a budget of ")


def test_a_large_certificate_is_beside_the_plan(tmp: Path) -> None:
    path, beside = apart(tmp)
    expect("files", sorted(p.name for p in tmp.iterdir()), ["plan.json", "plan.json.bound"])
    bound = json.loads(path.read_text())["bound"]
    expect("hash in place of the text", sorted(bound), ["certificate_hash", "extra_time_ns",
           "moment", "price", "scope"])  # fmt: skip
    expect("a certificate", json.loads(beside.read_text())["format"], "hcb-bound")
    expect("check", hcb("check", UNET[0], path).code, 0)


def test_a_certificate_that_is_missing_edited_or_anothers(tmp: Path) -> None:
    path, beside = apart(tmp)
    text = beside.read_text()
    beside.write_text(text + " ")
    run = hcb("check", UNET[0], path)
    expect("edited", run.code, 6)
    expect_in("hash", "bound.certificate_hash is ", run.out)
    beside.unlink()
    run = hcb("check", UNET[0], path)
    expect("missing", run.code, 3)
    expect("message", run.err.splitlines()[0], f"hcb: error: {beside}: cannot be read: the proof "
           "of the plan's bound is there")  # fmt: skip
    beside.write_text("{}\n")
    expect("another", hcb("check", UNET[0], path).code, 6)
    beside.write_text(text)
    expect("whole again", hcb("check", UNET[0], path).code, 0)


def test_protobuf_has_its_certificate_beside_it_too(tmp: Path) -> None:
    path = tmp / "plan.pb"
    expect("plan", hcb("plan", *UNET, "--memory-budget", "70%", "-o", path).code, 0)
    expect("check", hcb("check", UNET[0], path).code, 0)
    (tmp / "plan.pb.bound").unlink()
    expect("missing", hcb("check", UNET[0], path).code, 3)


def test_standard_output_has_everything_in_the_plan(tmp: Path) -> None:
    run = hcb("plan", *UNET, "--memory-budget", "70%", "-o", "-")
    expect("certificate", "certificate" in json.loads(run.out)["bound"], True)
    (tmp / "plan.json").write_text(run.out)
    expect("check", hcb("check", UNET[0], tmp / "plan.json").code, 0)


def test_both_files_are_written_or_none(tmp: Path) -> None:
    path, beside = apart(tmp)
    before = (path.read_bytes(), beside.read_bytes())
    for name in ("plan.json", "plan.json.bound"):
        (tmp / name).chmod(0o444)
    run = hcb("plan", *UNET, "--memory-budget", "1MiB", "-o", path)
    expect("refused", run.code, 10)
    expect("as before", (path.read_bytes(), beside.read_bytes()), before)
    expect("nothing left over", len(list(tmp.iterdir())), 2)


def test_where_no_plan_is_found_the_help_names_budgets_with_plans(_: Path) -> None:
    run = hcb("plan", *RESNET, "--memory-budget", "20%")
    expect("code", (run.code, run.out), (10, ""))
    points = [line.split() for line in run.err.splitlines() if line.startswith("  --memory")]
    expect("points", len(points), 3)
    expect("a plan", hcb("plan", *RESNET, *points[2][:2], "--effort", "fast").code, 0)


def test_no_extra_time_is_optimal(tmp: Path) -> None:
    for strategy in ("store-all", "budget"):
        path = tmp / f"{strategy}.json"
        run = hcb("plan", MODELS / "mlp.onnx", "--batch", 2, "--memory-budget", "100%",
                  "--strategy", strategy, "-o", path)  # fmt: skip
        expect("code", (run.code, run.err), (0, ""))
        plan = json.loads(path.read_text())
        expect("status", plan["status"], "optimal")
        expect("bound", plan["bound"], {"extra_time_ns": 0, "scope": "any_order"})
        expect("check", hcb("check", MODELS / "mlp.onnx", path).code, 0)


if __name__ == "__main__":
    main(globals())
