"""What the PyTorch peers share: a fair set-up of the library, and the networks of the comparison.

Import this before torch: it sets the number of threads that the BLAS library reads when it is loaded.
"""

import math
import os
import re

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import torch  # noqa: E402
from torch import nn  # noqa: E402


def set_up():
    """One thread, no slow denormal numbers, and a BLAS that is worth comparing with. Returns its path.

    Debian's torch calls whatever libblas.so.3 stands for; the reference BLAS there would be many times slower.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        blas = {line.split()[-1] for line in maps if "blas" in line}
    if not any("openblas" in path or "blis" in path or "mkl" in path for path in blas):
        raise SystemExit(f"torch would use {sorted(blas)}: install libopenblas0-pthread for a fair comparison")
    return sorted(blas)[-1]


def sizes(text):
    """784-512-512-10 → [784, 512, 512, 10]."""
    return [int(word) for word in text.split("-")]


def notation(layer_sizes, dropout):
    """Dense layers with ReLU and dropout after each but the last, in the notation of ensemble_train."""
    after = f" relu dropout({dropout})" if dropout > 0 else " relu"
    return " ".join(f"dense({width}){after}" for width in layer_sizes[1:-1])


class Skip(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)


class LastState(nn.Module):
    """A recurrent layer over the rows of images or the steps of sequences."""

    def __init__(self, recurrence):
        super().__init__()
        self.recurrence = recurrence

    def forward(self, x):
        return self.recurrence(x.squeeze(1))[0][:, -1]


class Builder:
    """Builds the network that a text in ensemble_train's notation describes: the layers that the comparisons use."""

    def __init__(self, text, shape):
        self.words = re.findall(r"[a-z_]+|[\d.]+|[()\[\],]", text)
        self.at = 0
        # Channels first, as PyTorch has them.
        self.shape = shape if len(shape) == 1 else [shape[2] if len(shape) > 2 else 1, *shape[:2]]

    def take(self):
        self.at += 1
        return self.words[self.at - 1]

    def next_is(self, word):
        return self.at < len(self.words) and self.words[self.at] == word

    def arguments(self):
        found = []
        if self.next_is("("):
            self.take()
            while (word := self.take()) != ")":
                if word != ",":
                    found.append(float(word))
        return found

    def network(self):
        layers = []
        while self.at < len(self.words) and not self.next_is("]"):
            layers += getattr(self, self.take())(*self.arguments())
        return layers

    def bracket(self):
        self.take()
        inner = self.network()
        self.take()
        return inner

    def relu(self):
        return [nn.ReLU(inplace=True)]

    def dropout(self, rate):
        return [nn.Dropout(rate)]

    def dense(self, units):
        flatten = [nn.Flatten()] if len(self.shape) > 1 else []
        layer = nn.Linear(math.prod(self.shape), int(units))
        self.shape = [int(units)]
        return [*flatten, layer]

    def flatten(self):
        self.shape = [math.prod(self.shape)]
        return [nn.Flatten()]

    def conv(self, channels, window):
        layer = nn.Conv2d(self.shape[0], int(channels), int(window), padding="same")
        self.shape[0] = int(channels)
        return [layer]

    def maxpool(self, window):
        self.shape[1:] = [math.ceil(extent / window) for extent in self.shape[1:]]
        return [nn.MaxPool2d(int(window), ceil_mode=True)]

    def avgpool(self):
        self.shape = self.shape[:1]
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]

    def batchnorm(self):
        return [(nn.BatchNorm1d if len(self.shape) == 1 else nn.BatchNorm2d)(self.shape[0])]

    def skip(self):
        return [Skip(nn.Sequential(*self.bracket()))]

    def repeat(self, times):
        start = self.at
        layers = []
        for _ in range(int(times)):
            self.at = start
            layers += self.bracket()
        return layers

    def recurrent(self, kind, units):
        layer = kind(self.shape[2], int(units), batch_first=True)
        self.shape = [int(units)]
        return [LastState(layer)]

    def rnn(self, units):
        return self.recurrent(nn.RNN, units)

    def lstm(self, units):
        return self.recurrent(nn.LSTM, units)

    def gru(self, units):
        return self.recurrent(nn.GRU, units)


def network(text, shape, outputs):
    """The described layers and an output layer, He initialisation. Images are height×width, channels last."""
    model = nn.Sequential(*Builder(f"{text} dense({outputs})", shape).network())
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return model


def optimizer(kind, parameters, rate, foreach):
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=rate, foreach=foreach)
    momentum = 0.9 if kind == "momentum" else 0.0
    return torch.optim.SGD(parameters, lr=rate, momentum=momentum, foreach=foreach)


def train_step(model, loss, update, features, targets):
    update.zero_grad(set_to_none=True)
    value = loss(model(features), targets)
    value.backward()
    update.step()
    return value
