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

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from . import real
from .errors import ExportError
from .exporter import Exported, export_traced
from .trace import Step, Traced, build, trace


def export_step(factory: Callable, name: str = "step", train: bool = True,
                hold: bool = False) -> Exported:
    """The training step of what `factory` returns.

    train=False: the forward pass. hold: the caller keeps what the module returns.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    return export_traced(trace(build(factory, mode), mode, train, hold), name)


def from_module(module, args, kwargs=None, loss_fn=None, name="step", train=True,
                hold=False) -> Exported:
    """The same for a module that is there already; its weights are not read."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    return export_traced(trace(Step(module, args, kwargs or {}, loss_fn), mode, train, hold), name)


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
    parser.add_argument("--inputs", metavar="FILE", help="also write the inputs")
    parser.add_argument("--results", metavar="FILE", help="also run the step as eager does and "
                        "write loss, gradients and state after it")
    parser.add_argument("--seed", type=int, default=0, help="of the generator, before the factory "
                        "and again before the step of --results (default: 0)")
    parser.add_argument("--threads", type=int, metavar="N", help="of --results (default: torch's)")
    parser.add_argument("--forward", action="store_true", help="the forward pass only")
    parser.add_argument("--hold-outputs", action="store_true", help="what the module returns is "
                        "kept by the caller to the end of the step")
    return parser.parse_args(arguments)


def _export(options: argparse.Namespace) -> None:
    factory = load_factory(options.factory)
    exported = export_step(factory, options.factory.rpartition(":")[2], not options.forward,
                           options.hold_outputs)
    write_file(options.output, exported.data)
    if options.weights or options.inputs or options.results:
        run = real.build(factory, exported, options.seed)
        if options.weights:
            run.write_weights(options.weights)
        if options.inputs:
            run.write_inputs(options.inputs)
        if options.results:
            run.write_results(options.results, options.threads)
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
