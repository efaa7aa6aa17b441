"""Write the training step of a PyTorch module as hcb.v1, for `hcb analyze`, `plan` and `check`.

    python -m hcb_tools.export_fx module:factory -o step.hcb [--weights step.safetensors]

`factory()` returns (module, args[, kwargs][, loss_fn]); loss_fn takes what the module returns and
gives the loss, without it the loss is the sum of the floating outputs. The factory runs under fake
tensors: shapes only, no memory for weights. docs/exporting.md says what is recorded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from . import optimizer as optimizers
from . import programs, real
from .errors import ExportError, exit_code
from .exporter import Exported, export_traced
from .files import load_factory, summary, write_file
from .optimizer import Optimizer
from .trace import COMPOSITES, Step, build, trace


def export_step(factory: Callable, name: str = "step", train: bool = True, hold: bool = False,
                optimizer: Optimizer | None = None, composites: str = "eager") -> Exported:
    """The training step of what `factory` returns.

    train=False: the forward pass. hold: the caller keeps what the module returns. optimizer: the
    update is part of the step (optimizer.parse). composites: as eager runs them, or "decomposed" as
    PyTorch's compiler does.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    traced = trace(build(factory, mode), mode, train, hold, composites)
    return export_traced(traced, name, optimizer)


def from_module(module, args, kwargs=None, loss_fn=None, name="step", train=True, hold=False,
                optimizer: Optimizer | None = None, composites: str = "eager") -> Exported:
    """The same for a module that is there already; its weights are not read."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    step = Step(module, args, kwargs or {}, loss_fn)
    return export_traced(trace(step, mode, train, hold, composites), name, optimizer)


def from_pytorch_fx(graph_module: torch.fx.GraphModule, example_inputs, name="graph") -> Exported:
    """An already traced graph.

    Of ATen calls alone: as it is. A joint one is known by its descriptions (`meta["desc"]`) or by
    inputs called tangents_1, …; it returns its results and then one gradient, or None, per input.
    What is an nn.Parameter among the example inputs is a parameter. Of anything else: traced again,
    as a forward pass.
    """
    if any(programs.is_foreign(node) for node in graph_module.graph.nodes):
        return from_module(graph_module, tuple(example_inputs), name=name, train=False)
    return export_traced(programs.traced_graph(graph_module, example_inputs), name)


def from_exported_program(program: torch.export.ExportedProgram, loss_fn=None, name="program",
                          train=True, hold=False) -> Exported:
    """A program of torch.export: its step as eager runs it, or as it is if it has gradients."""
    if programs.is_joint_program(program):
        return export_traced(programs.joint_program(program), name)
    if program.example_inputs is None:
        raise ExportError("the program has no example inputs, which fix its shapes")
    args, kwargs = program.example_inputs
    return from_module(program.module(check_guards=False), args, kwargs, loss_fn, name, train, hold)


# -------------------------------------------------------------------------------------------------
# Command line


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
    parser.add_argument("--composites", choices=COMPOSITES, default="eager", help="how composite "
                        "operators are traced (default: eager)")
    parser.add_argument("--optimizer", metavar="KIND[:OPTION=N,…]", help="also update the "
                        "parameters: sgd, adam or adamw, as adamw:lr=3e-4,weight_decay=0.1")
    parser.add_argument("--hold-outputs", action="store_true", help="what the module returns is "
                        "kept by the caller to the end of the step")
    return parser.parse_args(arguments)


def _export(options: argparse.Namespace) -> None:
    update = optimizers.parse(options.optimizer) if options.optimizer else None
    if update and options.forward:
        raise ExportError("--optimizer: a forward pass has no gradients")
    factory = load_factory(options.factory)
    exported = export_step(factory, options.factory.rpartition(":")[2], not options.forward,
                           options.hold_outputs, update, options.composites)
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
    print(summary(options.output, exported.graph, exported.data))


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    return exit_code(lambda: _export(options))


if __name__ == "__main__":
    sys.exit(main())
