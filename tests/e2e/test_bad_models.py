"""Every kind of bad model ends with a message that names the place, and writes no file."""

import os
import socket
import struct
from pathlib import Path

from harness import EXAMPLES, MODELS, Run, expect, expect_in, hcb, main
from onnx_writer import INT64, chain, model, node, tensor, value_info


def refused(tmp: Path, data: bytes, *options: str) -> Run:
    """Runs plan on these bytes; must fail with code 3, say nothing on stdout and write nothing."""
    path = tmp / "m.onnx"
    path.write_bytes(data)
    run = hcb("plan", path, "-o", tmp / "plan.json", *options)
    expect("exit code and output", (run.code, run.out), (3, ""))
    expect("files", os.listdir(tmp), ["m.onnx"])
    expect_in("message names the file", "m.onnx", run.err)
    return run


def test_missing_file(tmp: Path) -> None:
    run = hcb("analyze", tmp / "no.onnx")
    expect("code", run.code, 3)
    expect_in("message", f"{tmp}/no.onnx: no such file", run.err)


def test_directory(tmp: Path) -> None:
    run = hcb("analyze", tmp)
    expect("code", run.code, 3)
    expect_in("message", f"{tmp}: a directory, not a model file", run.err)


def test_unreadable_file(tmp: Path) -> None:
    """A socket: nobody can open it as a file, not even root."""
    path = tmp / "m.onnx"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(path))
        run = hcb("analyze", path)
    expect("code", run.code, 3)
    expect_in("message", f"{path}: No such device or address", run.err)


def test_empty_file(tmp: Path) -> None:
    expect_in("message", "m.onnx: empty", refused(tmp, b"").err)


def test_not_onnx(tmp: Path) -> None:
    for data in (
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b'{"format": "hcb-plan"}',
        b"#!/bin/sh\necho hello\n",
        bytes(1000),
        os.urandom(4096),
    ):
        refused(tmp, data)


def test_truncated_at_many_places(tmp: Path) -> None:
    data = (MODELS / "cnn.onnx").read_bytes()
    path = tmp / "m.onnx"
    for size in [*range(1, 64), *range(64, len(data) - 1, len(data) // 60)]:
        path.write_bytes(data[:size])
        run = hcb("plan", path, "--batch", "2", "-o", tmp / "plan.json")
        expect(f"code at {size} bytes", run.code, 3)
        expect("files", os.listdir(tmp), ["m.onnx"])


def test_all_missing_dims_are_listed_with_the_flags(_: Path) -> None:
    run = hcb("analyze", EXAMPLES / "gpt2.onnx")
    expect("code", run.code, 3)
    for part in ("batch", "seq", "--dim batch=", "--dim seq="):
        expect_in("message", part, run.err)


def test_wrong_dim_name_suggests_the_nearest(_: Path) -> None:
    run = hcb("analyze", MODELS / "mlp.onnx", "--dim", "bacth=4")
    expect("code", run.code, 2)
    expect_in("message", "batch", run.err)


def test_cycle_names_its_path(tmp: Path) -> None:
    data = model(
        [
            node("Add", ["x", "c"], ["a"], name="first"),
            node("Relu", ["a"], ["b"], name="second"),
            node("Relu", ["b"], ["c"], name="third"),
        ],
        [value_info("x", [4, 4])],
        [value_info("c", [4, 4])],
    )
    run = refused(tmp, data)
    for name in ("first", "second", "third"):
        expect_in("message", name, run.err)


def test_contradictory_shapes_name_the_node(tmp: Path) -> None:
    data = model(
        [node("MatMul", ["x", "w"], ["y"], name="/fc/MatMul")],
        [value_info("x", [2, 8])],
        [value_info("y", [2, 4])],
        [tensor("w", [16, 4])],
    )
    expect_in("message", "/fc/MatMul", refused(tmp, data).err)


def test_unknown_op_without_shapes_is_named(tmp: Path) -> None:
    data = model(
        [
            node("Mystery", ["x"], ["h"], name="/block/Mystery", domain="acme"),
            node("Relu", ["h"], ["y"]),
        ],
        [value_info("x", [2, 8])],
        [value_info("y", None)],
        domains=("", "acme"),
    )
    run = refused(tmp, data)
    expect_in("message", "Mystery", run.err)
    expect_in("message", "/block/Mystery", run.err)


def test_sizes_that_overflow_name_the_tensor(tmp: Path) -> None:
    huge = (1 << 62) + 1
    data = model(
        [node("Gemm", ["x", "w"], ["y"], name="g")],
        [value_info("x", [huge, 8])],
        [value_info("y", [huge, 8])],
        [tensor("w", [8, 8])],
    )
    expect_in("message", "'x'", refused(tmp, data).err)


def test_no_parameter(tmp: Path) -> None:
    data = model([node("Relu", ["x"], ["y"])], [value_info("x", [2, 8])], [value_info("y", [2, 8])])
    expect_in("message", "parameter", refused(tmp, data).err)


def test_block_size_larger_than_the_graph(tmp: Path) -> None:
    path = tmp / "m.onnx"
    path.write_bytes(chain(depth=2))
    run = hcb("plan", path, "--dim", "batch=2", "--block-size", "1000", "-o", tmp / "plan.json")
    expect("code", run.code, 2)
    expect_in("message", "1000", run.err)
    expect("files", os.listdir(tmp), ["m.onnx"])


def test_names_from_the_model_are_printed_safely(tmp: Path) -> None:
    data = model(
        [node("MatMul", ["x", "w"], ["y"], name="bad\x1b[31m\nname")],
        [value_info("x", [2, 8])],
        [value_info("y", [2, 4])],
        [tensor("w", [16, 4])],
    )
    run = refused(tmp, data)
    expect("no control characters", "\x1b" in run.err, False)


def test_standard_input_is_read(_: Path) -> None:
    data = chain()
    named = hcb("analyze", "-", "--dim", "batch=8", stdin=data)
    piped = hcb("analyze", "--dim", "batch=8", stdin=data)
    expect("codes", (named.code, piped.code), (0, 0))
    expect("same screen", named.out, piped.out)


def test_integer_weights_are_no_parameters(tmp: Path) -> None:
    raw = struct.pack("<2q", 1, 2)
    data = model(
        [node("Add", ["x", "k"], ["y"])],
        [value_info("x", [2], INT64)],
        [value_info("y", [2], INT64)],
        [tensor("k", [2], INT64, raw)],
    )
    refused(tmp, data)


if __name__ == "__main__":
    main(globals())
