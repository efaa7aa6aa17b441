"""analyze, plan and check on shipped and light models; plans that were edited are found out."""

import json
from pathlib import Path

from harness import EXAMPLES, LIGHT, MODELS, expect, expect_in, hcb, main
from onnx_writer import chain

GPT2 = [EXAMPLES / "gpt2.onnx", "--dim", "batch=8", "--dim", "seq=1024"]


def write_plan(model: list[object], path: Path, *options: object) -> dict[str, object]:
    run = hcb("plan", *model, "-o", path, *options)
    expect("plan", (run.code, run.err), (0, ""))
    return json.loads(path.read_text())


def test_every_shipped_and_light_model_is_planned_and_checked(tmp: Path) -> None:
    for path in sorted(EXAMPLES.glob("*.onnx")) + sorted(LIGHT.glob("*.onnx")):
        options: list[object] = []
        text = hcb("analyze", path, *options)
        if text.code == 3 and "--dim" in text.err:
            names = [w.split("=")[0] for w in text.err.split("--dim ")[1:]]
            options += [v for n in names for v in ("--dim", f"{n}=32")]
        plan = tmp / f"{path.stem}.json"
        write_plan([path, *options], plan)
        run = hcb("check", path, plan)
        expect(f"check {path.stem}", (run.code, run.err), (0, ""))


def test_no_default_rule_on_listed_models(_: Path) -> None:
    for path in sorted(LIGHT.glob("*.onnx")):
        run = hcb("analyze", path, "--format", "json")
        expect("code", (path.stem, run.code, run.err), (path.stem, 0, ""))
        expect(
            f"default ops of {path.stem}", json.loads(run.out)["estimates"]["default_rule_ops"], []
        )


def test_block_size_plan_holds_and_stays_under_the_base_peak(tmp: Path) -> None:
    plan = write_plan(GPT2, tmp / "plan.json", "--block-size", 32)
    run = hcb("check", GPT2[0], tmp / "plan.json")
    expect("check", (run.code, run.err), (0, ""))
    expect("format", (plan["format"], plan["format_version"]), ("hcb-plan", "1.1"))
    expect("peak below base peak", plan["peak_bytes"] < plan["base_peak_bytes"], True)
    expect("strategy", plan["strategy"], "interval-tree")


def test_strategies_order_as_they_must(tmp: Path) -> None:
    plans = {
        name: write_plan(GPT2, tmp / f"{name}.json", "--strategy", name)
        for name in ("store-all", "periodic", "interval-tree")
    }
    store_all = plans["store-all"]
    expect("store-all repeats nothing", store_all["extra_time_ns"], 0)
    expect("store-all peak", store_all["peak_bytes"], store_all["base_peak_bytes"])
    for name in ("periodic", "interval-tree"):
        expect(name, plans[name]["peak_bytes"] < store_all["peak_bytes"], True)


def test_same_input_same_bytes(tmp: Path) -> None:
    for name in ("a.json", "b.json", "a.pb", "b.pb", "a.dot", "b.dot"):
        run = hcb("plan", *GPT2, "--block-size", 32, "-o", tmp / name)
        expect("code", run.code, 0)
    for form in ("json", "pb", "dot"):
        expect(form, (tmp / f"a.{form}").read_bytes(), (tmp / f"b.{form}").read_bytes())


def test_dash_puts_the_plan_alone_on_stdout(tmp: Path) -> None:
    write_plan(GPT2, tmp / "plan.json", "--block-size", 32)
    run = hcb("plan", *GPT2, "--block-size", 32, "-o", "-")
    expect("stdout", run.out, (tmp / "plan.json").read_text())
    run = hcb("plan", *GPT2, "--block-size", 32, "--format", "json")
    expect("stdout", run.out, (tmp / "plan.json").read_text())
    run = hcb("plan", *GPT2, "--block-size", 32, "--format", "dot")
    expect("dot", run.out.startswith("digraph"), True)


def test_an_edited_plan_is_found_out_and_the_step_is_named(tmp: Path) -> None:
    plan = write_plan(GPT2, tmp / "plan.json", "--block-size", 32)
    steps = plan["steps"]
    assert isinstance(steps, list)
    del steps[len(steps) // 2]
    (tmp / "plan.json").write_text(json.dumps(plan))
    run = hcb("check", GPT2[0], tmp / "plan.json")
    expect("code", run.code, 6)
    expect_in("finding", "step ", run.out)


def test_a_false_claim_is_found_out(tmp: Path) -> None:
    plan = write_plan(GPT2, tmp / "plan.json", "--block-size", 32)
    peak = plan["peak_bytes"]
    assert isinstance(peak, int)
    plan["peak_bytes"] = peak - 512
    (tmp / "plan.json").write_text(json.dumps(plan))
    run = hcb("check", GPT2[0], tmp / "plan.json")
    expect("code", run.code, 6)
    expect_in("finding", str(peak), run.out)


def test_plan_of_another_model_names_the_first_difference(tmp: Path) -> None:
    (tmp / "a.onnx").write_bytes(chain(depth=4))
    (tmp / "b.onnx").write_bytes(chain(depth=5))
    write_plan([tmp / "a.onnx", "--dim", "batch=8"], tmp / "plan.json")
    run = hcb("check", tmp / "b.onnx", tmp / "plan.json")
    expect("code", run.code, 6)
    expect_in("finding", "another graph", run.out)


def test_plan_options_that_do_not_fit_the_model_name_the_plans_model(tmp: Path) -> None:
    write_plan(GPT2, tmp / "plan.json")
    run = hcb("check", EXAMPLES / "bert.onnx", tmp / "plan.json")
    expect("code", run.code, 3)
    made_for = "help: the plan was made for gpt2.onnx --dim batch=8 --dim seq=1024\n"
    expect("help", run.err.endswith(made_for), True)


def test_a_budget_that_is_too_small_ends_with_one_that_is_not(_: Path) -> None:
    run = hcb("analyze", *GPT2, "--memory-budget", "3GiB")
    budget = run.out.split("--memory-budget ")[1].split()[0]
    expect("plan", hcb("plan", *GPT2, "--memory-budget", budget, "--effort", "fast").code, 0)


def test_a_plan_that_is_no_plan(tmp: Path) -> None:
    (tmp / "plan.json").write_text('{"format": "something"}')
    run = hcb("check", MODELS / "mlp.onnx", tmp / "plan.json")
    expect("code", run.code, 3)
    expect_in("message", "plan.json", run.err)


def test_a_plan_of_a_newer_major_version_names_both(tmp: Path) -> None:
    path = tmp / "plan.json"
    write_plan([MODELS / "mlp.onnx", "--batch", 2], path)
    path.write_text(path.read_text().replace('"format_version": "1.1"', '"format_version": "2.0"'))
    run = hcb("check", MODELS / "mlp.onnx", path)
    expect("code", run.code, 3)
    expect_in("message", "2.0", run.err)
    expect_in("message", "1.1", run.err)


def test_a_truncated_plan(tmp: Path) -> None:
    path = tmp / "plan.json"
    write_plan([MODELS / "mlp.onnx", "--batch", 2], path)
    text = path.read_text()
    for size in range(1, len(text) - 2, max(1, len(text) // 40)):
        path.write_text(text[:size])
        run = hcb("check", MODELS / "mlp.onnx", path)
        expect(f"code at {size}", run.code, 3)


def test_a_budget_proved_too_small(tmp: Path) -> None:
    run = hcb("plan", *GPT2, "--memory-budget", "1MiB", "-o", tmp / "plan.json")
    expect("code", run.code, 10)
    expect("no plan is written", (tmp / "plan.json").exists(), False)
    expect("analyze agrees", hcb("analyze", *GPT2, "--memory-budget", "1MiB").code, 10)


def test_a_budget_no_strategy_meets_is_a_limit_not_a_proof(tmp: Path) -> None:
    floor = json.loads(hcb("analyze", *GPT2, "--format", "json").out)
    bound = floor["bound"]["bytes"]
    run = hcb("plan", *GPT2, "--memory-budget", bound, "--effort", "fast", "-o", tmp / "plan.json")
    expect("code", run.code in (0, 4), True)
    expect("a plan is written only if it fits", (tmp / "plan.json").exists(), run.code == 0)


def test_a_plan_within_a_budget_fits_it(tmp: Path) -> None:
    plan = write_plan(GPT2, tmp / "plan.json", "--memory-budget", "70%", "--effort", "fast")
    peak, budget, base = plan["peak_bytes"], plan["budget_bytes"], plan["base_peak_bytes"]
    assert isinstance(peak, int) and isinstance(budget, int) and isinstance(base, int)
    expect("budget", budget, base * 70 // 100)
    expect("fits", peak <= budget, True)
    expect("check", hcb("check", GPT2[0], tmp / "plan.json").code, 0)


def test_list_strategies(_: Path) -> None:
    run = hcb("plan", "--list-strategies")
    expect("code", run.code, 0)
    names = ["store-all", "periodic", "interval-tree", "revolve", "chain-dp", "budget", "exact"]
    expect("names", [line.split()[0] for line in run.out.splitlines()], names)


if __name__ == "__main__":
    main(globals())
