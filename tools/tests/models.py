"""The models that issue and documentation name, at sizes that a test can afford.

    python -m hcb_tools.export_fx tests/models.py:resnet18 -o resnet18.hcb
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from steps import Gpt
from torch import nn

# -------------------------------------------------------------------------------------------------
# ResNet-18: BatchNorm in training, ReLU in place, residual sums


class Residual(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(out), nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = None
        if stride != 1 or channels != out:
            conv = nn.Conv2d(channels, out, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(out))

    def forward(self, x):
        y = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x)))))
        y += x if self.shortcut is None else self.shortcut(x)
        return self.relu(y)


class ResNet18(nn.Module):
    """He et al. 2015, with `width` in place of 64 channels."""

    def __init__(self, width, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width),
                                  nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        blocks = []
        for stage in range(4):
            blocks.append(Residual(widths[stage], widths[stage + 1], 2 if stage else 1))
            blocks.append(Residual(widths[stage + 1], widths[stage + 1], 1))
        self.blocks, self.head = nn.Sequential(*blocks), nn.Linear(widths[-1], classes)

    def forward(self, image):
        return self.head(F.adaptive_avg_pool2d(self.blocks(self.stem(image)), 1).flatten(1))


def _against(label):
    def loss(logits):
        return F.cross_entropy(logits, label)

    return loss


def resnet18():
    return ResNet18(16, 10), (torch.randn(2, 3, 64, 64),), _against(torch.tensor([3, 7]))


def resnet18_channels_last():
    form = torch.channels_last
    image = torch.randn(2, 3, 64, 64).to(memory_format=form)
    return ResNet18(16, 10).to(memory_format=form), (image,), _against(torch.tensor([3, 7]))


# -------------------------------------------------------------------------------------------------
# GPT: dropout 0.15, head tied to the embedding


def _ids(vocabulary, batch, length):
    return torch.randint(vocabulary, (batch, length))


def gpt_flash():
    return Gpt(128, 32, 32, 4, 4), (_ids(128, 2, 32),)


def gpt_math():
    gpt = Gpt(128, 32, 32, 4, 4, attention_dropout=0.15, math_attention=True)
    return gpt, (_ids(128, 2, 32),)


# -------------------------------------------------------------------------------------------------
# BERT: post-norm encoder, padding mask, masked language model tied to the embedding


class BertLayer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x, mask):
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*parts.unbind(0), attn_mask=mask)
        mixed = self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        x = self.norm1(x + self.dropout(mixed))
        return self.norm2(x + self.dropout(self.down(F.gelu(self.up(x)))))


class Bert(nn.Module):
    def __init__(self, vocabulary, length, width, heads, depth):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width, padding_idx=0)
        self.places, self.kinds = nn.Embedding(length, width), nn.Embedding(2, width)
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(0.1)
        self.layers = nn.ModuleList(BertLayer(width, heads) for _ in range(depth))
        self.transform, self.head_norm = nn.Linear(width, width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.register_buffer("place_ids", torch.arange(length))

    def forward(self, ids, kinds, labels):
        mask = (ids != 0)[:, None, None, :]
        x = self.words(ids) + self.places(self.place_ids) + self.kinds(kinds)
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x, mask)
        x = self.head_norm(F.gelu(self.transform(x)))
        logits = F.linear(x, self.words.weight, self.bias)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)


def bert():
    ids = _ids(100, 2, 16)
    ids[1, 12:] = 0
    labels = torch.where(torch.arange(16) % 4 == 0, ids, -100)
    return Bert(100, 16, 32, 4, 2), (ids, torch.arange(16).ge(8).long().expand(2, 16), labels)


# -------------------------------------------------------------------------------------------------
# U-Net: GroupNorm, SiLU, skips, nearest upsampling


class Double(nn.Sequential):
    def __init__(self, channels, out):
        super().__init__(nn.Conv2d(channels, out, 3, padding=1), nn.GroupNorm(4, out), nn.SiLU(),
                         nn.Conv2d(out, out, 3, padding=1), nn.GroupNorm(4, out), nn.SiLU())


class UNet(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        self.first = Double(3, widths[0])
        self.down = nn.ModuleList(map(Double, widths, widths[1:]))
        self.up = nn.ModuleList(Double(a + b, a) for a, b in pairwise(widths))
        self.last = nn.Conv2d(width, 3, 1)

    def forward(self, image):
        skips = [self.first(image)]
        for block in self.down:
            skips.append(block(F.max_pool2d(skips[-1], 2)))
        x = skips.pop()
        for block in reversed(self.up):
            x = block(torch.cat([skips.pop(), F.interpolate(x, scale_factor=2.0)], 1))
        return self.last(x)


def unet():
    target = torch.randn(1, 3, 32, 32)
    return UNet(8, 3), (torch.randn(1, 3, 32, 32),), lambda image: F.mse_loss(image, target)


# -------------------------------------------------------------------------------------------------
# LSTM language model, two-layer perceptron


class LstmModel(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.table, self.rnn = nn.Embedding(vocabulary, width), nn.LSTM(width, width, 2)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, ids):
        logits = self.head(self.rnn(self.table(ids))[0])
        return F.cross_entropy(logits[:-1].flatten(0, 1), ids[1:].flatten())


def lstm_model():
    return LstmModel(50, 32), (_ids(50, 12, 4),)


def perceptron():
    layers = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
    return layers, (torch.randn(16, 32),), _against(torch.arange(16) % 10)


# Nodes that torch 2.15 traces: a change here is a change of what is recorded, see eager.py.
NODES = {
    "resnet18": 172,
    "resnet18_channels_last": 180,
    "gpt_flash": 392,
    "gpt_math": 568,
    "bert": 245,
    "unet": 113,
    "lstm_model": 37,
    "perceptron": 25,
}
