"""The training steps that parity is shown on: small, but of the kind that people train.

Every factory returns (module, args[, kwargs][, loss_fn]) as hcb_tools.export_fx takes it; targets
are arguments of the module, so that they are inputs of the step.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


class WithLoss(nn.Module):
    """A classifier and its loss as one module: targets are inputs."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, x, target):
        return F.cross_entropy(self.body(x), target)


def labels(count: int, classes: int) -> torch.Tensor:
    return torch.arange(count) % classes


def mlp():
    body = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 7))
    return WithLoss(body), (torch.randn(6, 24), labels(6, 7))


class BasicBlock(nn.Module):
    def __init__(self, inside: int, outside: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.norm1, self.relu = nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norm2, self.down = nn.BatchNorm2d(outside), None
        if stride != 1 or inside != outside:
            self.down = nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)
            )

    def forward(self, x):
        y = self.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        y += x if self.down is None else self.down(x)
        return self.relu(y)


class ResNet18(nn.Module):
    """As in the paper, with an eighth of the channels."""

    def __init__(self, width: int = 8, classes: int = 10):
        super().__init__()
        layers = [nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
        inside = width
        for stage in range(4):
            outside = width << stage
            layers.append(BasicBlock(inside, outside, 1 if stage == 0 else 2))
            layers.append(BasicBlock(outside, outside, 1))
            inside = outside
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(inside, classes)

    def forward(self, x):
        return self.head(torch.flatten(F.adaptive_avg_pool2d(self.layers(x), 1), 1))


def resnet18():
    return WithLoss(ResNet18()), (torch.randn(2, 3, 64, 64), labels(2, 10))


def resnet18_channels_last():
    module, (image, target) = resnet18()
    for part in module.modules():  # module.to(memory_format=…) fails under fake tensors
        if isinstance(part, nn.Conv2d):
            weight = part.weight.detach().to(memory_format=torch.channels_last)
            part.weight = nn.Parameter(weight)
    return module, (image.contiguous(memory_format=torch.channels_last), target)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int, causal: bool, flash: bool, dropout: float):
        super().__init__()
        self.heads, self.causal, self.flash = heads, causal, flash
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        if self.flash:
            y = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        else:
            scores = query @ key.transpose(-2, -1) / math.sqrt(width // self.heads)
            if self.causal:
                hidden = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
                scores = scores.masked_fill(hidden, float("-inf"))
            y = self.dropout(F.softmax(scores, dim=-1)) @ value
        return self.out(y.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width, heads, causal, flash, dropout):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads, causal, flash, dropout)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.down(F.gelu(self.up(self.norm2(x)))))


class Gpt(nn.Module):
    """Decoder, learned positions, dropout 0.15, head tied to the embedding."""

    def __init__(self, flash: bool, words=96, length=24, width=48, heads=4, depth=4, dropout=0.15):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, True, flash, dropout) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        self.head.weight = self.words.weight

    def forward(self, ids):
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.words(ids) + self.places(places))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def _words(batch: int, length: int, words: int) -> torch.Tensor:
    return (torch.arange(batch * length).reshape(batch, length) * 31 + 7) % words


def gpt_math():
    return Gpt(False), (_words(2, 24, 96),)


def gpt_flash():
    return Gpt(True), (_words(2, 24, 96),)


class Bert(nn.Module):
    """Encoder after the norm, token types, a pooler, masked words and a class."""

    def __init__(self, words=80, length=20, width=48, heads=4, depth=2):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(length, width)
        self.types, self.norm = nn.Embedding(2, width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.1)
        self.encoder = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(width, heads, 4 * width, 0.1, F.gelu, batch_first=True)
                for _ in range(depth)
            )
        )
        self.pool, self.sentence = nn.Linear(width, width), nn.Linear(width, 2)
        self.head = nn.Linear(width, words)

    def forward(self, ids, kinds, target, label):
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.words(ids) + self.places(places) + self.types(kinds)
        x = self.encoder(self.dropout(self.norm(x)))
        words = F.cross_entropy(self.head(x).transpose(1, 2), target, ignore_index=-100)
        return words + F.cross_entropy(self.sentence(torch.tanh(self.pool(x[:, 0]))), label)


def bert():
    ids = _words(2, 20, 80)
    target = torch.where(ids % 5 == 0, ids, -100)
    return Bert(), (ids, (torch.arange(40) % 3 == 0).long().view(2, 20), target, labels(2, 2))


class DoubleConv(nn.Sequential):
    def __init__(self, inside: int, outside: int):
        super().__init__(
            nn.Conv2d(inside, outside, 3, padding=1),
            nn.GroupNorm(4, outside),
            nn.SiLU(),
            nn.Conv2d(outside, outside, 3, padding=1),
            nn.GroupNorm(4, outside),
            nn.SiLU(),
        )


class UNet(nn.Module):
    def __init__(self, width: int = 8, depth: int = 3):
        super().__init__()
        widths = [width << level for level in range(depth)]
        self.down = nn.ModuleList(
            DoubleConv(a, b) for a, b in zip([3, *widths], widths, strict=False)
        )
        self.bottom = DoubleConv(widths[-1], widths[-1] * 2)
        self.up = nn.ModuleList(DoubleConv(3 * w, w) for w in reversed(widths))
        self.out = nn.Conv2d(width, 3, 1)

    def forward(self, x, target):
        kept = []
        for level in self.down:
            x = level(x)
            kept.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for level in self.up:
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = level(torch.cat([x, kept.pop()], dim=1))
        return F.mse_loss(self.out(x), target)


def unet():
    return UNet(), (torch.randn(2, 3, 32, 32), torch.randn(2, 3, 32, 32))


class Lstm(nn.Module):
    def __init__(self, words=50, width=24, hidden=32):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.rnn, self.head = nn.LSTM(width, hidden, num_layers=2), nn.Linear(hidden, words)

    def forward(self, ids):
        states, _ = self.rnn(self.words(ids))
        return F.cross_entropy(self.head(states[:-1]).flatten(0, 1), ids[1:].flatten())


def lstm():
    return Lstm(), (_words(12, 4, 50),)


MODELS = {
    f.__name__: f
    for f in (mlp, resnet18, resnet18_channels_last, gpt_math, gpt_flash, bert, unet, lstm)
}
