"""Steps to time: three that compute, two of many small ops."""

from __future__ import annotations

import models  # of tools/tests
import torch
import torch.nn.functional as F
from steps import Gpt


def _ids(vocabulary, batch, length):
    return torch.randint(vocabulary, (batch, length))


def _against(label):
    return lambda logits: F.cross_entropy(logits, label)


def resnet18():
    images = torch.randn(8, 3, 64, 64)
    return models.ResNet18(64, 10), (images,), _against(torch.arange(8))


def gpt():
    return Gpt(1000, 128, 256, 8, 4), (_ids(1000, 4, 128),)


def unet():
    target = torch.randn(2, 3, 64, 64)
    return models.UNet(32, 3), (torch.randn(2, 3, 64, 64),), lambda out: F.mse_loss(out, target)


def lstm():
    return models.LstmModel(200, 64), (_ids(200, 32, 8),)


def gpt_tiny():
    return Gpt(64, 8, 16, 2, 2), (_ids(64, 2, 8),)


# Steps per measurement: about half a second each.
STEPS = {"resnet18": 5, "gpt": 5, "unet": 8, "lstm": 200, "gpt_tiny": 300}
