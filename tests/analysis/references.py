#!/usr/bin/env python3
"""Prints the reference values that tests of this folder hold: references.py [SUITE …].

By scikit-learn 1.2.1, scipy 1.10.1 and numpy 1.24.2; no test runs it. Data are those of sequence.hpp.
"""

import sys

import numpy as np
import scipy.optimize
import scipy.stats
import sklearn.isotonic
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
def diversity():
    sequence = Sequence(21)
    members = np.array([sequence.probabilities(40, 3) for _ in range(4)])
    labels = sequence.below(40, 3)
    chosen = members.argmax(2)
    right = chosen == labels
    pairs = [(first, second) for second in range(1, 4) for first in range(second)]
    show("disagreement", [np.mean(chosen[a] != chosen[b]) for a, b in pairs])
    show("kappa", [sklearn.metrics.cohen_kappa_score(chosen[a], chosen[b]) for a, b in pairs])
    show("correlation", [scipy.stats.pearsonr(right[a], right[b])[0] for a, b in pairs])
    tables = [sklearn.metrics.confusion_matrix(right[a], right[b]).astype(float) for a, b in pairs]
    odds = [t[0, 0] * t[1, 1] / (t[0, 1] * t[1, 0]) for t in tables]
    show("q_statistic", [(ratio - 1) / (ratio + 1) for ratio in odds])
    geometric = np.exp(np.log(members).mean(0))
    geometric /= geometric.sum(1, keepdims=True)
    divergences = [scipy.stats.entropy(geometric, member, axis=1).mean() for member in members]
    losses = [sklearn.metrics.log_loss(labels, member, labels=[0, 1, 2]) for member in members]
    pooled = sklearn.metrics.log_loss(labels, geometric, labels=[0, 1, 2])
    show("log loss: member, diversity, ensemble", [np.mean(losses), np.mean(divergences), pooled])
    onehot = np.eye(3)[labels]
    brier = [sum(sklearn.metrics.brier_score_loss(onehot[:, c], p[:, c]) for c in range(3)) for p in [*members, members.mean(0)]]
    show("Brier score: member, ensemble", [np.mean(brier[:-1]), brier[-1]])


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


def classified(seed, rows, classes):
    """Probabilities and labels drawn from what they would be at a temperature of 1.6."""
    sequence = Sequence(seed)
    p = sequence.probabilities(rows, classes)
    flat = p ** (1 / 1.6)
    edges = np.cumsum(flat / flat.sum(1, keepdims=True), axis=1)
    labels = (sequence.take(rows)[:, None] > edges[:, :-1]).sum(1)
    return p, labels


def binned(p, y, bins, which):
    """Rows, mean forecast and frequency of each bin that is not empty."""
    groups = [which == each for each in range(bins)]
    return np.array([[each.sum(), p[each].mean(), y[each].mean()] for each in groups if each.any()]).T


@suite
def calibration():
    p, labels = classified(4, 400, 4)
    confidence, hit = p.max(1), (p.argmax(1) == labels) * 1.0
    for name, x in {"fine": confidence, "coarse": np.floor(confidence * 20) / 20}.items():
        for bins in (15, 4):
            width = np.minimum((x * bins).astype(int), bins - 1)
            mass = np.searchsorted(np.sort(x), x, "left") * bins // len(x)
            rows, mean, frequency = binned(x, hit, bins, width)
            equal_width = (rows * abs(mean - frequency)).sum() / len(x)
            rows, mean, frequency = binned(x, hit, bins, mass)
            equal_mass = (rows * abs(mean - frequency)).sum() / len(x)
            chance = frequency * (1 - frequency) / np.maximum(rows - 1, 1)
            terms = np.where(rows > 1, rows * ((mean - frequency) ** 2 - chance), 0)
            debiased = np.sqrt(max(terms.sum() / len(x), 0))
            show(f"{name}, {bins} bins: equal width, equal mass, debiased", [equal_width, equal_mass, debiased])
    errors = []
    for label in range(4):
        x, y = p[:, label], (labels == label) * 1.0
        rows, mean, frequency = binned(x, y, 15, np.minimum((x * 15).astype(int), 14))
        errors.append((rows * abs(mean - frequency)).sum() / 400)
    show("class-wise", np.mean(errors))


@suite
def isotonic():
    sequence = Sequence(5)
    values = np.arange(40) / 40 + sequence.take(40)
    weights = 0.1 + sequence.take(40)
    fit = sklearn.isotonic.IsotonicRegression().fit_transform(np.arange(40), values, sample_weight=weights)
    show("fit 0, 10, 20, 30, 39", fit[[0, 10, 20, 30, 39]])
    show("sum, distinct", [fit.sum(), len(np.unique(fit))])


@suite
def reliability():
    p, labels = classified(4, 400, 4)
    confidence, hit = p.max(1), (p.argmax(1) == labels) * 1.0
    for name, x in {"fine": confidence, "coarse": np.floor(confidence * 20) / 20}.items():
        fit = sklearn.isotonic.IsotonicRegression().fit_transform(x, hit)
        brier = sklearn.metrics.brier_score_loss
        score, calibrated, base = brier(hit, x), brier(hit, fit), brier(hit, np.full(400, hit.mean()))
        show(f"{name}: score, miscalibration, discrimination, uncertainty",
             [score, score - calibrated, base - calibrated, base])
        steps = np.unique(fit)
        show(f"{name}: steps, first, last", [len(steps), steps[0], steps[-1]])
        last = fit == steps[-1]
        show(f"{name}: last low, high, rows", [x[last].min(), x[last].max(), last.sum()])


@suite
def temperature():
    p, labels = classified(4, 400, 4)
    logs = np.log(np.maximum(p, 2.0**-40))

    def loss(temperature):
        scaled = logs / temperature
        return np.mean(scipy.special.logsumexp(scaled, axis=1) - scaled[np.arange(400), labels])

    best = scipy.optimize.minimize_scalar(loss, bounds=(0.5, 5), method="bounded", options={"xatol": 1e-12})
    show("loss at 1, temperature, loss", [loss(1), best.x, best.fun])
    show("row 0 at 2", scipy.special.softmax(logs[0] / 2))


@suite
def pit():
    sequence = Sequence(6)
    y = (4 * sequence.take(100)).astype(np.float32).astype(float)
    mean = (4 * sequence.take(200)).reshape(2, 100).astype(np.float32).astype(float)
    variance = (0.2 + 2 * sequence.take(200)).reshape(2, 100).astype(np.float32).astype(float)
    members = scipy.stats.norm.cdf(y, mean, np.sqrt(variance))
    show("of the first: rows 0, 99, sum", [members[0][0], members[0][99], members[0].sum()])
    show("of both: rows 0, 99, sum", [members.mean(0)[0], members.mean(0)[99], members.mean(0).sum()])
    show("covered at 0.5, 0.9", [np.mean(abs(2 * members[0] - 1) <= level) for level in (0.5, 0.9)])
    loss = lambda factor: -scipy.stats.norm.logpdf(y, mean[0], np.sqrt(factor * variance[0])).sum()
    best = scipy.optimize.minimize_scalar(loss, bounds=(0.1, 10), method="bounded", options={"xatol": 1e-12})
    show("variance factor, found by minimising the loss", best.x)


def threshold(scores, alpha):
    rank = int(np.ceil(np.round((1 - alpha) * (len(scores) + 1), 9)))
    return np.sort(scores)[rank - 1] if rank <= len(scores) else np.inf


@suite
def coverage():
    for covered, rows in ((0, 20), (17, 20), (20, 20), (905, 1000)):
        interval = scipy.stats.binomtest(covered, rows).proportion_ci(method="exact")
        show(f"{covered} of {rows}", [interval.low, interval.high])


@suite
def conformal():
    sequence = Sequence(7)
    mean = (4 * sequence.take(60)).astype(np.float32).astype(float)
    variance = (0.2 + 2 * sequence.take(60)).astype(np.float32).astype(float)
    y = (mean + 3 * (sequence.take(60) - 0.5)).astype(np.float32).astype(float)
    deviation = np.sqrt(variance)
    for alpha in (0.1, 0.25):
        quantile = scipy.stats.norm.ppf(1 - alpha / 2)
        low, high = mean - quantile * deviation, mean + quantile * deviation
        scores = {
            "absolute": abs(y - mean),
            "scaled": abs(y - mean) / deviation,
            "cqr": np.maximum(low - y, y - high),
        }
        for name, each in scores.items():
            exact = np.quantile(each[:39], threshold_level(39, alpha), method="inverted_cdf")
            assert exact == threshold(each[:39], alpha)
            ends = {
                "absolute": (mean - exact, mean + exact),
                "scaled": (mean - exact * deviation, mean + exact * deviation),
                "cqr": (low - exact, high + exact),
            }[name]
            show(f"{name} at {alpha}: threshold, of row 50", [exact, ends[0][50], ends[1][50]])


def threshold_level(n, alpha):
    return np.ceil(np.round((1 - alpha) * (n + 1), 9)) / n


def plus(predicted, residuals, alpha):
    """Of one new row: what each calibration row's model predicts of it, and these rows' residuals."""
    n = len(residuals)
    missed = int(np.floor(np.round(alpha * (n + 1), 9)))
    low, high = np.sort(predicted - residuals), np.sort(predicted + residuals)
    return (low[missed - 1] if missed else -np.inf), (high[n - missed] if missed else np.inf)


@suite
def jackknife_plus():
    sequence = Sequence(8)
    residuals = sequence.take(103) ** 2
    fold = sequence.below(103, 4)
    means = (2 * sequence.take(6 * 30)).reshape(6, 30).astype(np.float32).astype(float)
    fold_of_member = np.array([0, 1, 2, 3, 0, 1])
    models = np.array([means[fold_of_member == each].mean(0) for each in range(4)])
    for alpha in (0.1, 0.4):
        ends = np.array([plus(models[fold, row], residuals, alpha) for row in range(30)])
        show(f"folds, {alpha}: rows 0, 29, sums", np.concatenate([ends[0], ends[29], ends.sum(0)]))

    members, rows = 7, 90
    predicted = (3 * sequence.take(members * rows)).reshape(members, rows).astype(np.float32).astype(float)
    y = (3 * sequence.take(rows)).astype(np.float32).astype(float)
    trained = sequence.take(members * rows).reshape(members, rows) < 0.6
    new = (3 * sequence.take(members * 20)).reshape(members, 20).astype(np.float32).astype(float)
    free = ~trained
    known = free.any(0)
    show("bootstrap: rows without members", (~known).sum())
    count = np.maximum(free.sum(0), 1)
    residuals = np.where(known, abs(y - (predicted * free).sum(0) / count), np.inf)
    models = np.array([(new * free[:, [row]]).sum(0) / count[row] for row in range(rows)])
    for alpha in (0.1, 0.3):
        ends = np.array([plus(models[:, row], residuals, alpha) for row in range(20)])
        show(f"bootstrap, {alpha}: rows 0, 19, sums", np.concatenate([ends[0], ends[19], ends.sum(0)]))


@suite
def marginal_gain():
    y = np.array([1.0, 2, 3])
    members = np.array([[1.5, 2, 4], [0.5, 3, 3], [1, 2.5, 3.5], [2, 1, 2.5]])
    count, rows = members.shape
    without = np.array([np.delete(members, m, 0).mean(0) for m in range(count)])
    rmse = np.sqrt(((members.mean(0) - y) ** 2).mean())
    losses = [((each - y) ** 2).mean() - rmse**2 for each in without]
    z = (without - members.mean(0)) ** 2 / (2 * rmse)
    assert np.isclose(z.mean(), np.mean(losses) / (2 * rmse))
    row, member = z.mean(0).var(ddof=1) / rows, z.mean(1).var(ddof=1) / count
    freedom = (row + member) ** 2 / (row**2 / (rows - 1) + member**2 / (count - 1))
    bound = z.mean() * np.exp(scipy.stats.t.ppf(0.95, freedom) * np.sqrt(row + member) / z.mean())
    show("added, bound", [z.mean(), bound])


if __name__ == "__main__":
    for name in sys.argv[1:] or SUITES:
        print(name)
        SUITES[name]()
