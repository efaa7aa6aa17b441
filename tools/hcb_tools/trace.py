"""A module and a loss, traced as one step under fake tensors: no weight is ever materialised."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest import mock

import torch
from torch import nn
from torch._functorch.aot_autograd import aot_export_joint_with_descriptors
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
    UnsupportedFakeTensorException,
)
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode
from torch.utils import _pytree as pytree

from .eager import SourceLines, as_eager, module_paths, without_checkpoints
from .errors import ExportError

_DATA_DEPENDENT = (
    DataDependentOutputException,
    DynamicOutputShapeException,
    GuardOnDataDependentSymNode,
)
NO_LOSS = "(loss: sum of the floating outputs)"


@dataclass
class Step:
    """What a factory returns."""

    module: nn.Module
    args: tuple
    kwargs: dict = field(default_factory=dict)
    loss_fn: Callable | None = None


@dataclass
class Traced:
    graph: torch.fx.Graph
    owner: nn.Module  # holds what get_attr nodes name
    residents: dict[str, str]  # name in the trace: name in the module
    inputs: list[str]  # names of the flat inputs
    trained: set[str]
    checkpoints: int
    step: Step | None = None
    train: bool = False  # first output: the loss
    composites: str = ""


def step_of(result) -> Step:
    """(module, args[, kwargs][, loss_fn]) as a Step."""
    parts = list(result) if isinstance(result, (tuple, list)) else []
    if not parts or not isinstance(parts[0], nn.Module) or len(parts) < 2:
        raise ExportError("a factory returns (module, args[, kwargs][, loss_fn]); "
                          f"this one returned {type(result).__name__}")
    step = Step(parts[0], parts[1] if isinstance(parts[1], tuple) else (parts[1],))
    for part in parts[2:]:
        if isinstance(part, dict):
            step.kwargs = part
        elif callable(part):
            step.loss_fn = part
        else:
            raise ExportError("a factory returns (module, args[, kwargs][, loss_fn]); "
                              f"a {type(part).__name__} is neither kwargs nor loss_fn")
    return step


def build(factory: Callable, mode: FakeTensorMode) -> Step:
    """Runs the factory under fake tensors; .to() and .bfloat16() then replace parameters."""
    with mode, mock.patch.object(nn.Module, "_apply", _replacing_apply()):
        return step_of(factory())


def _replacing_apply():
    """Module._apply for fake tensors, which torch can neither swap nor assign to.

    A parameter that several modules own stays one.
    """
    made: dict[int, tuple] = {}  # id of the old: (the old, kept alive; the new; fn)

    def replaced(tensor, fn, wrap):
        known = made.get(id(tensor))
        if known is None or known[2] is not fn:
            with torch.no_grad():
                known = made[id(tensor)] = (tensor, wrap(fn(tensor)), fn)
        return known[1]

    def apply(module, fn, recurse=True):
        for child in module.children() if recurse else ():
            child._apply(fn)
        for name, parameter in module._parameters.items():
            if parameter is not None:
                grad = parameter.requires_grad
                module._parameters[name] = replaced(
                    parameter, fn, lambda new, grad=grad: nn.Parameter(new, grad))
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = replaced(buffer, fn, lambda new: new)
        return module

    return apply


def tensors_in(outputs) -> list[torch.Tensor]:
    return [leaf for leaf in pytree.tree_leaves(outputs) if isinstance(leaf, torch.Tensor)]


def sum_of_floating(outputs) -> torch.Tensor:
    leaves = [leaf for leaf in tensors_in(outputs) if leaf.is_floating_point()]
    if not leaves:
        raise ExportError("the module returns no floating-point tensor: give a loss_fn")
    total = None
    for leaf in leaves:
        part = leaf.sum() if leaf.dim() else leaf
        total = part if total is None else total + part
    return total


class _Call(nn.Module):
    """Module and loss in one call; refuses state that is replaced instead of overwritten."""

    def __init__(self, step: Step, train: bool, hold: bool):
        super().__init__()
        self.model, self._loss_fn, self._train = step.module, step.loss_fn, train
        self._hold = hold

    def forward(self, *args, **kwargs):
        before = dict(self.model.named_buffers())
        outputs = self.model(*args, **kwargs)
        for name, buffer in self.model.named_buffers():
            if before.get(name) is not buffer:
                raise ExportError(f"buffer {name} is replaced in forward; overwrite it in place "
                                  "(buffer.copy_(…)), else the step cannot keep its new value")
        if not self._train:
            return outputs
        kept = tensors_in(outputs) if self._hold else []
        return (self._loss(outputs), *(tensor.detach() for tensor in kept))

    def _loss(self, outputs) -> torch.Tensor:
        note = "(loss)" if self._loss_fn else NO_LOSS
        with torch.fx.traceback.annotate({"module": note}):
            loss = (self._loss_fn or sum_of_floating)(outputs)
        if not isinstance(loss, torch.Tensor) or loss.dim():
            raise ExportError("loss_fn must return a tensor without dimensions")
        return loss


class _Unique(nn.Module):
    """Owns every parameter and buffer once, so that a tied weight has one gradient."""

    def __init__(self, step: Step, mode: FakeTensorMode, train: bool, hold: bool):
        super().__init__()
        self._call = [_Call(step, train, hold)]  # in a list: not a submodule
        self.names: dict[str, str] = {}
        self.regions = [0]  # of torch.utils.checkpoint, seen in one run
        fakes: dict[str, torch.Tensor] = {}
        for kind, named in (("p", step.module.named_parameters), ("b", step.module.named_buffers)):
            for number, (path, tensor) in enumerate(named()):
                name = f"{kind}{number}"
                self.names[name], fake = path, _fake(tensor, mode)
                if kind == "p":
                    self._parameters[name] = fake.requires_grad_(tensor.requires_grad and train)
                else:
                    self._buffers[name] = fake
                fakes[name] = fake

    def forward(self, *args, **kwargs):
        self.regions[0] = 0
        own = {**self._parameters, **self._buffers}
        given = {f"model.{self.names[name]}": tensor for name, tensor in own.items()}
        with SourceLines():
            return torch.func.functional_call(self._call[0], given, args, kwargs, tie_weights=True)


def _fake(tensor: torch.Tensor, mode: FakeTensorMode) -> torch.Tensor:
    if isinstance(tensor, FakeTensor):
        return tensor
    fake = mode.from_tensor(tensor, static_shapes=True)
    return nn.Parameter(fake, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else fake


def input_names(step: Step) -> list[str]:
    """One name per flat input, after the parameters of forward."""
    try:
        names = [p.name for p in inspect.signature(step.module.forward).parameters.values()
                 if p.kind is not p.VAR_KEYWORD and p.kind is not p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        names = []
    flat = []
    for path, _ in pytree.tree_flatten_with_path((step.args, step.kwargs))[0]:
        root = path[1].key if path[0].idx else path[1].idx
        if isinstance(root, int):
            root = names[root] if root < len(names) else f"input_{root}"
        flat.append(root + pytree.keystr(path[2:]))
    return flat


def _check_batch_norms(module: nn.Module, called: set[str], mutated: set[str]) -> None:
    """The schema of BatchNorm hides its writes: make sure the trace saw them."""
    for path, child in module.named_modules():
        if not isinstance(child, nn.modules.batchnorm._BatchNorm) or path not in called:
            continue
        if child.training and child.track_running_stats:
            missing = {f"{path}.{name}" for name, _ in child.named_buffers()} - mutated
            if missing:
                raise ExportError(f"the trace lost the update of {', '.join(sorted(missing))}; "
                                  f"torch {torch.__version__} is not supported")


def _mutated(graph: torch.fx.Graph, names: dict[str, str]) -> set[str]:
    descriptions = graph.output_node().meta["desc"]
    inputs = [getattr(d, "mutated_input", None) for d in descriptions]
    return {names[i.target] for i in inputs if getattr(i, "target", None) in names}


COMPOSITES = ("eager", "decomposed")


def trace(step: Step, mode: FakeTensorMode, train: bool = True, hold: bool = False,
          composites: str = "eager") -> Traced:
    with mode:
        whole = _Unique(step, mode, train, hold)
        args, kwargs = pytree.tree_map_only(
            torch.Tensor, lambda t: _fake(t, mode), (step.args, step.kwargs))
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        called = stack.enter_context(module_paths(step.module))
        whole.regions = stack.enter_context(without_checkpoints())
        if composites == "eager":
            stack.enter_context(as_eager())
        stack.enter_context(torch.fx.traceback.preserve_node_meta())
        stack.enter_context(torch.set_grad_enabled(train))
        # A fake tensor that a loss_fn holds is example data here, no forgotten weight.
        stack.enter_context(mock.patch(
            "torch._dynamo.utils.assert_no_fake_params_or_buffers", lambda _: None))
        joint = _joint(stack, whole, args, kwargs)
        graph = joint.graph_module.graph
    _check_batch_norms(step.module, called, _mutated(graph, whole.names))
    trained = {whole.names[n] for n, p in whole._parameters.items() if p.requires_grad}
    return Traced(graph, joint.graph_module, whole.names, input_names(step), trained,
                  whole.regions[0], step, train, composites)


def _joint(stack, whole, args, kwargs):
    try:
        return aot_export_joint_with_descriptors(
            stack, whole, args, kwargs, decompositions=None, disable_functionalization=True)
    except ExportError:
        raise
    except _DATA_DEPENDENT as error:
        raise ExportError(f"the step depends on the data of a tensor ({_line(error)}): a shape, a "
                          "branch or .item(); keep that out of the step") from error
    except UnsupportedFakeTensorException as error:
        raise ExportError(f"no fake tensor for this step: {_line(error)}") from error


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
