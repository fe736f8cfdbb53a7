#!/usr/bin/python3
"""Training steps per second of eager PyTorch on one thread: forward, loss, backward, optimiser; data in memory.

Prints one JSON object. The optimiser runs in both of its forms (a loop over tensors, foreach); the faster one counts.
"""

import argparse
import itertools
import json
import statistics
import time

from peer import network, optimizer, set_up, torch, train_step

BATCHES = 32  # different batches, taken in turn


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="dense(512) relu dense(512) relu", help="in ensemble_train's notation (%(default)s)")
    parser.add_argument("--input", default="784", help="extents of an item, 784 or 28x28 (%(default)s)")
    parser.add_argument("--outputs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--optimizer", choices=("adam", "momentum", "sgd"), default="adam")
    parser.add_argument("--regression", action="store_true", help="squared error instead of cross-entropy")
    parser.add_argument("--foreach", choices=("auto", "on", "off"), default="auto", help="form of the optimiser")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of the measurement (%(default)s)")
    return parser.parse_args()


def synthetic(given, shape):
    # Channels first, as PyTorch has them.
    items = shape if len(shape) == 1 else [shape[2] if len(shape) > 2 else 1, *shape[:2]]
    features = torch.rand(BATCHES * given.batch, *items)
    if given.regression:
        return features, torch.randn(BATCHES * given.batch, given.outputs)
    return features, torch.randint(given.outputs, (BATCHES * given.batch,))


class Measurement:
    def __init__(self, given, foreach):
        shape = [int(extent) for extent in given.input.split("x")]
        self.batch = given.batch
        self.model = network(given.net, shape, given.outputs).train()
        self.loss = torch.nn.MSELoss() if given.regression else torch.nn.CrossEntropyLoss()
        self.update = optimizer(given.optimizer, self.model.parameters(), 1e-3, foreach)
        features, targets = synthetic(given, shape)
        self.batches = list(zip(features.split(given.batch), targets.split(given.batch)))

    def samples_per_s(self, seconds):
        """Median rate over short slices, after a warm-up: the machine may be shared."""
        batches = itertools.cycle(self.batches)
        self.run(batches, 6)
        rates = []
        slice_s = max(0.02, seconds / 50)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start, steps = time.perf_counter(), 0
            while (elapsed := time.perf_counter() - start) < slice_s:
                self.run(batches, 1)
                steps += 1
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
