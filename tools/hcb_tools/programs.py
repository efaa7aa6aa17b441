"""Graphs that somebody else traced: torch.export programs and FX graphs, forward or joint.

They say in their own ways which input is a parameter and which output the gradient of what. Here
that becomes the descriptions that AOTAutograd leaves in `meta["desc"]`, and every tensor gets a
fake one again, since only a fresh propagation knows what shares storage.
"""

from __future__ import annotations

import operator

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
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx.passes.fake_tensor_prop import FakeTensorProp

from .errors import ExportError
from .trace import Traced

_GRADIENTS = ("GRADIENT_TO_PARAMETER", "GRADIENT_TO_USER_INPUT")
_MUTATIONS = ("BUFFER_MUTATION", "USER_INPUT_MUTATION", "PARAMETER_MUTATION")


def is_foreign(node: torch.fx.Node) -> bool:
    """No ATen call, and so no graph that can be taken as it is."""
    aten = isinstance(node.target, torch._ops.OpOverload) or node.target is operator.getitem
    return node.op in ("call_module", "call_method") or (node.op == "call_function" and not aten)


def is_joint_program(program) -> bool:
    return any(spec.kind.name in _GRADIENTS for spec in program.graph_signature.output_specs)


def joint_program(program) -> Traced:
    """A program of torch.export.experimental._export_forward_backward."""
    inputs, values, positions = {}, [], iter(range(len(program.graph_signature.input_specs)))
    flat = iter(torch.utils._pytree.tree_leaves(program.example_inputs))
    for spec in program.graph_signature.input_specs:
        kind = spec.kind.name
        if kind == "USER_INPUT":
            inputs[spec.arg.name] = PlainAOTInput(next(positions))
            values.append(next(flat))
        elif kind in ("PARAMETER", "BUFFER", "CONSTANT_TENSOR"):
            source = ParamAOTInput if kind == "PARAMETER" else BufferAOTInput
            inputs[spec.arg.name] = source(spec.target)
            held = program.constants if spec.target in program.constants else program.state_dict
            values.append(held[spec.target])
        else:
            raise ExportError(f"input {spec.arg.name} of the program is a {kind}, which hcb.v1 "
                              "cannot hold")
    by_target = {getattr(about, "target", name): about for name, about in inputs.items()}
    outputs = [_program_output(spec, by_target) for spec in program.graph_signature.output_specs]
    return _described(program.graph_module, list(inputs.values()), outputs, values)


def _program_output(spec, by_target):
    if spec.kind.name in _GRADIENTS:
        return GradAOTOutput(by_target[spec.target])
    if spec.kind.name in _MUTATIONS:
        return InputMutationAOTOutput(by_target[spec.target])
    return PlainAOTOutput(0)


def traced_graph(graph_module: torch.fx.GraphModule, example_inputs) -> Traced:
    """An FX graph of ATen calls; one with inputs called tangents_… or described so is joint."""
    placeholders = graph_module.graph.find_nodes(op="placeholder")
    rest = placeholders[len(example_inputs) :]  # tangents may be left out
    example_inputs = [*example_inputs, *(node.meta.get("val") for node in rest)]
    output = graph_module.graph.output_node()
    items = output.args[0] if isinstance(output.args[0], (tuple, list)) else [output.args[0]]
    abouts = [_input(i, node, example_inputs) for i, node in enumerate(placeholders)]
    if not any(isinstance(about, TangentAOTInput) for about in abouts):
        ends = [PlainAOTOutput(i) for i in range(len(items))]
        return _described(graph_module, abouts, ends, example_inputs)
    ends = output.meta.get("desc")
    if ends is None:
        primals = [about for about in abouts if not isinstance(about, TangentAOTInput)]
        forward = len(items) - len(primals)
        if forward < 1:
            raise ExportError(f"a joint graph returns its results and one gradient (or None) per "
                              f"input; this one has {len(items)} outputs for {len(primals)} inputs")
        ends = [PlainAOTOutput(i) for i in range(forward)] + [GradAOTOutput(p) for p in primals]
    else:
        own = {node.meta.get("desc"): about for node, about in zip(placeholders, abouts,
                                                                   strict=True)}
        ends = [_output(about, own) for about in ends]
    return _described(graph_module, abouts, ends, example_inputs)


def _input(position: int, node: torch.fx.Node, example_inputs):
    about = node.meta.get("desc")
    if isinstance(about, (ParamAOTInput, BufferAOTInput, TangentAOTInput)):
        return about
    if node.name.startswith("tangents_"):
        return TangentAOTInput(PlainAOTOutput(int(node.name.removeprefix("tangents_")) - 1))
    if isinstance(example_inputs[position], torch.nn.Parameter):
        return ParamAOTInput(str(node.target))
    return PlainAOTInput(position)


def _output(about, own: dict):
    if isinstance(about, GradAOTOutput):
        return GradAOTOutput(own[about.grad_of])
    if isinstance(about, InputMutationAOTOutput):
        return InputMutationAOTOutput(own[about.mutated_input])
    return about


def _described(graph_module, inputs: list, outputs: list, values) -> Traced:
    """The graph with fresh fake tensors, descriptions and phases."""
    graph = graph_module.graph
    mode = next((v.fake_mode for v in values if isinstance(v, FakeTensor)), None)
    mode = mode or FakeTensorMode(allow_non_fake_inputs=True)
    fakes = [_fake(value, mode) for value in values]
    placeholders = graph.find_nodes(op="placeholder")
    if len(fakes) != len(placeholders):
        raise ExportError(f"{len(fakes)} example inputs for {len(placeholders)} of the graph")
    FakeTensorProp(graph_module, mode).propagate_dont_convert_inputs(*fakes)
    for node, about in zip(placeholders, inputs, strict=True):
        node.meta["desc"] = about
    output = graph.output_node()
    output.meta["desc"] = outputs
    joint = any(isinstance(about, GradAOTOutput) for about in outputs)
    if joint:
        _mark_phases(graph, output, outputs)
    residents = {about.target: about.target for about in inputs if hasattr(about, "target")}
    names = {about.idx: node.name for node, about in zip(placeholders, inputs, strict=True)
             if isinstance(about, PlainAOTInput)}
    by_position = [names.get(i, "") for i in range(max(names, default=-1) + 1)]
    trained = {about.grad_of.target for about in outputs if isinstance(about, GradAOTOutput)
               and isinstance(about.grad_of, ParamAOTInput)}
    return Traced(graph, graph_module, residents, by_position, trained, 0, None, joint)


def _fake(value, mode: FakeTensorMode):
    if not isinstance(value, torch.Tensor) or isinstance(value, FakeTensor):
        return value
    return mode.from_tensor(value, static_shapes=True)


def _mark_phases(graph: torch.fx.Graph, output: torch.fx.Node, abouts: list) -> None:
    """Forward is what a result or new state needs, and the rest of what such a call returns."""
    if any("partitioner_tag" in node.meta for node in graph.nodes):
        return
    forward: set[torch.fx.Node] = set()
    queue = [item for item, about in zip(output.args[0], abouts, strict=True)
             if isinstance(item, torch.fx.Node) and not isinstance(about, GradAOTOutput)]
    while queue:
        node = queue.pop()
        if node not in forward:
            forward.add(node)
            queue.extend(node.all_input_nodes)
    for node in graph.nodes:
        if node.target is operator.getitem and node.args[0] in forward:
            forward.add(node)
        node.meta["partitioner_tag"] = "is_forward" if node in forward else "is_backward"
