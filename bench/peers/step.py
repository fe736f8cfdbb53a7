#!/usr/bin/python3
"""Training steps per second of eager PyTorch on one thread: forward, loss, backward, optimiser; data in memory.

Prints one JSON object. The optimiser runs in both of its forms (a loop over tensors, foreach); the faster one counts.
"""

import argparse
import itertools
import json
import statistics
import time

from peer import Recurrent, network, optimizer, set_up, sizes, torch, train_step

BATCHES = 32  # different batches, taken in turn


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="784-512-512-10", help="layer sizes, input to output (%(default)s)")
    parser.add_argument("--cell", choices=("lstm", "gru"), help="hidden layer over sequences of --steps (--net F-H-O)")
    parser.add_argument("--steps", type=int, default=28, help="of a sequence (%(default)s)")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--optimizer", choices=("adam", "momentum", "sgd"), default="adam")
    parser.add_argument("--task", choices=("classification", "regression"), default="classification")
    parser.add_argument("--foreach", choices=("auto", "on", "off"), default="auto", help="form of the optimiser")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of the measurement (%(default)s)")
    return parser.parse_args()


def synthetic(layer_sizes, batch, task, steps):
    features = torch.rand(BATCHES * batch, *steps, layer_sizes[0])
    if task == "classification":
        return features, torch.randint(layer_sizes[-1], (BATCHES * batch,))
    return features, torch.randn(BATCHES * batch, layer_sizes[-1])


class Measurement:
    def __init__(self, given, foreach):
        layer_sizes = sizes(given.net)
        self.batch = given.batch
        self.model = Recurrent(given.cell, *layer_sizes) if given.cell else network(layer_sizes, given.dropout)
        self.model.train()
        self.loss = torch.nn.CrossEntropyLoss() if given.task == "classification" else torch.nn.MSELoss()
        self.update = optimizer(given.optimizer, self.model.parameters(), 1e-3, foreach)
        features, targets = synthetic(layer_sizes, given.batch, given.task, [given.steps] if given.cell else [])
        self.batches = list(zip(features.split(given.batch), targets.split(given.batch)))

    def samples_per_s(self, seconds):
        """Median rate over short slices, after a warm-up: the machine may be shared."""
        batches = itertools.cycle(self.batches)
        self.run(batches, 20)
        rates = []
        slice_s = max(0.02, seconds / 50)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start, steps = time.perf_counter(), 0
            while (elapsed := time.perf_counter() - start) < slice_s:
                self.run(batches, 4)
                steps += 4
            rates.append(steps * self.batch / elapsed)
        return statistics.median(rates)

    def run(self, batches, steps):
        for features, targets in itertools.islice(batches, steps):
            train_step(self.model, self.loss, self.update, features, targets)


def main():
    given = arguments()
    blas = set_up()
    torch.manual_seed(1)
    forms = {"auto": (False, True), "on": (True,), "off": (False,)}[given.foreach]
    measurements = {form: Measurement(given, form) for form in forms}
    best = forms[0]
    if len(forms) > 1:
        best = max(forms, key=lambda form: measurements[form].samples_per_s(min(0.5, given.seconds)))
    print(json.dumps({
        "samples_per_s": measurements[best].samples_per_s(given.seconds),
        "foreach": best,
        "torch": torch.__version__,
        "blas": blas,
    }))


if __name__ == "__main__":
    main()
