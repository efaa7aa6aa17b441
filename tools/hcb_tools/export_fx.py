"""Write the training step of a PyTorch module as hcb.v1, for `hcb analyze`, `plan` and `check`.

    python -m hcb_tools.export_fx module:factory -o step.hcb [--weights step.safetensors]

`factory()` returns (module, args[, kwargs][, loss_fn]); loss_fn takes what the module returns and
gives the loss, without it the loss is the sum of the floating outputs. The factory runs under fake
tensors: shapes only, no memory for weights. docs/exporting.md says what is recorded.
"""

from __future__ import annotations

import argparse
import importlib
import operator
import os
import pathlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch._functorch._aot_autograd.descriptors import (
    BufferAOTInput,
    GradAOTOutput,
    ParamAOTInput,
    PlainAOTInput,
    PlainAOTOutput,
    TangentAOTInput,
)
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from .errors import ExportError
from .trace import Step, Traced, build, step_of, trace
from .writer import GraphWriter


@dataclass
class Exported:
    """A step as hcb.v1, and what to tell the person who asked for it."""

    graph: object  # hcb.v1.Graph
    data: bytes
    constants: dict[str, torch.Tensor] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def export_step(factory: Callable, name: str = "step", train: bool = True) -> Exported:
    """The training step (train=False: the forward pass) of what `factory` returns."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    return export_traced(trace(build(factory, mode), mode, train), name)


def from_module(module, args, kwargs=None, loss_fn=None, name="step", train=True) -> Exported:
    """The same for a module that is there already; its weights are not read."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    return export_traced(trace(Step(module, args, kwargs or {}, loss_fn), mode, train), name)


def from_pytorch_fx(graph_module: torch.fx.GraphModule, example_inputs, name="graph") -> Exported:
    """An already traced graph of ATen calls, as it is: every placeholder an input."""
    if any(n.op == "call_module" or _is_foreign(n) for n in graph_module.graph.nodes):
        return from_module(graph_module, tuple(example_inputs), name=name, train=False)
    from torch.fx.passes.fake_tensor_prop import FakeTensorProp

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    fakes = [mode.from_tensor(t) if isinstance(t, torch.Tensor) else t for t in example_inputs]
    FakeTensorProp(graph_module, mode).propagate_dont_convert_inputs(*fakes)
    names = [n.name for n in graph_module.graph.find_nodes(op="placeholder")]
    return export_traced(Traced(graph_module.graph, graph_module, {}, names, set(), 0), name)


def _is_foreign(node: torch.fx.Node) -> bool:
    aten = isinstance(node.target, torch._ops.OpOverload) or node.target is operator.getitem
    return node.op == "call_method" or (node.op == "call_function" and not aten)


class _Exporter:
    """Turns a trace into a graph, node by node."""

    def __init__(self, traced: Traced, name: str):
        self.traced, self.writer = traced, GraphWriter(name)
        self.constants: dict[str, torch.Tensor] = {}
        self.seen: dict[int, torch.fx.Node] = {}
        self.tangents: dict[torch.fx.Node, int] = {}
        self.plain = iter(range(len(traced.inputs)))

    def run(self) -> None:
        placeholders = [n for n in self.traced.graph.nodes if n.op == "placeholder"]
        for node in placeholders:
            self.placeholder(node)
        for node in self.traced.graph.find_nodes(op="get_attr"):
            self.constant(node)
        for node in self.traced.graph.nodes:
            self.start_backward(node)
            if node.op == "call_function":
                (self.writer.item if node.target is operator.getitem else self.writer.call)(node)
        self.outputs(self.traced.graph.output_node())

    def placeholder(self, node: torch.fx.Node) -> None:
        value, about = node.meta.get("val"), node.meta.get("desc")
        if isinstance(about, TangentAOTInput):
            self.tangents[node] = about.output.idx
            return
        position = about.idx if isinstance(about, PlainAOTInput) else next(self.plain, 0)
        if not isinstance(value, torch.Tensor):
            if node.users:
                raise ExportError(f"input {node.name} is a {type(value).__name__} that the graph "
                                  "reads; give the exporter fixed numbers")
            return
        if isinstance(about, (ParamAOTInput, BufferAOTInput)):
            path = self.traced.residents[about.target]
            role = "PARAMETER" if isinstance(about, ParamAOTInput) else "BUFFER"
            self.writer.resident(node, path, value, role, path in self.traced.trained)
        else:
            self.writer.resident(node, self.traced.inputs[position], value, "INPUT")

    def constant(self, node: torch.fx.Node) -> None:
        tensor = operator.attrgetter(node.target)(self.traced.owner)
        if id(tensor) in self.seen:  # read again under another name
            self.writer.rename_to(node, self.seen[id(tensor)])
            return
        self.seen[id(tensor)] = node
        if isinstance(tensor, torch.nn.Parameter):
            self.writer.resident(node, node.target, tensor, "PARAMETER", tensor.requires_grad)
            return
        data = tensor
        if isinstance(tensor, FakeTensor):
            with torch._C._DisableTorchDispatch():
                data = tensor.constant
        # A fake tensor without data was made in the factory: example data, like an argument.
        self.writer.resident(node, node.name, tensor, "INPUT" if data is None else "CONSTANT")
        if data is not None:
            self.constants[node.name] = data

    def start_backward(self, node: torch.fx.Node) -> None:
        """What autograd starts with, a one of the loss's shape, is made where it is first read."""
        for tangent in [t for t in self.tangents if node in t.users and node.op != "output"]:
            loss = self._loss_node(self.tangents.pop(tangent))
            with tangent.graph.inserting_before(node):
                ones = tangent.graph.call_function(torch.ops.aten.ones_like.default, (loss,))
            ones.meta = {"val": tangent.meta["val"], "partitioner_tag": "is_backward"}
            tangent.replace_all_uses_with(ones)
            self.writer.call(ones)

    def _loss_node(self, position: int) -> torch.fx.Node:
        output = self.traced.graph.output_node()
        for item, about in zip(output.args[0], output.meta["desc"], strict=True):
            if isinstance(about, PlainAOTOutput) and about.idx == position:
                return item
        raise ExportError("the trace has a tangent of an output that is not there")

    def outputs(self, output: torch.fx.Node) -> None:
        items = output.args[0] if isinstance(output.args[0], (tuple, list)) else [output.args[0]]
        abouts = output.meta.get("desc") or [None] * len(items)
        ends = []
        for item, about in zip(items, abouts, strict=True):
            if not isinstance(item, torch.fx.Node) or hasattr(about, "mutated_input"):
                continue
            if isinstance(about, GradAOTOutput):
                ends.append(self.gradient(item, about.grad_of))
            else:
                ends.append(self.writer.read(item))
        self.writer.graph.outputs.extend(dict.fromkeys(ends))

    def gradient(self, item: torch.fx.Node, of) -> int:
        index = self.writer.read(item)
        if not isinstance(of, ParamAOTInput):
            return index
        path = self.traced.residents[of.target]
        index = self.writer.own_gradient(item, index)
        self.writer.rename(index, f"{path}.grad", "GRADIENT")
        return index


def export_traced(traced: Traced, name: str) -> Exported:
    exporter = _Exporter(traced, name)
    exporter.run()
    writer = exporter.writer
    notes = _notes(traced, exporter)
    return Exported(writer.graph, writer.bytes(), exporter.constants, notes)


def _notes(traced: Traced, exporter: _Exporter) -> list[str]:
    notes = []
    names = {value.name for value in exporter.writer.graph.values}
    without = sorted(p for p in traced.trained if f"{p}.grad" not in names)
    if without:
        notes.append(f"no gradient reaches: {', '.join(without)}")
    if traced.checkpoints:
        notes.append(f"{traced.checkpoints} torch.utils.checkpoint regions are ignored: the graph "
                     "is the step without them, and hcb plans what is computed again")
    if exporter.writer.zero_bytes:
        notes.append("0 bytes under fake tensors, the real size needs a profile: "
                     + ", ".join(exporter.writer.zero_bytes))
    if exporter.constants:
        notes.append(f"{len(exporter.constants)} tensor constants: their data is written with "
                     "--weights")
    return notes


# -------------------------------------------------------------------------------------------------
# Command line


def load_factory(spec: str) -> Callable:
    """The factory that "package.module:name" or "path/file.py:name" names."""
    place, _, name = spec.rpartition(":")
    if not place:
        raise ExportError(f"'{spec}' names no factory: write module:factory")
    path = pathlib.Path(place)
    sys.path.insert(0, str(path.parent) if path.suffix == ".py" else os.getcwd())
    module_name = path.stem if path.suffix == ".py" else place
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and module_name.startswith(error.name):
            raise ExportError(f"no module '{place}' to take the factory from") from None
        raise
    if not callable(getattr(module, name, None)):
        raise ExportError(f"module '{place}' has no function '{name}'")
    return getattr(module, name)


def write_weights(factory: Callable, constants: dict[str, torch.Tensor], path: str) -> None:
    """Runs the factory for real and writes parameters, buffers and constants by name."""
    from safetensors.torch import save_file

    module = step_of(factory()).module
    named = [*module.named_parameters(), *module.named_buffers(), *constants.items()]
    with torch.no_grad():
        save_file({name: tensor.detach().clone(memory_format=torch.contiguous_format)
                   for name, tensor in named}, path)


def write_file(path: str, data: bytes) -> None:
    """The whole file or nothing of it."""
    temporary = pathlib.Path(f"{path}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def summary(exported: Exported, path: str) -> str:
    graph = exported.graph
    roles = [value.role for value in graph.values]
    return (f"{path}: {len(graph.nodes)} nodes, {roles.count(1)} parameters, "
            f"{roles.count(8)} gradients, {len(exported.data)} bytes")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="hcb-export-fx", description=__doc__.splitlines()[0],
        epilog="factory() returns (module, args[, kwargs][, loss_fn])")
    parser.add_argument("factory", metavar="MODULE:FACTORY")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument("--weights", metavar="FILE", help="also write parameters, buffers and "
                        "constants as safetensors (runs the factory for real)")
    parser.add_argument("--seed", type=int, default=0, help="of the weights (default: 0)")
    parser.add_argument("--forward", action="store_true", help="the forward pass only")
    return parser.parse_args(arguments)


def _export(options: argparse.Namespace) -> None:
    factory = load_factory(options.factory)
    exported = export_step(factory, options.factory.rpartition(":")[2], not options.forward)
    write_file(options.output, exported.data)
    if options.weights:
        torch.manual_seed(options.seed)
        write_weights(factory, exported.constants, options.weights)
    for note in exported.notes:
        print(f"note: {note}", file=sys.stderr)
    print(summary(exported, options.output))


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    try:
        _export(options)
    except ExportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(main())
