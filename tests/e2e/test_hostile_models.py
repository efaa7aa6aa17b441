"""Models made to kill a reader: each ends with its exit code and one message, in time.

The two that crash every release of the ONNX library up to 2026, nesting of 10,000 levels in each
place where the format nests, inference that would take all memory, and lies about sizes.
"""

import subprocess
from pathlib import Path

from harness import HCB, MODELS, Run, expect, expect_error, expect_in, hcb, main
from onnx_writer import (
    FLOAT,
    block,
    function,
    ints,
    model,
    node,
    number,
    subgraph,
    tensor,
    value_info,
)

BOOL = 9
DEEP = 10_000
CALLS = [node("MatMul", ["x", "w"], ["h"]), node("F0", ["h"], ["y"], domain="local")]
X, Y, W = value_info("x", [2, 8]), value_info("y", [2, 8]), tensor("w", [8, 8])


def write(tmp: Path, data: bytes) -> Path:
    path = tmp / "m.onnx"
    path.write_bytes(data)
    return path


def calling(functions: list[bytes]) -> bytes:
    """x · w through the local function F0."""
    return model(CALLS, [X], [Y], [W], domains=("", "local"), functions=functions)


def call(name: str, at: str = "a", to: str = "b") -> bytes:
    return node(name, [at], [to], domain="local")


def test_functions_that_call_each_other_in_a_circle(tmp: Path) -> None:
    path = write(tmp, calling([function("F0", [call("F0")])]))
    expect_error(
        hcb("analyze", path),
        3,
        f"{path}: local functions call each other in a circle: local::F0 -> local::F0",
    )
    path = write(tmp, calling([function("F0", [call("F1")]), function("F1", [call("F0")])]))
    expect_error(
        hcb("analyze", path),
        3,
        f"{path}: local functions call each other in a circle: local::F0 -> local::F1 -> local::F0",
    )


def test_strides_of_zero(tmp: Path) -> None:
    attributes = [ints("kernel_shape", [2, 2]), ints("strides", [0, 0])]
    pool = node("MaxPool", ["x"], ["y"], name="pool", attributes=attributes)
    path = write(tmp, model([pool], [value_info("x", [1, 1, 8, 8])], [value_info("y", None)]))
    run = hcb("analyze", path)
    expect("code", (run.code, run.out), (3, ""))
    expect_in("message names the node", f"{path}: node 'pool' (MaxPool)", run.err)


def test_functions_nested_too_deeply(tmp: Path) -> None:
    last = node("Relu", ["a"], ["b"])
    functions = [
        function(f"F{i}", [call(f"F{i + 1}") if i + 1 < DEEP else last]) for i in range(DEEP)
    ]
    path = write(tmp, calling(functions))
    expect_error(
        hcb("analyze", path),
        3,
        f"{path}: calls of local functions are nested deeper than 100 levels: "
        "local::F0 -> local::F1 -> …",
        "export the model without local functions",
    )


def test_bodies_nested_too_deeply(tmp: Path) -> None:
    out = block(12, Y)
    inner = block(1, node("Relu", ["x"], ["y"])) + out
    for _ in range(DEEP):
        attributes = [subgraph("then_branch", inner), subgraph("else_branch", b"")]
        inner = block(1, node("If", ["c"], ["y"], attributes=attributes)) + out
    outer = node("If", ["c"], ["y"], attributes=[subgraph("then_branch", inner)])
    path = write(tmp, model([outer], [X, value_info("c", [], BOOL)], [Y]))
    run = hcb("analyze", path)
    expect("code", (run.code, run.out), (3, ""))
    expect_in("message", f"hcb: error: {path}: nested deeper than 90 levels at byte ", run.err)


def test_types_nested_too_deeply(tmp: Path) -> None:
    nested = block(1, number(1, FLOAT))
    for _ in range(DEEP):
        nested = block(4, block(1, nested))  # a sequence of
    x = block(1, "x") + block(2, nested)
    path = write(tmp, model([node("Relu", ["x"], ["y"])], [x], [Y]))
    expect_error(
        hcb("analyze", path),
        3,
        f"{path}: damaged: protobuf cannot read its structure",
        "its types may be nested deeper than 100 levels",
    )


def doubling(levels: int) -> bytes:
    """Functions that call the next one twice: 2 ** levels nodes."""
    last = [node("Relu", ["a"], ["b"])]
    functions = [
        function(f"F{i}", [call(f"F{i + 1}", "a", "c"), call(f"F{i + 1}", "c")])
        for i in range(levels)
    ]
    return calling([*functions, function(f"F{levels}", last)])


def under(limit: str, path: Path) -> Run:
    """`hcb analyze` under a limit of the shell."""
    command = ["bash", "-c", f'ulimit {limit}; exec "$0" analyze "$1"', HCB, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Run(done.returncode, done.stdout, done.stderr)


def test_functions_that_stand_for_a_million_million_nodes(tmp: Path) -> None:
    path = write(tmp, doubling(40))
    expect_error(
        hcb("analyze", path),
        4,
        f"{path}: its local functions stand for more than 10,000,000 nodes",
        "they call each other too often: export the model without local functions",
    )


def test_inference_that_would_take_all_memory_or_time(tmp: Path) -> None:
    """A million nodes under limits smaller than those that hcb sets itself (4 GiB, 60 s)."""
    path = write(tmp, doubling(20))
    expect_error(
        under("-d 200000", path), 4, f"{path}: shape inference ran out of its memory limit"
    )
    expect_error(
        under("-t 1", path),
        4,
        f"{path}: shape inference reached its limit of processor time or memory",
    )


def test_a_dim_that_makes_a_shape_negative(tmp: Path) -> None:
    conv = node("Conv", ["x", "w"], ["y"], name="conv1")
    data = model(
        [conv],
        [value_info("x", [1, 3, "size", 64])],
        [value_info("y", None)],
        [tensor("w", [8, 3, 7, 7])],
    )
    path = write(tmp, data)
    run = hcb("analyze", path, "--dim", "size=2")
    expect("code", (run.code, run.out), (3, ""))
    expect_in("message", f"{path}: tensor 'y' has a negative dim: 1x8x-4x58", run.err)
    expect_in("help", "help: an input is too small for the model", run.err)
    for wrong in ("size=0", "size=-3"):
        run = hcb("analyze", path, "--dim", wrong)
        expect("code", (run.code, run.out), (2, ""))
        expect_in("message", "expected a whole number >= 1", run.err)


def test_a_dim_of_no_such_name(_: Path) -> None:
    path = MODELS / "mlp.onnx"
    expect_error(
        hcb("analyze", path, "--dim", "bacth=4"),
        2,
        f"{path}: no symbolic dim 'bacth', did you mean 'batch'?",
        "the model's symbolic dims: batch",
    )


def test_weights_that_are_not_there_are_not_missed(tmp: Path) -> None:
    """External data are never opened, not even looked for."""
    data = model([node("MatMul", ["x", "w"], ["y"])], [X], [Y], [W])
    expect_in("file names its weights", "weights.data", data.decode("latin-1"))
    path = write(tmp, data)
    run = hcb("plan", path, "-o", tmp / "plan.json")
    expect("code and message", (run.code, run.err), (0, ""))
    expect("no weights", (tmp / "weights.data").exists(), False)


def test_an_opset_of_the_future_names_the_range(tmp: Path) -> None:
    path = write(tmp, model([node("Relu", ["x"], ["y"])], [X], [Y], opset=999))
    run = hcb("analyze", path)
    expect("code", (run.code, run.out), (3, ""))
    message = f"{path}: opset 999 of ai.onnx is newer than this build knows (1 to "
    expect_in("message", message, run.err)


if __name__ == "__main__":
    main(globals())
