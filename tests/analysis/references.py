#!/usr/bin/env python3
"""Prints the reference values that tests of this folder hold: references.py [SUITE …].

By scikit-learn 1.2.1, scipy 1.10.1 and numpy 1.24.2; no test runs it. Data are those of sequence.hpp.
"""

import sys

import numpy as np
import scipy.stats

SUITES = {}


def suite(function):
    SUITES[function.__name__] = function
    return function


class Sequence:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) * 2.0**-53

    def take(self, count):
        return np.array([self.next() for _ in range(count)])

    def probabilities(self, rows, classes):
        cubes = self.take(rows * classes).reshape(rows, classes) ** 3
        return (cubes / cubes.sum(1, keepdims=True)).astype(np.float32).astype(np.float64)

    def below(self, count, bound):
        return (self.take(count) * bound).astype(int)


def show(name, values):
    print(f"  {name}: " + ", ".join(f"{value:.17g}" for value in np.atleast_1d(values)))


@suite
def uncertainty():
    sequence = Sequence(1)
    members = np.array([sequence.probabilities(12, 4) for _ in range(5)])
    mean = members.mean(0)
    votes = np.array([np.bincount(row, minlength=4) for row in members.argmax(2).T])
    entropy = scipy.stats.entropy(mean, axis=1)
    expected = scipy.stats.entropy(members, axis=2).mean(0)
    chosen = mean.argmax(1)
    measures = {
        "entropy": entropy,
        "expected_entropy": expected,
        "mutual_information": entropy - expected,
        "vote_entropy": scipy.stats.entropy(votes, axis=1),
        "variation_ratio": 1 - votes.max(1) / 5,
        "least_confidence": 1 - mean.max(1),
        "member_variance": np.var(members[:, np.arange(12), chosen], axis=0),
    }
    for name, values in measures.items():
        show(name, [values[0], values[11], values.sum()])


if __name__ == "__main__":
    for name in sys.argv[1:] or SUITES:
        print(name)
        SUITES[name]()
