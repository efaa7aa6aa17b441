#!/usr/bin/env python3
"""Write the example models: ONNX files with the structure of a network and none of its weights.

    tools/setup torch
    python tools/make_examples.py            # all of them
    python tools/make_examples.py gpt2 lstm  # some of them

Every model is built from its configuration class (or is written down here), exported by
torch.onnx.export(dynamo=True) and then reduced to what a planner reads:

1. The export runs unoptimized. Parameters and buffers then become graph inputs while onnxscript's
   optimizer folds and rewrites, because nothing may depend on the value of a weight: with values
   at hand it folds BatchNorm into the convolution before it and drops a bias that is all zero.
   After it they are initializers again.
2. Parameters, buffers and floating constants above 1 KiB keep name, type and shape and refer to a
   data file that does not exist (`<model>.onnx.data`). Shapes, axes and scalars keep their data.
3. Nodes are called after the module that ran them, `/transformer/h.11/mlp/act/Tanh`.
4. Stack traces, FX nodes and rewrite rules leave the metadata. A file above the size its folder
   aims at also loses, in this order and until it fits: value_info (shape inference restores it),
   class hierarchy, name scopes, namespace.

Same versions of the packages in tools/requirements/torch.txt: same bytes on every run.
"""

from __future__ import annotations

import argparse
import ast
import logging
import pathlib
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import onnx
import onnx_ir as ir
import onnxscript.optimizer
import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHIPPED, TESTED = "examples", "tests/data/models"
TARGET_BYTES = {SHIPPED: 300_000, TESTED: 140_000}
LIMIT_BYTES = {SHIPPED: 500_000, TESTED: 150_000}
INLINE_BYTES = 1024
DATA_ALIGNMENT = 4096

NAME_SCOPES = "pkg.torch.onnx.name_scopes"
ALWAYS_DROPPED = (
    "pkg.torch.onnx.stack_trace",
    "pkg.torch.onnx.fx_node",
    "pkg.onnxscript.rewriter.rule_name",
)
DROPPED_FOR_SIZE = ("pkg.torch.onnx.class_hierarchy", NAME_SCOPES, "namespace")


@dataclass(frozen=True)
class Source:
    """A module with example inputs, by name of the argument of forward, and their named dims."""

    module: nn.Module
    inputs: dict[str, torch.Tensor]
    dims: dict[str, dict[int, str]] = field(default_factory=dict)
    output: str = "logits"
    outputs: int = 1  # of the module, how many are kept


@dataclass(frozen=True)
class Example:
    name: str
    folder: str
    build: Callable[[], Source]

    @property
    def path(self) -> pathlib.Path:
        return pathlib.Path(self.folder) / f"{self.name}.onnx"


EXAMPLES: dict[str, Example] = {}


def example(folder: str) -> Callable[[Callable[[], Source]], Callable[[], Source]]:
    """Register a model under the name of the function that builds it."""

    def register(build: Callable[[], Source]) -> Callable[[], Source]:
        EXAMPLES[build.__name__] = Example(build.__name__, folder, build)
        return build

    return register


BATCH = {0: "batch"}
BATCH_SEQ = {0: "batch", 1: "seq"}


def tokens(batch: int = 2, seq: int = 16) -> torch.Tensor:
    return torch.ones(batch, seq, dtype=torch.int64)


# --- shipped: examples/


@example(SHIPPED)
def gpt2() -> Source:
    """GPT-2 with 124M parameters, tied embeddings, attention scores in plain sight (eager)."""
    from transformers import GPT2Config, GPT2LMHeadModel

    module = GPT2LMHeadModel(GPT2Config(use_cache=False, attn_implementation="eager"))
    return Source(module, {"input_ids": tokens()}, {"input_ids": BATCH_SEQ})


@example(SHIPPED)
def bert() -> Source:
    """BERT base with a head that classifies sequences, two labels."""
    from transformers import BertConfig, BertForSequenceClassification

    inputs = {"input_ids": tokens(), "attention_mask": tokens()}
    module = BertForSequenceClassification(BertConfig())
    return Source(module, inputs, dict.fromkeys(inputs, BATCH_SEQ))


@example(SHIPPED)
def vit() -> Source:
    """ViT-B/16 at 224 x 224, 1000 classes."""
    from transformers import ViTConfig, ViTForImageClassification

    module = ViTForImageClassification(ViTConfig(num_labels=1000))
    return Source(module, {"pixel_values": torch.zeros(2, 3, 224, 224)}, {"pixel_values": BATCH})


@example(SHIPPED)
def unet() -> Source:
    """The denoising U-Net of Stable Diffusion 1: 64 x 64 latents, 77 text states of width 768."""
    from diffusers import UNet2DConditionModel

    inputs = {
        "sample": torch.zeros(2, 4, 64, 64),
        "timestep": torch.zeros(2, dtype=torch.int64),
        "encoder_hidden_states": torch.zeros(2, 77, 768),
    }
    module = UNet2DConditionModel(sample_size=64, cross_attention_dim=768)
    return Source(module, inputs, dict.fromkeys(inputs, BATCH), output="noise")


class LstmClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20_000, 256)
        self.lstm = nn.LSTM(256, 512, num_layers=2, batch_first=True)
        self.head = nn.Linear(512, 10)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(self.embedding(input_ids))
        return self.head(states[:, -1])


@example(SHIPPED)
def lstm() -> Source:
    """Text classifier: embedding, two LSTM layers, linear head on the last state."""
    return Source(LstmClassifier(), {"input_ids": tokens()}, {"input_ids": BATCH_SEQ})


@example(SHIPPED)
def resnet50() -> Source:
    """ResNet-50 at 224 x 224, 1000 classes."""
    from torchvision import models

    module = models.resnet50(weights=None)
    return Source(module, {"x": torch.zeros(2, 3, 224, 224)}, {"x": BATCH})


# --- for tests: tests/data/models/


@example(TESTED)
def llama_small() -> Source:
    """Four Llama blocks: grouped queries, RMSNorm, gated MLP, rotary tables made in the graph."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=8192,
        hidden_size=512,
        intermediate_size=1376,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        use_cache=False,
    )
    return Source(LlamaForCausalLM(config), {"input_ids": tokens()}, {"input_ids": BATCH_SEQ})


@example(TESTED)
def t5_small() -> Source:
    """T5-small: six encoder and six decoder blocks, 61M parameters, tied embeddings."""
    from transformers import T5Config, T5ForConditionalGeneration

    inputs = {"input_ids": tokens(), "decoder_input_ids": tokens(seq=12)}
    dims = {"input_ids": BATCH_SEQ, "decoder_input_ids": {0: "batch", 1: "target_seq"}}
    config = T5Config(use_cache=False, attn_implementation="eager")
    return Source(T5ForConditionalGeneration(config), inputs, dims)


def conv_block(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
        nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


class TinyUnet(nn.Module):
    def __init__(self, widths: tuple[int, ...] = (16, 32, 64, 128)) -> None:
        super().__init__()
        self.down = nn.ModuleList(map(conv_block, (3, *widths[:-2]), widths[:-1]))
        self.pool = nn.MaxPool2d(2)
        self.middle = conv_block(widths[-2], widths[-1])
        pairs = list(zip(widths[::-1], widths[-2::-1], strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs)
        self.merge = nn.ModuleList(conv_block(2 * b, b) for _, b in pairs)
        self.head = nn.Conv2d(widths[0], 4, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skips = []
        x = image
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = self.middle(x)
        for up, merge in zip(self.up, self.merge, strict=True):
            x = merge(torch.cat([up(x), skips.pop()], dim=1))
        return self.head(x)


@example(TESTED)
def unet_tiny() -> Source:
    """Convolutional U-Net with three skip connections, 64 x 64."""
    return Source(TinyUnet(), {"image": torch.zeros(2, 3, 64, 64)}, {"image": BATCH})


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(64, 128)
        self.act = nn.ReLU()
        self.head = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.act(self.hidden(x)))


@example(TESTED)
def mlp() -> Source:
    """Two linear layers."""
    return Source(Mlp(), {"x": torch.zeros(2, 64)}, {"x": BATCH})


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(32, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu(self.norm(self.conv1(image))))
        x = self.gap(self.relu(self.conv2(x)))
        return self.head(x.flatten(1))


@example(TESTED)
def cnn() -> Source:
    """Convolution, BatchNorm, pooling, global average, linear layer."""
    return Source(Cnn(), {"image": torch.zeros(2, 3, 32, 32)}, {"image": BATCH})


# --- from module to file


def export(source: Source) -> tuple[ir.Model, set[str]]:
    """The exported model and the names of its parameters and buffers."""
    program = torch.onnx.export(
        source.module.eval(),
        kwargs=source.inputs,
        dynamic_shapes={name: source.dims.get(name, {}) for name in source.inputs},
        input_names=list(source.inputs),
        output_names=[source.output],
        dynamo=True,
        optimize=False,
        verbose=False,
    )
    assert program is not None
    state = {*dict(source.module.named_parameters()), *dict(source.module.named_buffers())}
    return program.model, state & set(program.model.graph.initializers)


def optimize_structure(model: ir.Model, state: set[str], outputs: int = 1) -> None:
    """What torch.onnx.export(optimize=True) does, with the state's values out of its reach."""
    graph = model.graph
    del graph.outputs[outputs:]
    held = [graph.initializers.pop(name) for name in sorted(state)]
    tensors = [value.const_value for value in held]
    for value in held:
        value.const_value = None
    graph.inputs.extend(held)
    onnxscript.optimizer.optimize_ir(model)
    del graph.inputs[len(graph.inputs) - len(held) :]
    for value, tensor in zip(held, tensors, strict=True):
        if value.uses():
            value.const_value = tensor
            graph.register_initializer(value)


def drop_data(model: ir.Model, state: set[str], location: str) -> None:
    """Let what is a weight, or as large as one, refer to the file `location`."""
    offset = 0
    for name, value in model.graph.initializers.items():
        tensor = value.const_value
        assert tensor is not None
        large = tensor.dtype.is_floating_point() and tensor.nbytes > INLINE_BYTES
        if name in state or large:
            value.const_value = ir.ExternalTensor(
                location, offset, tensor.nbytes, tensor.dtype, shape=tensor.shape, name=name
            )
            offset += -(-tensor.nbytes // DATA_ALIGNMENT) * DATA_ALIGNMENT


def module_path(node: ir.Node) -> str | None:
    """`/transformer/h.11/mlp` for a node that ran in that module, None where nothing says so."""
    scopes = ast.literal_eval(node.metadata_props.get(NAME_SCOPES, "[]"))
    if not scopes or scopes[0]:
        return None
    path, parent = "", ""
    for scope in scopes[1:-1]:
        path += "/" + scope.removeprefix(parent + ".")
        parent = scope
    return path


def name_nodes(graph: ir.Graph) -> None:
    """Name every node after its module and op; one of no module goes with its first consumer."""
    paths: dict[ir.Node, str | None] = {}
    for node in reversed(graph):
        consumers = (paths[user] for output in node.outputs for user in output.consumers())
        path = module_path(node)
        paths[node] = path if path is not None else next(filter(None, consumers), None)
    counts: dict[str, int] = {}
    for node in graph:
        name = f"{paths[node] or ''}/{node.op_type}"
        number = counts.get(name, 0)
        counts[name] = number + 1
        node.name = f"{name}_{number}" if number else name


def fit(model: onnx.ModelProto, limit: int) -> onnx.ModelProto:
    """Drop what people can do without, the least useful first, until the file is small enough."""

    def drop_metadata(*keys: str) -> None:
        for item in (*model.graph.node, *model.graph.value_info):
            kept = [entry for entry in item.metadata_props if entry.key not in keys]
            del item.metadata_props[:]
            item.metadata_props.extend(kept)

    del model.metadata_props[:]
    drop_metadata(*ALWAYS_DROPPED)
    if model.ByteSize() > limit:
        del model.graph.value_info[:]
    for key in DROPPED_FOR_SIZE:
        if model.ByteSize() > limit:
            drop_metadata(key)
    return model


def make(item: Example) -> onnx.ModelProto:
    torch.manual_seed(0)
    source = item.build()
    model, state = export(source)
    optimize_structure(model, state, source.outputs)
    drop_data(model, state, f"{item.name}.onnx.data")
    name_nodes(model.graph)
    model.graph.name = item.name
    model.graph.doc_string = item.build.__doc__
    return fit(ir.to_proto(model), TARGET_BYTES[item.folder])


def quiet() -> None:
    """Hide what torch says about its own code on every run."""
    logging.getLogger("torch").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the structure-only example models.")
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(EXAMPLES)}; default: all")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT, help="write below this folder")
    options = parser.parse_args(arguments)
    names = options.names or list(EXAMPLES)
    if unknown := sorted(set(names) - set(EXAMPLES)):
        parser.error(f"no example called {', '.join(unknown)}; there are {', '.join(EXAMPLES)}")
    quiet()
    for name in names:
        item = EXAMPLES[name]
        data = make(item).SerializeToString(deterministic=True)
        if len(data) > LIMIT_BYTES[item.folder]:
            print(f"{name}: {len(data):,} bytes, more than {item.folder} takes", file=sys.stderr)
            return 1
        path = options.root / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(f"{item.path}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
