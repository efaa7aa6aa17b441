"""hcb generate: every family through analyze, plan and check; the same bytes every time."""

from __future__ import annotations

import json
from pathlib import Path

from harness import FAMILIES, expect, expect_error, expect_in, hcb, main


def generate(path: Path, family: str, *options: object) -> str:
    run = hcb("generate", family, *options, "-o", path)
    expect(f"generate {family}", (run.code, run.err), (0, ""))
    return run.out


def fingerprint_in(text: str) -> str:
    return text.rsplit("fingerprint ", 1)[1].strip()


def test_every_family_is_analyzed_planned_and_checked(folder: Path) -> None:
    model, plan = folder / "graph.hcb", folder / "plan.json"
    for family in FAMILIES:
        made = generate(model, family, "--nodes", 40, "--training")
        expect(f"analyze {family}", hcb("analyze", model).code, 0)
        run = hcb("plan", model, "--block-size", "auto", "-o", plan)
        expect(f"plan {family}", (run.code, run.err), (0, ""))
        expect(f"check {family}", hcb("check", model, plan).code, 0)
        planned = json.loads(plan.read_text())["graph"]["fingerprint"]
        expect(f"fingerprint of {family}", planned, fingerprint_in(made))


def test_forward_graphs_are_planned_as_inference(folder: Path) -> None:
    model = folder / "graph.hcb"
    for family in FAMILIES:
        generate(model, family, "--nodes", 40)
        run = hcb("analyze", model)
        expect(f"analyze {family}", run.code, 0)
        expect_in(f"analyze {family}", "planned as inference", run.out)


def test_the_same_options_give_the_same_bytes(folder: Path) -> None:
    for family in FAMILIES:
        first, second = folder / "first.hcb", folder / "second.hcb"
        generate(first, family, "--nodes", 40, "--training")
        generate(second, family, "--nodes", 40, "--training")
        expect(f"bytes of {family}", first.read_bytes() == second.read_bytes(), True)


def test_json_is_what_convert_prints(folder: Path) -> None:
    generate(folder / "g.hcb", "random", "--seed", 5)
    generate(folder / "g.json", "random", "--seed", 5)
    shown = hcb("convert", folder / "g.hcb", "-o", "-").out
    expect("graph.json", (folder / "g.json").read_text(), shown)


def test_usage(folder: Path) -> None:
    expect_error(hcb("generate", "chain"), 2, "generate needs -o", "write -o graph.hcb")
    expect_error(
        hcb("generate", "chain", "-o", folder / "graph.onnx"),
        2,
        f"-o '{folder}/graph.onnx': the extension decides the form and is none of .hcb, .json",
        "write -o graph.hcb, or -o - for standard output",
    )
    expect_error(
        hcb("generate", "chain", "--nodes", "many", "-o", folder / "g.hcb"),
        2,
        "--nodes 'many': expected a whole number",
    )
    expect_error(
        hcb("generate", "chain", "--width", "3", "-o", folder / "g.hcb"),
        2,
        "--width: family 'chain' does not read it",
        "families that do: layered, series-parallel, u-net, transformer, dense, wide, adversarial",
    )
    expect("nothing is left behind", list(folder.iterdir()), [])


if __name__ == "__main__":
    main(globals())
