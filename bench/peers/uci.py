#!/usr/bin/python3
"""The UCI regression protocol in eager PyTorch: five networks for each table, each of which predicts mean and variance.

Reads from standard input a JSON object {"processes", "settings": {"members", "epochs", "batch", "hidden"}, "tables":
[[set, training rows, test rows], …]} of CSV files with a header and the target in the last column; prints RMSE and NLL of
the mixture for each table, by set. Tables are dealt out to processes of one thread each.
"""

import json
import math
import multiprocessing
import sys

from peer import set_up, torch

import numpy as np

RATE = 0.01
LEAST_VARIANCE = 1e-6


def read(path):
    values = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float64, ndmin=2)
    return values[:, :-1], values[:, -1:]


def standardised(values, mean, deviation):
    return torch.from_numpy(((values - mean) / deviation).astype(np.float32))


def moments(values):
    deviation = values.std(axis=0)
    return values.mean(axis=0), np.where(deviation > 0, deviation, 1)


def predict(model, features):
    outputs = model(features)
    return outputs[:, :1], torch.nn.functional.softplus(outputs[:, 1:]) + LEAST_VARIANCE


def train_member(settings, features, targets, foreach):
    hidden, batch = settings["hidden"], settings["batch"]
    model = torch.nn.Sequential(torch.nn.Linear(features.shape[1], hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 2))
    update = torch.optim.Adam(model.parameters(), lr=RATE, foreach=foreach)
    for _ in range(settings["epochs"]):
        for chosen in torch.randperm(len(features)).split(batch):
            update.zero_grad(set_to_none=True)
            mean, variance = predict(model, features[chosen])
            loss = (0.5 * torch.log(2 * math.pi * variance) + (targets[chosen] - mean) ** 2 / (2 * variance)).mean()
            loss.backward()
            update.step()
    return model


def score(settings, train_path, test_path):
    """RMSE and NLL of the mixture on the test rows, in the units of the target."""
    features, targets = read(train_path)
    test_features, test_targets = read(test_path)
    feature_moments, (target_mean, target_deviation) = moments(features), moments(targets)
    train = standardised(features, *feature_moments), standardised(targets, target_mean, target_deviation)
    test = standardised(test_features, *feature_moments)
    means, variances = [], []
    for _ in range(settings["members"]):
        model = train_member(settings, *train, foreach=True)
        with torch.no_grad():
            mean, variance = predict(model, test)
        means.append(mean.double().numpy() * target_deviation + target_mean)
        variances.append(variance.double().numpy() * target_deviation**2)
    mean = np.mean(means, axis=0)
    # The mixture as the normal distribution of its moments: the published figures take it so.
    variance = np.mean(variances, axis=0) + np.mean(np.square(means), axis=0) - mean**2
    nll = 0.5 * np.log(2 * math.pi * variance) + (test_targets - mean) ** 2 / (2 * variance)
    return [float(np.sqrt(np.mean((test_targets - mean) ** 2))), float(np.mean(nll))]


def work(job, process):
    """Scores of the tables of this process, by their places."""
    torch.manual_seed(process + 1)
    mine = range(process, len(job["tables"]), job["processes"])
    return {place: score(job["settings"], *job["tables"][place][1:]) for place in mine}


def main():
    job = json.load(sys.stdin)
    set_up()
    # Forked; this process trains too.
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    children = [context.Process(target=lambda p=process: answers.put(work(job, p)))
                for process in range(1, job["processes"])]
    for child in children:
        child.start()
    scores = work(job, 0)
    for _ in children:
        scores |= answers.get()
    for child in children:
        child.join()
    by_set = {}
    for place, (name, *_) in enumerate(job["tables"]):
        by_set.setdefault(name, []).append(scores[place])
    print(json.dumps(by_set))


if __name__ == "__main__":
    main()
