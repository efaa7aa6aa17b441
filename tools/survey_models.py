#!/usr/bin/env python3
"""Say what `hcb` makes of the models of model_zoo.py, beside what PyTorch says of them.

    tools/setup torch
    python tools/survey_models.py --hcb build/release/bin/hcb                # the table, on stdout
    python tools/survey_models.py --hcb build/release/bin/hcb --write        # docs/models.md
    python tools/survey_models.py --tested                                   # tests/data/zoo

Every model is exported with its structure alone: by torch.onnx.export(dynamo=True), where that
fails by the older exporter. Then `hcb` analyzes it, and numbers of PyTorch stand beside its own:

- parameters: of the module, tied ones once, those that an output depends on;
- FLOPs: torch.utils.flop_counter counts matrix products, convolutions and attention of one forward.
  Compared are those of the same ops in the forward graph of `hcb`; it also counts biases.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass

import make_examples
import onnx
import onnx_ir as ir
import torch
from make_examples import ROOT, Source
from model_zoo import ZOO, Entry
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

PAGE = ROOT / "docs" / "models.md"
TESTED = ROOT / "tests" / "data" / "zoo"
TARGET_BYTES = 30_000  # of a file in TESTED

PRODUCTS = {
    "Attention",
    "Conv",
    "ConvTranspose",
    "DeformConv",
    "Einsum",
    "GRU",
    "Gemm",
    "LSTM",
    "MatMul",
    "RNN",
}

# Where a file does not say what a parameter is: how many more elements `hcb` takes for parameters.
DIFFERENCES = {
    "clip_tiny": (-1, "a scalar, logit_scale"),
    "dit_tiny": (4_160, "the table of positions, and a scale of ones where LayerNorm has none"),
    "mamba_tiny": (4_096, "the zeros that the scan of each block starts from"),
}

HEAD = """# Models

What `hcb` makes of models as people bring them. Written by `python tools/survey_models.py --write`.
Configurations are in `tools/model_zoo.py`; batch 2 (detectors 1), weights seeded, float32.

- *nodes*: of the file.
- *parameters*: `=` where PyTorch's module has as many, tied ones once, those that outputs depend
  on. `--freeze` and `--train` settle what a file does not say.
- *peak*: of the training step, everything kept, 512-byte granularity.
- *default*: nodes by default rule, that is without a row in the op table ([ops.md](ops.md)).
- *products*: FLOPs of matrix products, convolutions and attention in one forward, and by how much
  `torch.utils.flop_counter` counts other than `hcb`; the difference is biases, cells of
  recurrent layers, and what the exporter merges because blocks compute it alike (DiT).
- *all*: FLOPs of all ops of the forward; no counter of PyTorch counts the pointwise rest.
"""


@dataclass(frozen=True)
class Exported:
    proto: onnx.ModelProto
    exporter: str


def export_older(source: Source) -> tuple[ir.Model, set[str]]:
    """By the exporter that traces. It folds nothing, so parameters keep their names."""
    data = io.BytesIO()
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(
            source.module.eval(),
            tuple(source.inputs.values()),
            data,
            input_names=list(source.inputs),
            do_constant_folding=False,
            opset_version=17,
            dynamo=False,
        )
    model = ir.serde.deserialize_model(onnx.load_from_string(data.getvalue()))
    state = {*dict(source.module.named_parameters()), *dict(source.module.named_buffers())}
    return model, state & set(model.graph.initializers)


def export(entry: Entry, source: Source, limit: int) -> Exported:
    """The structure of the model; raises what the older exporter raises if neither can."""
    exporter = "dynamo"
    try:
        model, state = make_examples.export(source)
        make_examples.optimize_structure(model, state, source.outputs)
        make_examples.name_nodes(model.graph)
    except Exception:
        exporter = "older"
        model, state = export_older(source)
    make_examples.drop_data(model, state, f"{entry.name}.onnx.data")
    model.graph.name = entry.name
    return Exported(make_examples.fit(ir.to_proto(model), limit), exporter)


def parameter_count(source: Source) -> int:
    """Of those that an output depends on: heads for training alone are no part of the export.

    Frozen ones count, since a file does not say which they are.
    """
    source.module.requires_grad_()
    made = source.module.eval()(**source.inputs)
    outputs = made.values() if isinstance(made, dict) else made
    outputs = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
    parameters = list(source.module.parameters())
    total = sum(output.sum() for output in outputs[: source.outputs])
    gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    return sum(p.numel() for p, g in zip(parameters, gradients, strict=True) if g is not None)


def counted_flops(source: Source) -> int:
    """Of one forward, without the fused kernels that count as nothing."""
    torch.backends.mha.set_fastpath_enabled(False)
    with (
        torch.no_grad(),
        torch.backends.mkldnn.flags(enabled=False),
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False) as counter,
    ):
        source.module.eval()(**source.inputs)
    return counter.get_total_flops()


class Refused(Exception):
    """The message of `hcb`."""


def run(hcb: str, *arguments: object) -> bytes:
    done = subprocess.run([hcb, *map(str, arguments)], capture_output=True, check=False)
    if done.returncode != 0:
        message = done.stderr.decode().splitlines()[0]
        raise Refused(message.split(".onnx: ", 1)[-1])
    return done.stdout


@dataclass(frozen=True)
class Finding:
    """What `hcb` says of a file."""

    nodes: int
    parameters: int
    peak: int
    default: int
    uncounted: list[str]
    products: int
    flops: int


def flops_of(graph: dict, ops: Iterable[str] | None = None) -> int:
    nodes = (node for node in graph["nodes"] if ops is None or node["op"] in ops)
    return sum(int(node.get("cost", {}).get("flops", 0)) for node in nodes)


def ask(hcb: str, path: pathlib.Path) -> Finding:
    analysis = json.loads(run(hcb, "analyze", path, "--format", "json"))
    graph = json.loads(run(hcb, "convert", path, "--inference", "-o", "-"))
    estimates = analysis["estimates"]
    return Finding(
        nodes=analysis["model"]["nodes"],
        parameters=analysis["model"]["parameters"],
        peak=analysis["base"]["peak"],
        default=sum(op["nodes"] for op in estimates["default_rule_ops"]),
        uncounted=[note for note in analysis["notes"] if note.startswith("no formula")],
        products=flops_of(graph, PRODUCTS),
        flops=flops_of(graph),
    )


def cells(words: Iterable[object]) -> str:
    return "| " + " | ".join(map(str, words)) + " |\n"


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:+.2f} %" if whole else "-"


def agreement(name: str, difference: int) -> str:
    if difference == 0:
        return "="
    named, reason = DIFFERENCES.get(name, (None, ""))
    return f"({difference:+,}: {reason if named == difference else 'unexplained'})"


def row(entry: Entry, hcb: str, folder: pathlib.Path) -> str:
    torch.manual_seed(0)
    source = entry.build()
    path = folder / f"{entry.name}.onnx"
    try:
        exported = export(entry, source, limit=10**9)
        path.write_bytes(exported.proto.SerializeToString(deterministic=True))
        found = ask(hcb, path)
    except Refused as refusal:
        return cells([entry.name, exported.exporter, f"refused: {refusal}", *[""] * 6])
    except Exception as problem:
        return cells([entry.name, "none", f"no export: {type(problem).__name__}", *[""] * 6])
    parameters = parameter_count(source)
    counted = counted_flops(source)
    return cells(
        [
            entry.name,
            exported.exporter,
            found.nodes,
            f"{found.parameters:,} {agreement(entry.name, found.parameters - parameters)}",
            f"{found.peak / 2**20:,.1f} MiB",
            found.default,
            f"{found.products:,}",
            percent(counted - found.products, found.products),
            f"{found.flops:,}",
        ]
    )


def table(entries: Iterable[Entry], hcb: str, folder: pathlib.Path) -> Iterable[str]:
    columns = ["model", "exporter", "nodes", "parameters", "peak", "default", "products", "", "all"]
    group = None
    for entry in entries:
        if entry.group != group:
            group = entry.group
            yield f"\n## {group.capitalize()}\n\n" + cells(columns) + cells(["---"] * len(columns))
        yield row(entry, hcb, folder)


def write_tested() -> None:
    TESTED.mkdir(parents=True, exist_ok=True)
    for entry in (entry for entry in ZOO.values() if entry.tested):
        torch.manual_seed(0)
        proto = export(entry, entry.build(), TARGET_BYTES).proto
        data = proto.SerializeToString(deterministic=True)
        (TESTED / f"{entry.name}.onnx").write_bytes(data)
        print(f"{entry.name}: {len(data):,} bytes")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="some of the models; default: all")
    parser.add_argument("--hcb", default="hcb", help="the program; default: the one on the path")
    parser.add_argument("--to", type=pathlib.Path, help="keep the exported files in this folder")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    parser.add_argument("--tested", action="store_true", help="write tests/data/zoo instead")
    options = parser.parse_args(arguments)
    make_examples.quiet()
    if options.tested:
        write_tested()
        return 0
    if unknown := sorted(set(options.names) - set(ZOO)):
        parser.error(f"no model called {', '.join(unknown)}; there are {', '.join(ZOO)}")
    entries = [ZOO[name] for name in options.names or ZOO]
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.to or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        parts = [HEAD]
        for part in table(entries, options.hcb, folder):
            parts.append(part)
            print(part, end="", flush=True)
    if options.write:
        PAGE.write_text("".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
