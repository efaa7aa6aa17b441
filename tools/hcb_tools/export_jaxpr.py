"""Write a function that jax can trace as hcb.v1, for `hcb analyze`, `plan` and `check`.

    python -m hcb_tools.export_jaxpr module:fn -o step.hcb [--grad]

`fn()` returns (function, example_args): arrays, jax.ShapeDtypeStruct, or trees of them. It runs
under abstract values: shapes only, no memory. docs/exporting-jax.md says what is recorded.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable

from .errors import ExportError, exit_code
from .files import load_factory, summary, write_file

_MISSING = ("jax is not installed: pip install 'hcb[jax]'; nothing but hcb_tools.export_jaxpr "
            "needs it")


def _capture():
    """The module that imports jax."""
    if importlib.util.find_spec("jax") is None:
        raise ExportError(_MISSING)
    from . import jax_capture

    return jax_capture


def capture_graph_jaxpr(fn: Callable, example_inputs, **options):
    """fn traced under abstract values; jax_capture.Options names the options."""
    return _capture().capture(fn, tuple(example_inputs), **options)


def from_jaxpr(closed_jaxpr, **options):
    """A ClosedJaxpr, or a bare Jaxpr, as it is."""
    return _capture().from_jaxpr(closed_jaxpr, **options)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _dim(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not name or not number.isdigit():
        raise argparse.ArgumentTypeError(f"'{text}' is no NAME=N")
    return name, int(number)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="hcb-export-jaxpr", description=__doc__.splitlines()[0],
        epilog="fn() returns (function, example_args)")
    parser.add_argument("factory", metavar="MODULE:FN")
    parser.add_argument("-o", "--output", required=True, metavar="FILE")
    parser.add_argument("--grad", action="store_true", help="the function's value_and_grad")
    parser.add_argument("--argnums", type=_numbers, default=(0,), metavar="N[,N…]",
                        help="arguments that --grad differentiates (default: 0)")
    parser.add_argument("--donate", type=_numbers, default=(), metavar="N[,N…]", help="arguments "
                        "whose memory the results take over, as jit's donate_argnums")
    parser.add_argument("--dim", type=_dim, action="append", default=[], metavar="NAME=N",
                        help="binds a symbolic dim of the example arguments; repeatable")
    parser.add_argument("--scan", choices=("keep", "carry", "segment", "nested"), default="keep",
                        help="what loops keep for their backward: the residuals of all iterations, "
                        "carries, or carries of segments (default: keep)")
    parser.add_argument("--weights", metavar="FILE", help="also write parameters, buffers, "
                        "optimizer state and constants as safetensors (runs the factory for real)")
    parser.add_argument("--inputs", metavar="FILE", help="also write the inputs")
    parser.add_argument("--results", metavar="FILE", help="also run the function under jit and "
                        "write what it returns")
    return parser.parse_args(arguments)


def _export(options: argparse.Namespace) -> None:
    capture = _capture()
    factory = load_factory(options.factory)
    exported = capture.export(factory, name=options.factory.rpartition(":")[2], grad=options.grad,
                              argnums=options.argnums, donate=options.donate,
                              dims=dict(options.dim), scan=options.scan)
    write_file(options.output, exported.data)
    if options.weights or options.inputs or options.results:
        capture.real_step(factory, exported, options.grad, options.argnums).write(
            options.weights, options.inputs, options.results)
    for note in exported.notes:
        print(f"note: {note}", file=sys.stderr)
    print(summary(options.output, exported.graph, exported.data))


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    return exit_code(lambda: _export(options))


if __name__ == "__main__":
    sys.exit(main())
