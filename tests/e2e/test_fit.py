"""The largest batch that fits: the answer planned, one more refused; bad input."""

import json
from pathlib import Path
from typing import Any

from harness import EXAMPLES, expect, expect_error, expect_in, hcb, main

RESNET = EXAMPLES / "resnet50.onnx"
GPT2 = EXAMPLES / "gpt2.onnx"
GPT2_STEP = [GPT2, "--dim", "seq=256"]


def fit(model: list[object], *options: object) -> dict[str, Any]:
    run = hcb("fit", *model, "--effort", "fast", "--format", "json", *options)
    expect("fit", run.err, "")
    report: dict[str, Any] = json.loads(run.out)
    return report


def planned(*arguments: object) -> dict[str, Any]:
    run = hcb("plan", *arguments, "--effort", "fast", "--format", "json")
    expect("plan", (run.code, run.err), (0, ""))
    plan: dict[str, Any] = json.loads(run.out)
    return plan


def test_the_answer_can_be_planned_and_one_more_cannot(_: Path) -> None:
    budget = ["--memory-budget", "3GiB"]
    for model in ([RESNET], GPT2_STEP):
        report = fit(model, "--largest", "batch", *budget, "--max-extra-time", "5%")
        answer, plain = report["largest"], report["largest_without_recomputation"]
        expect(f"{model[0].name}: more than the plain step", answer > plain, True)
        within = {}
        for value in (answer, answer + 1):
            plan = planned(*model, "--dim", f"batch={value}", *budget)
            within[value] = plan["extra_time_ns"] * 20 <= plan["base_time_ns"]
        expect(f"{model[0].name}: within 5 %", within, {answer: True, answer + 1: False})
        points = {point["value"]: point["verdict"] for point in report["points"]}
        expect("at", points[answer], "fits-with-recomputation")
        expect("above", points[answer + 1], "too-slow")


def test_fixed_batches_are_bound_again(tmp: Path) -> None:
    fixed = tmp / "fixed.onnx"
    fixed.write_bytes(RESNET.read_bytes().replace(b"batch", b"other"))
    options = ["--largest", "batch", "--memory-budget", "1GiB", "--max-extra-time", "1%"]
    expect("largest", fit([fixed], *options)["largest"], fit([RESNET], *options)["largest"])


def test_nothing_fits(tmp: Path) -> None:
    run = hcb("fit", *GPT2_STEP, "--largest", "batch", "--memory-budget", "700MiB")
    expect("code", run.code, 10)
    expect_in("text", "largest batch that fits 700 MiB: none, not even 1", run.out)
    expect_in("text", "proved not to fit", run.out)


def test_bad_input(tmp: Path) -> None:
    budget = ["--memory-budget", "8GiB"]
    expect_error(hcb("fit", RESNET, *budget), 2, "fit needs to know what to enlarge",
                 "add --largest DIM, such as --largest batch")  # fmt: skip
    expect_error(hcb("fit", RESNET, "--largest", "batch"), 2, "fit needs a memory budget",
                 "add --memory-budget SIZE, such as 24GiB")  # fmt: skip
    expect_error(hcb("fit", RESNET, "--largest", "batch", "--memory-budget", "60%"), 2,
                 "--memory-budget 60%: the peak grows with what is enlarged",
                 "give a size in bytes, such as 24GiB")  # fmt: skip
    expect_error(hcb("fit", *GPT2_STEP, "--largest", "seq", *budget), 2,
                 "'seq' is bound and to be enlarged", "leave out its --dim or --batch")  # fmt: skip
    expect_error(hcb("fit", RESNET, "--largest", "bach", *budget), 2,
                 f"{RESNET}: no symbolic dim 'bach', did you mean 'batch'?",
                 "the model's symbolic dims: batch")  # fmt: skip
    expect_error(hcb("fit", RESNET, "--largest", "batch", *budget, "--max-extra-time", "fast"), 2,
                 "--max-extra-time 'fast': expected a share of the step time",
                 "such as --max-extra-time 20%")  # fmt: skip
    expect_error(hcb("fit", "-", "--largest", "batch", *budget), 2,
                 "fit reads the model many times", "give a file, not standard input")  # fmt: skip


if __name__ == "__main__":
    main(globals())
