"""Small steps that the tests export; see docs/exporting.md for the files made from them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


def mlp():
    module = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))
    target = torch.zeros(2, dtype=torch.long)
    return module, (torch.randn(2, 8),), lambda output: F.cross_entropy(output, target)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.norm2 = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.dropout, self.head = nn.Dropout(0.1), nn.Linear(8, 4)

    def forward(self, image, label):
        first = F.relu(self.norm1(self.conv1(image)), inplace=True)
        second = F.relu_(self.norm2(self.conv2(first)) + first)
        pooled = F.adaptive_avg_pool2d(second, 1).flatten(1)
        return F.cross_entropy(self.head(self.dropout(pooled)), label)


def cnn():
    return Cnn(), (torch.randn(2, 3, 8, 8), torch.zeros(2, dtype=torch.long))


def causal_attention(query, key, value, dropout_p, is_causal):
    """Attention in single operators, as it is written out by hand."""
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    if is_causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    return F.dropout(scores.softmax(-1), dropout_p) @ value


class Block(nn.Module):
    def __init__(self, width, heads, attention_dropout=0.0, math_attention=False):
        super().__init__()
        self.heads, self.attention_dropout = heads, attention_dropout
        self.math_attention = math_attention
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(0.15)

    def attention(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mix = causal_attention if self.math_attention else F.scaled_dot_product_attention
        mixed = mix(query, key, value, dropout_p=self.attention_dropout, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.down(F.gelu(self.up(self.norm2(x)))))


class Gpt(nn.Module):
    """Decoder with learned positions and a head tied to the embedding."""

    def __init__(self, vocabulary=64, length=8, width=16, heads=2, depth=2, **attention):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList(Block(width, heads, **attention) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def gpt_tiny():
    return Gpt(), (torch.zeros(2, 8, dtype=torch.long),)


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.LSTM(4, 8, num_layers=2), nn.Linear(8, 2)

    def forward(self, sequence):
        return self.head(self.rnn(sequence)[0][-1])


def lstm():
    return Lstm(), (torch.randn(5, 3, 4),)


def gpt_7b():
    """7.0 billion parameters: 34 blocks of width 4,096, 2,048 tokens."""
    return Gpt(32000, 2048, 4096, 32, 34), (torch.zeros(1, 2048, dtype=torch.long),)
