#!/usr/bin/env python3
"""Prints the reference values that tests of this folder hold: references.py [SUITE …].

By scikit-learn 1.2.1, scipy 1.10.1 and numpy 1.24.2; no test runs it. Data are those of sequence.hpp.
"""

import sys

import numpy as np
import scipy.stats
import sklearn.metrics

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


@suite
def selective():
    sequence = Sequence(2)
    confidence = sequence.take(200)
    cases = {"hits": (confidence, (sequence.take(200) < 0.4 * (1 - confidence)) * 1.0, 0.1)}
    coarse = np.floor(sequence.take(60) * 7) / 7
    cases["ties"] = coarse, (1.1 - coarse) * sequence.take(60), 0.2
    for name, (confidence, loss, limit) in cases.items():
        # The expectation over orders of equal confidences: each of these rows counts with their mean loss.
        expected = np.array([loss[confidence == each].mean() for each in confidence])
        sums = np.cumsum(expected[np.argsort(-confidence, kind="stable")])
        n = len(loss)
        risks = sums / np.arange(1, n + 1)
        area = sklearn.metrics.auc(np.arange(n + 1) / n, np.concatenate([[0], sums / n]))
        show(f"{name}: aurc, augrc", [risks.mean(), area])
        show(f"{name}: risk at 80 %, 33 %", [risks[int(np.ceil(share * n)) - 1] for share in (0.8, 0.33)])
        show(f"{name}: coverage at risk {limit}", (np.flatnonzero(risks <= limit).max() + 1) / n)
        if name == "hits":
            e = loss.mean()
            auroc = sklearn.metrics.roc_auc_score(loss == 0, confidence)
            show(f"{name}: augrc by Traub's formula", e * e / 2 + e * (1 - e) * (1 - auroc))


@suite
def detection():
    sequence = Sequence(3)
    outliers, inliers = sequence.take(150) ** 0.5, sequence.take(220)
    scores = np.concatenate([outliers, inliers])
    truth = np.arange(370) < 150
    for name, values in {"distinct": scores, "ties": np.floor(scores * 10)}.items():
        fpr, tpr, _ = sklearn.metrics.roc_curve(truth, values, drop_intermediate=False)
        show(
            name,
            [
                sklearn.metrics.roc_auc_score(truth, values),
                sklearn.metrics.average_precision_score(truth, values),
                fpr[np.argmax(tpr >= 0.95)],
            ],
        )


if __name__ == "__main__":
    for name in sys.argv[1:] or SUITES:
        print(name)
        SUITES[name]()
