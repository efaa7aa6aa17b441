"""A training step to start from: two residual blocks and a loss.

python -m hcb_tools.export_fx examples/train_step.py:step -o step.hcb
"""

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


class Net(nn.Module):
    def __init__(self, channels: int = 16, blocks: int = 4):
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))
        self.dropout, self.head = nn.Dropout(0.1), nn.Linear(channels, 10)

    def forward(self, image):
        pooled = F.adaptive_avg_pool2d(self.blocks(self.stem(image)), 1).flatten(1)
        return self.head(self.dropout(pooled))


def step():
    """(module, arguments, loss of what the module returns)."""
    labels = torch.arange(8) % 10
    return Net(), (torch.randn(8, 3, 32, 32),), lambda logits: F.cross_entropy(logits, labels)
