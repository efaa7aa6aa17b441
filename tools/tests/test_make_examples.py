"""The example models are small, valid, fully shaped once bound, and the networks they claim to be.

Needs the environment of `tools/setup torch`.
"""

from __future__ import annotations

import math
import pathlib
import subprocess
import sys

import make_examples
import numpy as np
import onnx
import pytest
import torch
from make_examples import EXAMPLES, LIMIT_BYTES, ROOT, Example
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

DIMS = {"batch": 2, "seq": 16, "target_seq": 12}
MAX_FOLDED_ELEMENTS = 32

# Parameters as papers and model cards give them, tied ones once, BatchNorm statistics not counted.
PARAMETERS = {
    "gpt2": 124_439_808,
    "bert": 109_483_778,
    "vit": 86_567_656,
    "unet": 859_520_964,
    "resnet50": 25_557_032,
    "t5_small": 60_506_624,
}

every_example = pytest.mark.parametrize("item", EXAMPLES.values(), ids=EXAMPLES)


def load(item: Example) -> onnx.ModelProto:
    return onnx.load(ROOT / item.path, load_external_data=False)


def is_external(tensor: onnx.TensorProto) -> bool:
    return tensor.data_location == TensorProto.EXTERNAL


def location(tensor: onnx.TensorProto) -> tuple[str, int, int]:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    return entries["location"], int(entries["offset"]), int(entries["length"])


@every_example
def test_is_small_and_without_weights(item: Example) -> None:
    path = ROOT / item.path
    assert path.stat().st_size < LIMIT_BYTES[item.folder]
    assert not path.with_name(f"{item.name}.onnx.data").exists()
    end = 0
    for tensor in load(item).graph.initializer:
        assert tensor.ByteSize() < 4096, tensor.name
        if is_external(tensor):
            file, offset, length = location(tensor)
            item_bytes = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
            assert file == f"{item.name}.onnx.data"
            assert length == math.prod(tensor.dims) * item_bytes
            assert offset >= end
            end = offset + length


@every_example
def test_nodes_have_names_for_people(item: Example) -> None:
    graph = load(item).graph
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names)
    for node in graph.node:
        assert node.name.startswith("/")
        assert node.name.rpartition("/")[2].partition("_")[0] == node.op_type
        keys = {entry.key for entry in node.metadata_props}
        assert not keys & set(make_examples.ALWAYS_DROPPED)


@every_example
def test_passes_the_checker(item: Example, tmp_path: pathlib.Path) -> None:
    """Its weights may be anything, but the checker wants the file: holes will do."""
    model = load(item)
    size = max(sum(location(t)[1:]) for t in model.graph.initializer if is_external(t))
    with (tmp_path / f"{item.name}.onnx.data").open("wb") as data:
        data.truncate(size)
    copy = tmp_path / item.path.name
    copy.write_bytes((ROOT / item.path).read_bytes())
    onnx.checker.check_model(copy, full_check=True)


def static_shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shape = value.type.tensor_type.shape
        if value.type.tensor_type.HasField("shape") and all(
            dim.HasField("dim_value") for dim in shape.dim
        ):
            shapes[value.name] = [dim.dim_value for dim in shape.dim]
    return shapes


def run_node(
    node: onnx.NodeProto, model: onnx.ModelProto, feeds: dict[str, np.ndarray]
) -> list[np.ndarray]:
    def untyped(names: list[str]) -> list[onnx.ValueInfoProto]:
        return [onnx.helper.make_tensor_value_info(name, 0, None) for name in names if name]

    graph = onnx.helper.make_graph([node], "node", untyped(list(feeds)), untyped(node.output))
    single = onnx.helper.make_model(graph, opset_imports=model.opset_import)
    return list(map(np.asarray, ReferenceEvaluator(single).run(None, feeds)))


def fold_shape_arithmetic(model: onnx.ModelProto, shapes: dict[str, list[int]]) -> bool:
    """Replace by constants the nodes that compute few integers from shapes and constants."""
    known = {t.name: t for t in model.graph.initializer if not is_external(t)}
    kept = []
    for node in model.graph.node:
        results = None
        if node.op_type == "Shape" and node.input[0] in shapes:
            shape = np.zeros(shapes[node.input[0]], dtype=bool)
            results = run_node(node, model, {node.input[0]: shape})
        elif all(name in known for name in node.input if name):
            feeds = {n: numpy_helper.to_array(known[n]) for n in node.input if n}
            if all(value.dtype == np.int64 for value in feeds.values()):
                results = run_node(node, model, feeds)
        if results is None or any(value.size > MAX_FOLDED_ELEMENTS for value in results):
            kept.append(node)
            continue
        for name, value in zip(filter(None, node.output), results, strict=True):
            known[name] = numpy_helper.from_array(value, name)
            model.graph.initializer.append(known[name])
    folded = len(kept) < len(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return folded


@every_example
def test_binding_dims_gives_every_shape(item: Example) -> None:
    model = load(item)
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_value = DIMS[dim.dim_param]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    shapes = static_shapes(model)
    while fold_shape_arithmetic(model, shapes):
        shapes = static_shapes(model)
    unshaped = [
        f"{node.name}:{name}"
        for node in model.graph.node
        for name in node.output
        if name and name not in shapes
    ]
    assert not unshaped


@every_example
def test_has_the_parameters_of_its_module(item: Example) -> None:
    with torch.device("meta"):
        module = item.build().module
    parameters = dict(module.named_parameters(remove_duplicate=False))
    sizes = {
        tensor.name: math.prod(tensor.dims)
        for tensor in load(item).graph.initializer
        if is_external(tensor) and tensor.name in parameters
    }
    assert sizes == {name: parameters[name].numel() for name in sizes}
    assert {parameters[name] for name in sizes} == set(module.parameters())
    if item.name in PARAMETERS:
        assert sum(sizes.values()) == PARAMETERS[item.name]


def test_resnet_keeps_batch_norm_statistics_apart_from_parameters() -> None:
    tensors = {tensor.name for tensor in load(EXAMPLES["resnet50"]).graph.initializer}
    assert sum(name.endswith(("running_mean", "running_var")) for name in tensors) == 2 * 53


def test_files_are_what_the_script_writes(tmp_path: pathlib.Path) -> None:
    names = ["mlp", "cnn", "lstm", "t5_small"]
    script = [sys.executable, make_examples.__file__, "--root", tmp_path, *names]
    subprocess.run(script, check=True, stdout=subprocess.DEVNULL)
    for name in names:
        path = EXAMPLES[name].path
        assert (tmp_path / path).read_bytes() == (ROOT / path).read_bytes(), name
