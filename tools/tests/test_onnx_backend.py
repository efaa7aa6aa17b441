"""The test models of the onnx package through `hcb analyze`: no op is planned by the default rule.

A node test feeds its floating inputs; here they are weights, so that the node gets a backward. One
model of each op in every run, all of them (about two minutes) with pytest --slow. Takes the hcb of
$HCB, or that of the preset release. Needs the environment of `tools/setup torch`.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import onnx
import pytest
from onnx.backend.test.case.node import collect_testcases

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HCB = pathlib.Path(os.environ.get("HCB", ROOT / "build" / "release" / "bin" / "hcb"))
DATA = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data"
FLOATS = {getattr(onnx.TensorProto, name) for name in ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")}

# What a plan cannot be made for, in the words of the refusal.
REFUSALS = re.compile(
    r"is not a tensor|is a sequence, map, optional or sparse tensor|without a fixed size \(string\)"
    r"|the shape of .* is unknown|depends on more than shapes|dims without a size"
)
# Ops whose models are all refused: no value of theirs has a size before it exists.
UNSIZED = {
    "ConcatFromSequence",
    "LabelEncoder",
    "Optional",
    "OptionalGetElement",
    "RegexFullMatch",
    "SequenceAt",
    "SequenceConstruct",
    "SequenceEmpty",
    "SequenceErase",
    "SequenceInsert",
    "SequenceLength",
    "SequenceMap",
    "SplitToSequence",
    "StringConcat",
    "StringNormalizer",
    "StringSplit",
}

pytestmark = pytest.mark.skipif(not HCB.exists(), reason="hcb is not built")


@dataclass(frozen=True)
class Finding:
    name: str
    ops: list[str]
    trained: bool
    refusal: str | None
    default: list[str]


def models() -> dict[str, onnx.ModelProto]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {case.name: case.model for case in collect_testcases(None)}
    for kind in ("pytorch-operator", "pytorch-converted", "simple"):
        for path in sorted((DATA / kind).glob("*/model.onnx")):
            found[f"{kind}-{path.parent.name}"] = onnx.load(path)
    return found


def with_weights(model: onnx.ModelProto) -> tuple[onnx.ModelProto, list[str]]:
    """The model with its floating inputs as initializers without data, and their names."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    there = {tensor.name for tensor in graph.initializer}
    kept, names = [], []
    for value in graph.input:
        tensor = value.type.tensor_type
        fixed = all(dim.HasField("dim_value") for dim in tensor.shape.dim)
        if value.name in there or tensor.elem_type not in FLOATS or not fixed:
            kept.append(value)
            continue
        weight = graph.initializer.add(name=value.name, data_type=tensor.elem_type)
        weight.dims.extend(dim.dim_value for dim in tensor.shape.dim)
        weight.data_location = onnx.TensorProto.EXTERNAL
        weight.external_data.add(key="location", value="weights.data")
        names.append(value.name)
    del graph.input[:]
    graph.input.extend(kept)
    return copy, names


def analyze(path: pathlib.Path, *options: str) -> tuple[dict | None, str]:
    command = [HCB, "analyze", path, "--format", "json", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    folded = run.returncode == 2 and "has no floating-point constant of that name" in run.stderr
    assert folded or run.returncode in (0, 3), f"{path.name}: {run.returncode} {run.stderr}"
    return (json.loads(run.stdout), "") if run.returncode == 0 else (None, run.stderr)


def default_ops(report: dict) -> list[str]:
    return [op["op"] for op in report["estimates"]["default_rule_ops"]]


def examine(name: str, model: onnx.ModelProto, folder: pathlib.Path) -> Finding:
    ops = sorted({node.op_type for node in model.graph.node})
    path = folder / f"{name}.onnx"
    weighted, names = with_weights(model)
    if names:
        path.write_bytes(weighted.SerializeToString())
        train = [word for weight in names for word in ("--train", re.escape(weight))]
        report, _ = analyze(path, *train)
        if report:
            return Finding(name, ops, True, None, default_ops(report))
    path.write_bytes(model.SerializeToString())
    report, error = analyze(path, "--inference")
    if report:
        return Finding(name, ops, False, None, default_ops(report))
    return Finding(name, ops, False, error.splitlines()[0], [])


def examine_all(chosen: dict[str, onnx.ModelProto], folder: pathlib.Path) -> list[Finding]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda item: examine(*item, folder), chosen.items()))


def one_of_each(found: dict[str, onnx.ModelProto]) -> dict[str, onnx.ModelProto]:
    chosen: dict[str, str] = {}
    for name, model in found.items():
        if len(model.graph.node) == 1:
            chosen.setdefault(model.graph.node[0].op_type, name)
    return {name: found[name] for name in chosen.values()}


def check(findings: list[Finding]) -> None:
    assert {f.name: f.default for f in findings if f.default} == {}
    unnamed = {f.name: f.refusal for f in findings if f.refusal and not REFUSALS.search(f.refusal)}
    assert unnamed == {}


def test_one_model_of_each_op(tmp_path):
    findings = examine_all(one_of_each(models()), tmp_path)
    assert len(findings) > 180
    check(findings)


def differentiable() -> set[str]:
    """The ops of the main domain with a gradient, by the page that the table writes."""
    page = (ROOT / "docs" / "ops.md").read_text().split("\n## ")[1]
    rows = [[cell.strip() for cell in row.split(" | ")] for row in page.splitlines()[4:]]
    return {row[0].removeprefix("| ") for row in rows if row[2] != "none" and "::" not in row[0]}


@pytest.mark.slow
def test_every_model(tmp_path):
    findings = examine_all(models(), tmp_path)
    assert len(findings) > 1900
    check(findings)
    read = {op for f in findings if not f.refusal for op in f.ops}
    assert {op for f in findings for op in f.ops} - read <= UNSIZED
    trained = {op for f in findings if f.trained and len(f.ops) == 1 for op in f.ops}
    # That package has no model of these with a floating weight.
    assert differentiable() - trained <= {"GlobalLpPool", "If", "MaxRoiPool", "Trilu"}
