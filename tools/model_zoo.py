"""The models that people bring, built from their configuration classes with seeded weights.

Every function registered by `model` gives a module with example inputs; `tools/survey_models.py`
exports them and says what `hcb` makes of each. Configurations are small where width and depth are
parameters: a survey asks which ops there are, not how large they get.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from make_examples import Source, tokens
from torch import nn


@dataclass(frozen=True)
class Entry:
    name: str
    group: str
    build: Callable[[], Source]

    @property
    def tested(self) -> bool:
        """Is its file in tests/data/zoo?"""
        return self.name in TESTED


ZOO: dict[str, Entry] = {}

# Few files that hold most of the ops.
TESTED = {
    "clip_tiny",
    "deeplabv3_mobilenet_v3_large",
    "dit_tiny",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "gru_tiny",
    "lstm_tiny",
    "mamba_tiny",
    "mixtral_tiny",
    "mobilenet_v3_small",
    "sd_unet_tiny",
    "ssdlite320_mobilenet_v3_large",
    "swin_v2_t",
    "whisper_tiny",
}


def model(group: str) -> Callable[[Callable[[], Source]], Callable[[], Source]]:
    """Register a model under the name of the function that builds it."""

    def register(build: Callable[[], Source]) -> Callable[[], Source]:
        ZOO[build.__name__] = Entry(build.__name__, group, build)
        return build

    return register


# --- torchvision: one of every family, at the size its paper gives

ALL = 1000  # outputs

CLASSIFIERS = {
    "alexnet": 224,
    "convnext_tiny": 224,
    "densenet121": 224,
    "efficientnet_b0": 224,
    "efficientnet_v2_s": 224,
    "googlenet": 224,
    "inception_v3": 299,
    "maxvit_t": 224,
    "mnasnet0_5": 224,
    "mobilenet_v2": 224,
    "mobilenet_v3_small": 224,
    "regnet_x_400mf": 224,
    "regnet_y_400mf": 224,
    "resnet18": 224,
    "resnext50_32x4d": 224,
    "shufflenet_v2_x0_5": 224,
    "squeezenet1_0": 224,
    "swin_t": 224,
    "swin_v2_t": 256,
    "vgg11_bn": 224,
    "vit_b_16": 224,
    "wide_resnet50_2": 224,
}
SEGMENTERS = (
    "deeplabv3_mobilenet_v3_large",
    "deeplabv3_resnet50",
    "fcn_resnet50",
    "lraspp_mobilenet_v3_large",
)
DETECTORS = (
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "fasterrcnn_resnet50_fpn",
    "fcos_resnet50_fpn",
    "keypointrcnn_resnet50_fpn",
    "maskrcnn_resnet50_fpn",
    "retinanet_resnet50_fpn",
    "ssd300_vgg16",
    "ssdlite320_mobilenet_v3_large",
)


WHOLE = ("fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "ssdlite320_mobilenet_v3_large")


class FirstOf(nn.Module):
    """A module that returns several results by name, cut to one of them."""

    def __init__(self, module: nn.Module, key: str) -> None:
        super().__init__()
        self.module = module
        self.key = key

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.module(x)[self.key]


class DenseDetector(nn.Module):
    """What a detector without proposals trains: backbone, pyramid and heads."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.backbone = module.backbone
        self.head = module.head

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return list(self.head(list(self.backbone(x).values())).values())


class RegionDetector(nn.Module):
    """What an R-CNN trains, with the regions given: both heads, on one level of the pyramid."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.backbone = module.backbone
        self.rpn_head = module.rpn.head
        self.heads = module.roi_heads

    def pooled(self, features: torch.Tensor, regions: torch.Tensor, size: int) -> torch.Tensor:
        from torchvision.ops import roi_align

        return roi_align(features, regions, (size, size), spatial_scale=0.25, sampling_ratio=2)

    def forward(self, x: torch.Tensor, regions: torch.Tensor) -> list[torch.Tensor]:
        features = list(self.backbone(x).values())
        objectness, deltas = self.rpn_head(features)
        found = [*objectness, *deltas]
        found += self.heads.box_predictor(
            self.heads.box_head(self.pooled(features[0], regions, size=7))
        )
        for part in ("mask", "keypoint"):
            if getattr(self.heads, f"{part}_head") is not None:
                pooled = self.pooled(features[0], regions, size=14)
                head = getattr(self.heads, f"{part}_head")(pooled)
                found.append(getattr(self.heads, f"{part}_predictor")(head))
        return found


class WholeDetector(nn.Module):
    """A detector from image to boxes: resizing, proposals and suppression included."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return list(self.module([x])[0].values())


def vision(name: str, **options: Any) -> nn.Module:
    from torchvision import models

    return models.get_model(name, weights=None, **options)


def register_vision() -> None:
    def classifier(name: str, size: int) -> Callable[[], Source]:
        options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        return lambda: Source(vision(name, **options), {"x": torch.rand(2, 3, size, size)})

    def segmenter(name: str) -> Callable[[], Source]:
        backbone = {"weights_backbone": None}
        return lambda: Source(
            FirstOf(vision(name, **backbone), "out"), {"x": torch.rand(2, 3, 224, 224)}
        )

    def detector(name: str) -> Callable[[], Source]:
        def build() -> Source:
            module = vision(name, weights_backbone=None)
            image = {"x": torch.rand(1, 3, 320, 320)}
            if "rcnn" not in name:
                return Source(DenseDetector(module), image, outputs=ALL)
            regions = torch.tensor([[0.0, 10, 10, 90, 90], [0, 30, 20, 200, 120]])
            return Source(RegionDetector(module), {**image, "regions": regions}, outputs=ALL)

        return build

    def whole(name: str) -> Callable[[], Source]:
        module = partial(vision, name, weights_backbone=None)
        return lambda: Source(WholeDetector(module()), {"x": torch.rand(3, 320, 320)})

    for name, size in CLASSIFIERS.items():
        ZOO[name] = Entry(name, "classification", classifier(name, size))
    for name in SEGMENTERS:
        ZOO[name] = Entry(name, "segmentation", segmenter(name))
    for name in DETECTORS:
        ZOO[name] = Entry(name, "detection", detector(name))
    for name in WHOLE:
        ZOO[f"{name}_whole"] = Entry(f"{name}_whole", "detection, whole", whole(name))


register_vision()


# --- transformers

SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4}
EAGER = {"attn_implementation": "eager"}


@model("language")
def gpt2_tiny() -> Source:
    """GPT-2, two blocks of width 64."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(vocab_size=256, n_embd=64, n_layer=2, n_head=4, use_cache=False, **EAGER)
    return Source(GPT2LMHeadModel(config), {"input_ids": tokens()})


@model("language")
def bert_tiny() -> Source:
    """BERT with the masked-language head, two blocks of width 64."""
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(vocab_size=256, num_hidden_layers=2, **SMALL, **EAGER)
    inputs = {"input_ids": tokens(), "attention_mask": tokens()}
    return Source(BertForMaskedLM(config), inputs)


@model("language")
def t5_tiny() -> Source:
    """T5, gated GELU, two encoder and two decoder blocks of width 64."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(
        vocab_size=256,
        d_model=64,
        d_kv=16,
        d_ff=128,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        use_cache=False,
        **EAGER,
    )
    inputs = {"input_ids": tokens(), "decoder_input_ids": tokens(seq=12)}
    return Source(T5ForConditionalGeneration(config), inputs)


@model("language")
def llama_tiny() -> Source:
    """Llama, two blocks of width 64, two heads to a key."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=256, num_hidden_layers=2, num_key_value_heads=2, use_cache=False, **SMALL
    )
    return Source(LlamaForCausalLM(config), {"input_ids": tokens()})


@model("language")
def mixtral_tiny() -> Source:
    """Mixtral, two blocks of width 64, two of four experts to a token."""
    from transformers import MixtralConfig, MixtralForCausalLM

    config = MixtralConfig(
        vocab_size=256,
        num_hidden_layers=2,
        num_key_value_heads=2,
        num_local_experts=4,
        num_experts_per_tok=2,
        use_cache=False,
        **SMALL,
    )
    config._experts_implementation = "batched_mm"  # the others select rows by value
    return Source(MixtralForCausalLM(config), {"input_ids": tokens()})


@model("language")
def mamba_tiny() -> Source:
    """Mamba, two blocks of width 64: the scan over eight positions written out."""
    from transformers import MambaConfig, MambaForCausalLM

    config = MambaConfig(
        vocab_size=256, hidden_size=64, state_size=8, num_hidden_layers=2, use_cache=False
    )
    return Source(MambaForCausalLM(config), {"input_ids": tokens(seq=8)})


@model("vision-language")
def vit_tiny() -> Source:
    """ViT, two blocks of width 64."""
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(num_hidden_layers=2, image_size=32, patch_size=8, **SMALL)
    return Source(ViTForImageClassification(config), {"pixel_values": torch.rand(2, 3, 32, 32)})


@model("vision-language")
def clip_tiny() -> Source:
    """CLIP, text and image towers of two blocks of width 64."""
    from transformers import CLIPConfig, CLIPModel

    tower = {**SMALL, "num_hidden_layers": 2}
    config = CLIPConfig(
        text_config={**tower, "vocab_size": 256, "eos_token_id": 1},
        vision_config={**tower, "image_size": 32, "patch_size": 8},
        projection_dim=32,
    )
    inputs = {"input_ids": tokens(), "pixel_values": torch.rand(2, 3, 32, 32)}
    return Source(CLIPModel._from_config(config, **EAGER), {**inputs, "attention_mask": tokens()})


@model("speech")
def whisper_tiny() -> Source:
    """Whisper, two encoder and two decoder blocks of width 64."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    config = WhisperConfig(
        vocab_size=256,
        num_mel_bins=16,
        d_model=64,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=128,
        decoder_ffn_dim=128,
        max_source_positions=50,
        max_target_positions=32,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        use_cache=False,
        **EAGER,
    )
    inputs = {"input_features": torch.rand(2, 16, 100), "decoder_input_ids": tokens(seq=12)}
    return Source(WhisperForConditionalGeneration(config), inputs)


# --- diffusers


@model("diffusion")
def sd_unet_tiny() -> Source:
    """A denoising U-Net with cross attention, two levels."""
    from diffusers import UNet2DConditionModel

    module = UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=8,
    )
    inputs = {
        "sample": torch.rand(2, 4, 16, 16),
        "timestep": torch.zeros(2, dtype=torch.int64),
        "encoder_hidden_states": torch.rand(2, 7, 32),
    }
    return Source(module, inputs)


@model("diffusion")
def dit_tiny() -> Source:
    """DiT, two blocks of width 64."""
    from diffusers import DiTTransformer2DModel

    module = DiTTransformer2DModel(
        num_attention_heads=4,
        attention_head_dim=16,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        sample_size=16,
        patch_size=2,
        num_embeds_ada_norm=10,
    )
    inputs = {
        "hidden_states": torch.rand(2, 4, 16, 16),
        "timestep": torch.zeros(2, dtype=torch.int64),
        "class_labels": torch.zeros(2, dtype=torch.int64),
    }
    return Source(module, inputs)


# --- recurrent


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.RNNBase], **options: Any) -> None:
        super().__init__()
        self.embedding = nn.Embedding(256, 64)
        self.layers = kind(64, 96, num_layers=2, batch_first=True, **options)
        width = 192 if options.get("bidirectional") else 96
        self.head = nn.Linear(width, 10)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states, _ = self.layers(self.embedding(input_ids))
        return self.head(states[:, -1])


@model("recurrent")
def lstm_tiny() -> Source:
    """Embedding, two bidirectional LSTM layers, linear head."""
    return Source(Recurrent(nn.LSTM, bidirectional=True), {"input_ids": tokens()})


@model("recurrent")
def gru_tiny() -> Source:
    """Embedding, two GRU layers, linear head."""
    return Source(Recurrent(nn.GRU), {"input_ids": tokens()})


@model("recurrent")
def rnn_tiny() -> Source:
    """Embedding, two Elman layers, linear head."""
    return Source(Recurrent(nn.RNN), {"input_ids": tokens()})
