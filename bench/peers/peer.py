"""What the PyTorch peers share: a fair set-up of the library, and the networks of the comparison.

Import this before torch: it sets the number of threads that the BLAS library reads when it is loaded.
"""

import os

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


def network(layer_sizes, dropout):
    """Dense layers with ReLU and dropout after each but the last, He initialisation."""
    layers = []
    for index in range(len(layer_sizes) - 1):
        dense = nn.Linear(layer_sizes[index], layer_sizes[index + 1])
        nn.init.kaiming_normal_(dense.weight, nonlinearity="relu")
        nn.init.zeros_(dense.bias)
        layers.append(dense)
        if index + 2 < len(layer_sizes):
            layers.append(nn.ReLU(inplace=True))
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers)


class Recurrent(nn.Module):
    """A recurrent layer, read at its last step, and a dense layer."""

    def __init__(self, cell, features, hidden, outputs):
        super().__init__()
        self.cell = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](features, hidden, batch_first=True)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, sequences):
        return self.output(self.cell(sequences)[0][:, -1])


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
