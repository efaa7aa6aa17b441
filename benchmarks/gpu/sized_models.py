"""Steps that benchmarks/gpu/run measures, at two scales: `large` for an accelerator, `small` for a
dry run on a CPU. The models are those of tools/tests."""

from __future__ import annotations

import functools
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools" / "tests"))
from models import ResNet18
from steps import Gpt

# Overhead per op, not arithmetic: the same at every scale.
TINY = {"vocabulary": 32, "length": 8, "width": 16, "heads": 2, "depth": 2, "batch": 1}

SIZES = {
    "small": {
        "resnet18": {"width": 8, "batch": 2, "side": 32},
        "gpt": {"vocabulary": 64, "length": 16, "width": 32, "heads": 2, "depth": 2, "batch": 2},
        "gpt_tiny": TINY,
        "lstm": {"width": 16, "length": 8, "batch": 2},
    },
    "medium": {
        "resnet18": {"width": 64, "batch": 4, "side": 96},
        "gpt": {
            "vocabulary": 1024,
            "length": 128,
            "width": 256,
            "heads": 8,
            "depth": 4,
            "batch": 4,
        },
        "gpt_tiny": TINY,
        "lstm": {"width": 128, "length": 32, "batch": 8},
    },
    "large": {
        "resnet18": {"width": 64, "batch": 64, "side": 224},
        "gpt": {
            "vocabulary": 32000,
            "length": 1024,
            "width": 768,
            "heads": 12,
            "depth": 12,
            "batch": 8,
        },
        "gpt_tiny": TINY,
        "lstm": {"width": 512, "length": 128, "batch": 64},
    },
}


def resnet18(width, batch, side):
    label = torch.arange(batch) % 10
    return (
        ResNet18(width, 10),
        (torch.randn(batch, 3, side, side),),
        functools.partial(_cross_entropy, label),
    )


def _cross_entropy(label, logits):
    return F.cross_entropy(logits, label)


def gpt(vocabulary, length, width, heads, depth, batch):
    ids = torch.randint(vocabulary, (batch, length))
    return Gpt(vocabulary, length, width, heads, depth), (ids,)


gpt_tiny = gpt


class Lstm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers, self.head = nn.LSTM(width, width, 2, batch_first=True), nn.Linear(width, 4)

    def forward(self, x):
        return self.head(self.layers(x)[0]).square().mean()


def lstm(width, length, batch):
    return Lstm(width), (torch.randn(batch, length, width),)


def factory(name: str, scale: str, device: str):
    """What the exporter and eager build the step with."""

    def build():
        with torch.device(device):
            return globals()[name](**SIZES[scale][name])

    return build


NAMES = list(SIZES["small"])
