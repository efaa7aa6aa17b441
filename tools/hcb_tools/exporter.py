"""A trace turned into a graph, node by node: what is parameter, input, constant, loss, gradient."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field

import torch
from torch._functorch._aot_autograd.descriptors import (
    BufferAOTInput,
    GradAOTOutput,
    InputMutationAOTOutput,
    ParamAOTInput,
    PlainAOTInput,
    PlainAOTOutput,
    TangentAOTInput,
)
from torch._subclasses.fake_tensor import FakeTensor

from . import held, schema
from .errors import ExportError
from .optimizer import Optimizer
from .trace import Step, Traced
from .writer import GraphWriter

_INLINE_BYTES = 1 << 16  # larger constants are in the file of weights only


@dataclass
class Exported:
    """A step as hcb.v1, and what to tell the person who asked for it."""

    graph: object  # hcb.v1.Graph
    data: bytes
    constants: dict[str, torch.Tensor] = field(default_factory=dict)  # those whose data is known
    held: dict[str, tuple] = field(default_factory=dict)  # name: (what holds it, held.Path)
    returned: list[int] = field(default_factory=list)  # value of every tensor the caller gets
    optimizer: Optimizer | None = None
    notes: list[str] = field(default_factory=list)


def raw_bytes(tensor: torch.Tensor) -> bytes:
    """The elements in row-major order."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


class Exporter:
    """Turns a trace into a graph, node by node."""

    def __init__(self, traced: Traced, name: str, optimizer: Optimizer | None):
        self.traced, self.writer, self.optimizer = traced, GraphWriter(name), optimizer
        self.gradients: list[tuple[int, int]] = []  # of parameters: (parameter, gradient)
        self.constants: dict[str, torch.Tensor] = {}
        self.held: dict[str, tuple] = {}
        self.places = _places(traced.step)
        self.returned: list[int] = []
        self.new_state: list[tuple] = []
        self.seen: dict[int, torch.fx.Node] = {}
        self.sources: dict[object, int] = {}  # resident that a description in the trace is about
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
            index = self.writer.resident(node, path, value, role, path in self.traced.trained)
        else:
            index = self.writer.resident(node, self.traced.inputs[position], value, "INPUT",
                                         self.traced.train and value.requires_grad)
        self.sources[about] = index

    def constant(self, node: torch.fx.Node) -> None:
        tensor = operator.attrgetter(node.target)(self.traced.owner)
        if id(tensor) in self.seen:  # read again under another name
            self.writer.rename_to(node, self.seen[id(tensor)])
            return
        self.seen[id(tensor)] = node
        if isinstance(tensor, torch.nn.Parameter):
            self.writer.resident(node, node.target, tensor, "PARAMETER", tensor.requires_grad)
            return
        place = self.places.get(id(tensor))
        data = tensor
        if isinstance(tensor, FakeTensor):
            with torch._C._DisableTorchDispatch():
                data = tensor.constant
        name = node.name if place is None else held.text(place[1]) or node.name
        if data is None and (place is None or place[0] == "loss_fn"):
            # Made in the factory, without data: an example, like an argument.
            index = self.writer.resident(node, name, tensor, "INPUT")
        else:
            small = data is not None and data.untyped_storage().nbytes() <= _INLINE_BYTES
            index = self.writer.resident(node, name, tensor, "CONSTANT",
                                         data=raw_bytes(data) if small else b"")
        name = self.writer.graph.values[index].name
        if data is not None:
            self.constants[name] = data
        elif place is not None:
            self.held[name] = place

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
        graph, ends = self.writer.graph, []
        for item, about in zip(items, abouts, strict=True):
            if not isinstance(item, torch.fx.Node):
                continue
            if isinstance(about, InputMutationAOTOutput):
                self.new_state.append((item, about.mutated_input))
                continue
            if isinstance(about, GradAOTOutput):
                ends.append(self.gradient(item, about.grad_of))
            elif self.traced.train and isinstance(about, PlainAOTOutput) and about.idx:
                self.returned.append(self.writer.read(item))
            else:
                ends.append(self.writer.read(item))
        if self.traced.train:
            graph.loss_plus_one = ends[0] + 1
        else:
            self.returned = ends
        graph.outputs.extend(dict.fromkeys(ends))
        graph.held.extend(i for i in dict.fromkeys(self.returned) if i not in graph.outputs)
        for item, source in self.new_state:
            self.writer.write_back(item, self.sources[source])
        if self.optimizer:
            graph.outputs[:] = [i for i in graph.outputs if i not in dict(self.gradients).values()]
            for parameter, gradient in self.gradients:
                self.update(parameter, gradient)

    def update(self, parameter: int, gradient: int) -> None:
        """The nodes that consume a gradient."""
        name, tensor = self.writer.graph.values[parameter].name, self.writer.tensor(parameter)
        with tensor.fake_mode:
            fakes = [torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device=t.device)
                     for t in (tensor, self.writer.tensor(gradient))]
            states = {n: self.optimizer.state_like(n, tensor) for n in self.optimizer.state_names()}
        graph = self.optimizer.trace_update([*fakes, *states.values()])
        nodes = iter(graph.find_nodes(op="placeholder"))
        for index, fake in zip((parameter, gradient), fakes, strict=True):
            self.writer.adopt(next(nodes), index, fake)
        for state, fake in states.items():
            self.writer.resident(next(nodes), f"{name}.{state}", fake, "OPTIMIZER_STATE")
        for node in [node for node in graph.nodes if node.op == "call_function"]:
            node.name = f"{name}.{node.name}"
            node.meta["partitioner_tag"] = "is_optimizer"
            node.meta["custom"] = {"module": f"(optimizer: {self.optimizer.kind})"}
            self.writer.call(node)

    def gradient(self, item: torch.fx.Node, of) -> int:
        index = self.writer.own_gradient(item, self.writer.read(item))
        source = self.sources[of]
        self.writer.rename(index, f"{self.writer.graph.values[source].name}.grad", "GRADIENT")
        self.writer.graph.values[index].gradient_of_plus_one = source + 1
        if isinstance(of, ParamAOTInput):
            self.gradients.append((source, index))
        return index


def _places(step: Step | None) -> dict[int, tuple]:
    """Where a tensor, by its id, is held: ("module" | "loss_fn", path)."""
    if step is None:
        return {}
    return {id(tensor): (name, path) for name, root in (("loss_fn", step.loss_fn),
                                                        ("module", step.module))
            for path, tensor in held.tensors(root)}


def export_traced(traced: Traced, name: str, optimizer: Optimizer | None = None) -> Exported:
    exporter = Exporter(traced, name, optimizer)
    exporter.writer.graph.composites = traced.composites
    exporter.run()
    writer = exporter.writer
    notes = _notes(traced, exporter)
    return Exported(writer.graph, writer.bytes(), exporter.constants, exporter.held,
                    exporter.returned, optimizer, notes)


def _notes(traced: Traced, exporter: Exporter) -> list[str]:
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
    apart = [value.name for value in exporter.writer.graph.values
             if value.role == schema.ROLE["CONSTANT"] and not value.data and 0 not in value.shape]
    if apart:
        notes.append(f"{len(apart)} tensor constants have their data in the file of --weights "
                     f"only: {', '.join(apart)}")
    return notes
