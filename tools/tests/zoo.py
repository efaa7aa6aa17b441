"""Steps with one feature each: what a trace can contain, seen alone.

Every public function is a factory: `python -m hcb_tools.export_fx tests/zoo.py:gru -o gru.hcb`.
"""

from __future__ import annotations

import inspect
import math
import sys

import torch
import torch.nn.functional as F
from torch import nn


class Call(nn.Module):
    """The function of the submodules and the inputs, in training form."""

    def __init__(self, function, **parts):
        super().__init__()
        self._function = function
        for name, part in parts.items():
            if isinstance(part, nn.Parameter):
                self.register_parameter(name, part)
            elif isinstance(part, torch.Tensor):
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, *args):
        return self._function(self, *args)


def _weight(*shape):
    return nn.Parameter(torch.randn(*shape))


# -------------------------------------------------------------------------------------------------
# Recurrent


def rnn_tanh():
    return nn.RNN(4, 8, num_layers=2), (torch.randn(5, 3, 4),)


def rnn_relu():
    return nn.RNN(4, 8, nonlinearity="relu", bidirectional=True), (torch.randn(5, 3, 4),)


def gru():
    return nn.GRU(4, 8, num_layers=2, dropout=0.3), (torch.randn(5, 3, 4),)


def lstm_bidirectional():
    return nn.LSTM(4, 8, bidirectional=True, batch_first=True), (torch.randn(3, 5, 4),)


def lstm_projected():
    return nn.LSTM(4, 8, proj_size=3), (torch.randn(5, 3, 4),)


def lstm_cell():
    def run(self, sequence):
        state = None
        for item in sequence.unbind(0):
            state = self.cell(item, state)
        return state[0]

    return Call(run, cell=nn.LSTMCell(4, 8)), (torch.randn(3, 2, 4),)


# -------------------------------------------------------------------------------------------------
# Attention


def attention():
    def run(self, x):
        return self.layer(x, x, x, need_weights=False)[0]

    return Call(run, layer=nn.MultiheadAttention(8, 2, dropout=0.2)), (torch.randn(5, 3, 8),)


def attention_weights():
    def run(self, x):
        mixed, weights = self.layer(x, x, x)
        return mixed.sum() + weights.square().sum()

    return Call(run, layer=nn.MultiheadAttention(8, 2, batch_first=True)), (torch.randn(3, 5, 8),)


def attention_masked():
    def run(self, x, mask):
        query, key, value = self.project(x).view(2, 6, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)

    mask = torch.ones(6, 6, dtype=torch.bool).tril()
    return Call(run, project=nn.Linear(8, 24)), (torch.randn(2, 6, 8), mask)


def encoder_layer():
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=0.15), (torch.randn(5, 3, 8),)


def encoder_layer_norm_first():
    layer = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True,
                                       norm_first=True)
    return layer, (torch.randn(3, 5, 8),)


def decoder_layer():
    layer = nn.TransformerDecoderLayer(8, 2, 16)
    return layer, (torch.randn(4, 3, 8), torch.randn(5, 3, 8))


# -------------------------------------------------------------------------------------------------
# Normalisation, convolution, pooling


def batch_norm_1d():
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6)), (torch.randn(5, 4),)


def batch_norm_sequence():
    """BatchNorm of a transposed tensor."""
    def run(self, x):
        return self.norm(x.transpose(1, 2))

    return Call(run, norm=nn.BatchNorm1d(6)), (torch.randn(3, 5, 6, requires_grad=True),)


def batch_norm_average():
    """The cumulative average, and no affine part."""
    norm = nn.BatchNorm2d(4, momentum=None, affine=False)
    return nn.Sequential(nn.Conv2d(3, 4, 3), norm), (torch.randn(2, 3, 6, 6),)


def layer_norm():
    return nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6)), (torch.randn(5, 4),)


def rms_norm():
    return nn.Sequential(nn.Linear(4, 6), nn.RMSNorm(6)), (torch.randn(5, 4),)


def group_norm():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.SiLU()), (
        torch.randn(2, 3, 6, 6),)


def instance_norm():
    norm = nn.InstanceNorm2d(4, affine=True, track_running_stats=True)
    return nn.Sequential(nn.Conv2d(3, 4, 3), norm), (torch.randn(2, 3, 6, 6),)


def weight_norm():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 6))
    return layer, (torch.randn(5, 4),)


def convolution_grouped():
    conv = nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=2, padding_mode="reflect")
    return conv, (torch.randn(2, 4, 7, 7),)


def convolution_transposed():
    return nn.Sequential(nn.ConvTranspose2d(3, 4, 4, stride=2), nn.LeakyReLU(0.1, inplace=True)), (
        torch.randn(2, 3, 5, 5),)


def convolution_1d():
    return nn.Sequential(nn.Conv1d(3, 4, 3, dilation=2), nn.GLU(1)), (torch.randn(2, 3, 9),)


def convolution_3d():
    return nn.Sequential(nn.Conv3d(2, 3, 2), nn.MaxPool3d(2), nn.ELU()), (
        torch.randn(1, 2, 5, 5, 5),)


def pooling():
    parts = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.AvgPool2d(2),
                          nn.AdaptiveMaxPool2d(2), nn.AdaptiveAvgPool2d(1))
    return parts, (torch.randn(2, 3, 18, 18),)


# -------------------------------------------------------------------------------------------------
# Embedding, gather, scatter, sort


def embedding():
    table = nn.Embedding(10, 4, padding_idx=0, scale_grad_by_freq=True)
    return table, (torch.tensor([[1, 2, 0], [2, 2, 5]]),)


def embedding_bag():
    return nn.EmbeddingBag(10, 4, mode="mean"), (torch.tensor([[1, 2, 4], [2, 2, 5]]),)


def index():
    def run(self, rows, columns):
        return self.table[rows, columns].square() + self.table[rows][:, None, 1]

    return Call(run, table=_weight(5, 4)), (torch.tensor([0, 3, 3]), torch.tensor([1, 1, 2]))


def index_put():
    def run(self, rows):
        base = self.table * 2.0
        base[rows] = 0.5
        base[:, 1] += 1.0
        return base.index_add(0, rows, self.table[rows], alpha=2)

    return Call(run, table=_weight(5, 4)), (torch.tensor([0, 3]),)


def scatter():
    def run(self, places):
        out = torch.zeros(4, 5).scatter_add(0, places, self.source)
        return out.scatter_reduce(0, places, self.source.square(), "amax").gather(1, places)

    return Call(run, source=_weight(3, 5)), (torch.tensor([[0, 1, 2, 0, 3]] * 3),)


def topk():
    def run(self, x):
        scores = self.gate(x)
        best, places = scores.topk(2, dim=-1)
        return best.softmax(-1) * scores.sort(-1, descending=True)[0].gather(-1, places)

    return Call(run, gate=nn.Linear(4, 6)), (torch.randn(5, 4),)


def experts():
    """A mixture of experts with dense masks."""
    def run(self, x):
        share = self.gate(x).softmax(-1)
        best = F.one_hot(share.argmax(-1), 3).to(x.dtype) * share
        return sum(best[:, i : i + 1] * expert(x) for i, expert in enumerate(self.experts))

    experts = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
    return Call(run, gate=nn.Linear(4, 3), experts=experts), (torch.randn(5, 4),)


# -------------------------------------------------------------------------------------------------
# Elements, reductions, linear algebra


def activations():
    kinds = [nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Softplus(), nn.Hardswish(),
             nn.SELU(), nn.PReLU(3), nn.LogSigmoid(), nn.Hardtanh(), nn.Softsign()]

    def run(self, x):
        return torch.stack([kind(part) for kind, part in zip(self.kinds, self.layer(x).split(3, 1),
                                                             strict=True)])

    return Call(run, layer=nn.Linear(4, 33), kinds=nn.ModuleList(kinds)), (torch.randn(5, 4),)


def reductions():
    def run(self, x):
        y = self.layer(x)
        parts = [y.mean(0), y.amax(0), y.var(0), y.logsumexp(0), y.norm(dim=0), y.cumsum(0)[2],
                 y.std(0), y.min(0).values, y.median(0).values]
        return torch.cat(parts)

    return Call(run, layer=nn.Linear(4, 6)), (torch.randn(5, 4),)


def losses():
    def run(self, x, label):
        y = self.layer(x)
        smooth = F.cross_entropy(y, label, label_smoothing=0.1, weight=self.weight)
        soft = F.kl_div(y.log_softmax(-1), torch.full_like(y, 0.25), reduction="batchmean")
        near = F.smooth_l1_loss(y, x) + F.huber_loss(y, x) + F.mse_loss(y, x)
        binary = F.binary_cross_entropy_with_logits(y, torch.ones_like(y))
        return smooth + soft + near + binary + F.nll_loss(y.log_softmax(-1), label)

    return Call(run, layer=nn.Linear(4, 4), weight=torch.rand(4)), (
        torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 1]))


def einsum():
    def run(self, x):
        return torch.einsum("bij,hjk->bhik", x, self.weight) + torch.tensordot(
            x, self.weight, dims=([2], [1])).permute(0, 2, 1, 3)

    return Call(run, weight=_weight(2, 4, 3)), (torch.randn(3, 5, 4),)


def fft():
    def run(self, x):
        spectrum = torch.fft.rfft2(self.layer(x), norm="ortho")
        return torch.fft.irfft2(spectrum * self.filter, s=(6, 6), norm="ortho")

    weight = nn.Parameter(torch.randn(6, 4, dtype=torch.complex64))
    return Call(run, layer=nn.Conv2d(1, 2, 1), filter=weight), (torch.randn(2, 1, 6, 6),)


def linear_algebra():
    def run(self, x):
        spread = self.weight @ self.weight.T + 4 * torch.eye(4)
        lower = torch.linalg.cholesky(spread)
        return torch.linalg.solve_triangular(lower, x.T, upper=False).sum() + spread.logdet()

    return Call(run, weight=_weight(4, 4)), (torch.randn(5, 4),)


def state_space():
    """A diagonal linear recurrence, unrolled."""
    def run(self, x):
        decay, state, outputs = torch.exp(-F.softplus(self.rate)), torch.zeros(2, 4), []
        for item in self.project(x).unbind(1):
            state = decay * state + item
            outputs.append(state * self.readout)
        return torch.stack(outputs, 1)

    return Call(run, rate=_weight(4), project=nn.Linear(3, 4), readout=_weight(4)), (
        torch.randn(2, 6, 3),)


def cumulative_scan():
    """The same recurrence by cumulative sums of logarithms."""
    def run(self, x):
        log_decay = -F.softplus(self.rate(x)).cumsum(1)
        return torch.exp(log_decay) * (torch.exp(-log_decay) * self.project(x)).cumsum(1)

    return Call(run, rate=nn.Linear(3, 4), project=nn.Linear(3, 4)), (torch.randn(2, 6, 3),)


# -------------------------------------------------------------------------------------------------
# Shapes, resizing


def interpolation():
    def run(self, x):
        y = self.conv(x)
        parts = [F.interpolate(y, scale_factor=2, mode="nearest"),
                 F.interpolate(y, size=(8, 8), mode="bilinear", align_corners=False),
                 F.interpolate(y, size=(8, 8), mode="bicubic", align_corners=True)]
        return torch.cat(parts, 1)

    return Call(run, conv=nn.Conv2d(3, 2, 1)), (torch.randn(2, 3, 4, 4),)


def grid_sample():
    def run(self, x):
        grid = F.affine_grid(self.theta.expand(2, 2, 3), [2, 3, 5, 5], align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)

    return Call(run, theta=_weight(1, 2, 3)), (torch.randn(2, 3, 5, 5),)


def shapes():
    def run(self, x):
        y = self.layer(x).view(5, 2, 3).transpose(0, 1)
        z = F.pad(y.flip(0).roll(1, 1), (1, 2), value=0.5).repeat(1, 1, 2)
        return z.unfold(2, 4, 2).reshape(2, -1).masked_fill(self.mask, 1.0).tril()

    return Call(run, layer=nn.Linear(4, 6), mask=torch.eye(2, 100).bool()), (torch.randn(5, 4),)


def pixel_shuffle():
    return nn.Sequential(nn.Conv2d(3, 8, 1), nn.PixelShuffle(2), nn.ReflectionPad2d(1)), (
        torch.randn(2, 3, 4, 4),)


# -------------------------------------------------------------------------------------------------
# State, constants, types, sharing


def dropouts():
    parts = [nn.Conv2d(3, 4, 1), nn.Dropout2d(0.3), nn.AlphaDropout(0.2), nn.Dropout(0.15)]
    return nn.Sequential(*parts), (torch.randn(2, 3, 4, 4),)


def noise():
    def run(self, x):
        y = self.layer(x)
        return y + torch.randn_like(y) * torch.rand(5, 1) + torch.empty_like(y).exponential_()

    return Call(run, layer=nn.Linear(4, 6)), (torch.randn(5, 4),)


def tied_weights():
    def run(self, ids):
        return self.head(torch.tanh(self.table(ids)))

    table, head = nn.Embedding(10, 4), nn.Linear(4, 10, bias=False)
    head.weight = table.weight
    return Call(run, table=table, head=head), (torch.tensor([[1, 2, 3]]),)


def shared_layer():
    def run(self, x):
        for _ in range(3):
            x = torch.tanh(self.layer(x))
        return x

    return Call(run, layer=nn.Linear(4, 4)), (torch.randn(5, 4),)


def frozen():
    def run(self, x):
        return self.last(torch.relu(self.first(x)))

    first = nn.Linear(4, 6).requires_grad_(False)
    return Call(run, first=first, last=nn.Linear(6, 2)), (torch.randn(5, 4),)


def constants():
    """A literal, an attribute that is no buffer, and a buffer that is only read."""
    def run(self, x):
        return self.layer(x) * torch.tensor([1.0, 2.0, 3.0]) + self.kept["shift"] * self.scale

    call = Call(run, layer=nn.Linear(4, 3), scale=torch.rand(3))
    call.kept = {"shift": torch.randn(3)}
    return call, (torch.randn(5, 4),)


def running_average():
    def run(self, x):
        y = self.layer(x)
        self.mean.mul_(0.9).add_(y.detach().mean(0), alpha=0.1)
        self.steps += 1
        return y - self.mean

    return Call(run, layer=nn.Linear(4, 3), mean=torch.zeros(3), steps=torch.zeros(1)), (
        torch.randn(5, 4),)


def in_place():
    def run(self, x):
        y = self.layer(x)
        y.mul_(2.0).clamp_(-1, 1)
        y[:, 0].add_(1.0)
        return F.relu((y + 1.0).sub_(0.5), inplace=True)

    return Call(run, layer=nn.Linear(4, 6)), (torch.randn(5, 4),)


def bfloat16():
    layers = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 2))
    return layers.to(torch.bfloat16), (torch.randn(5, 4, dtype=torch.bfloat16),)


def autocast():
    def run(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = self.last(torch.relu(self.first(x)))
        return y.float().log_softmax(-1)

    return Call(run, first=nn.Linear(4, 8), last=nn.Linear(8, 3)), (torch.randn(5, 4),)


def double_precision():
    return nn.Linear(4, 3, dtype=torch.float64), (torch.randn(5, 4, dtype=torch.float64),)


def input_gradient():
    return nn.Linear(4, 3), (torch.randn(5, 4, requires_grad=True),)


def keyword_inputs():
    def run(self, x, mask=None, scale=1.0):
        return self.layer(x).masked_fill(mask, 0.0) * scale

    class Keyword(Call):
        def forward(self, x, mask=None, scale=1.0):
            return run(self, x, mask, scale)

    mask = torch.eye(5, 3).bool()
    return Keyword(run, layer=nn.Linear(4, 3)), (torch.randn(5, 4),), {"mask": mask, "scale": 0.5}


def several_outputs():
    def run(self, x):
        y = self.layer(x)
        return {"logits": y, "parts": [y.exp(), y.argmax(-1)], "scalar": y.mean()}

    def loss(outputs):
        return outputs["scalar"] + outputs["parts"][0].sum()

    return Call(run, layer=nn.Linear(4, 3)), (torch.randn(5, 4),), loss


def positions():
    """Sines and cosines made in the step."""
    def run(self, x):
        place = torch.arange(6, dtype=torch.float32)[:, None]
        rate = torch.exp(torch.arange(0, 4, 2) * (-math.log(1e4) / 4))
        table = torch.zeros(6, 4)
        table[:, 0::2], table[:, 1::2] = torch.sin(place * rate), torch.cos(place * rate)
        return self.layer(x + table)

    return Call(run, layer=nn.Linear(4, 3)), (torch.randn(2, 6, 4),)


def checkpoint():
    """Regions that the trace ignores."""
    from torch.utils.checkpoint import checkpoint as region

    def run(self, x):
        return region(self.last, region(self.first, x, use_reentrant=False), use_reentrant=False)

    return Call(run, first=nn.Linear(4, 6), last=nn.Linear(6, 2)), (
        torch.randn(5, 4, requires_grad=True),)


NAMES = [name for name, item in inspect.getmembers(sys.modules[__name__], inspect.isfunction)
         if item.__module__ == __name__ and not name.startswith("_")]
