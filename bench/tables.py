#!/usr/bin/env python3
"""How good is an ensemble with nothing but its defaults on tables, beside boosted trees with theirs and networks in PyTorch?

    bench/tables.py DIRECTORY               test rows: ours and the peers, with a paired test
    bench/tables.py DIRECTORY --validate    the same on a fifth of the training rows, to choose settings without test rows
    bench/tables.py DIRECTORY --steps       also ours without the encoding, one member, and the plain average
    bench/tables.py DIRECTORY -- --lr 0.01  what stands behind -- goes to ensemble_train

DIRECTORY holds NAME-train.csv.gz and NAME-test.csv.gz of each set, whose last column is the target. Peers are trees, scikit-learn's HistGradientBoosting and XGBoost
(Debian's python3-sklearn, python3-xgboost and python3-pandas), which see categories as ordinal codes, all settings as they come; and the mean
of eight networks as one writes them in PyTorch (python3-torch): numbers standardised, categories one-hot, two layers of 256 with relu and
dropout 0.1, Adam, batches of 256, at most 100 epochs, the best one by 15 % of the training rows, given up after 10 without a better one.
The paired test is McNemar's exact one for accuracy, and for numbers the test of the mean difference of squared errors.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas
from scipy import stats

PROJECT = Path(__file__).resolve().parent.parent
SETS = ("california", "adult", "churn", "bike", "cpu_act", "german")


def arguments():
    words = sys.argv[1:]
    own, settings = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="build directory (%(default)s)")
    parser.add_argument("--only", action="append", choices=SETS, metavar="SET", help="this set; may be repeated")
    parser.add_argument("--validate", action="store_true", help="score on held-out training rows")
    parser.add_argument("--steps", action="store_true", help="also measure what each step is worth")
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--scratch", type=Path, help="keep runs there (a temporary directory)")
    given = parser.parse_args(own)
    given.settings = settings
    return given


class Table:
    """Rows of a set, and what is true of the test rows."""

    def __init__(self, directory, name, validate, scratch):
        self.name = name
        train = pandas.read_csv(directory / f"{name}-train.csv.gz", keep_default_na=False, na_values=["?", ""])
        test = pandas.read_csv(directory / f"{name}-test.csv.gz", keep_default_na=False, na_values=["?", ""])
        if validate:
            held_out = np.random.default_rng(1).permutation(len(train)) < len(train) // 5
            train, test = train[~held_out], train[held_out]
        self.target = train.columns[-1]
        self.train, self.test = train, test
        self.classifies = train[self.target].nunique() == 2
        self.files = []
        for part, rows in (("train", train), ("test", test)):
            file = scratch / f"{name}-{part}.csv"
            rows.to_csv(file, index=False)
            self.files.append(file)

    def coded(self):
        """Features of both parts with categories as ordinal codes."""
        parts = [part.drop(columns=self.target).copy() for part in (self.train, self.test)]
        for column in parts[0].columns:
            if parts[0][column].dtype != object:
                continue
            levels = {level: code for code, level in enumerate(sorted(parts[0][column].dropna().unique()))}
            for part in parts:
                part[column] = part[column].map(levels).astype(float)
        return [part.to_numpy(dtype=float) for part in parts]

    def standardised(self):
        """Features of both parts: numbers with median 0 for a gap, mean 0 and deviation 1; a column of 0 and 1 for each category."""
        train, test = (part.drop(columns=self.target) for part in (self.train, self.test))
        words = [column for column in train.columns if train[column].dtype == object]
        numbers = [column for column in train.columns if column not in words]
        both = pandas.concat([train, test])[words]
        both = pandas.get_dummies(both, dtype=float).to_numpy() if words else np.zeros((len(both), 0))
        filled = [part[numbers].fillna(train[numbers].median()).to_numpy(float) for part in (train, test)]
        mean, deviation = filled[0].mean(0), filled[0].std(0)
        scaled = [(part - mean) / np.where(deviation > 0, deviation, 1) for part in filled]
        return [np.hstack([part, coded]).astype(np.float32) for part, coded in zip(scaled, (both[: len(train)], both[len(train) :]))]

    def truth(self):
        """Of the training rows: 0 and 1, or numbers."""
        target = self.train[self.target]
        return (target == sorted(target.unique())[1]).to_numpy(float) if self.classifies else target.to_numpy(float)


def fit_trees(table, kind):
    """What boosted trees predict of the test rows: probabilities of the second class, or numbers."""
    train, test = table.coded()
    target = table.truth()
    if kind == "xgboost":
        import xgboost

        model = xgboost.XGBClassifier() if table.classifies else xgboost.XGBRegressor()
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        model = HistGradientBoostingClassifier() if table.classifies else HistGradientBoostingRegressor()
    model.fit(train, target)
    return model.predict_proba(test)[:, 1] if table.classifies else model.predict(test)


def fit_network(train, target, test, loss_of, seed):
    """What one network in PyTorch answers of the test rows."""
    import torch

    torch.manual_seed(seed)
    order = torch.randperm(len(train))
    held_out, own = order[: len(train) * 15 // 100], order[len(train) * 15 // 100 :]
    layers = []
    for inputs in (train.shape[1], 256):
        layers += [torch.nn.Linear(inputs, 256), torch.nn.ReLU(), torch.nn.Dropout(0.1)]
    network = torch.nn.Sequential(*layers, torch.nn.Linear(256, 1))
    optimizer = torch.optim.Adam(network.parameters())
    best, since, state = math.inf, 0, None
    for _ in range(100):
        network.train()
        for rows in own[torch.randperm(len(own))].split(256):
            optimizer.zero_grad()
            loss_of(network(train[rows])[:, 0], target[rows]).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            loss = float(loss_of(network(train[held_out])[:, 0], target[held_out]))
        since += 1
        if loss < best:
            best, since, state = loss, 0, {name: value.clone() for name, value in network.state_dict().items()}
        if since == 10:
            break
    network.load_state_dict(state)
    with torch.no_grad():
        return network(test)[:, 0]


def fit_networks(table, _):
    """The mean of eight of them."""
    import torch

    torch.set_num_threads(1)
    train, test = (torch.from_numpy(part) for part in table.standardised())
    truth = table.truth()
    mean, deviation = (0.0, 1.0) if table.classifies else (truth.mean(), truth.std())
    target = torch.from_numpy(((truth - mean) / deviation).astype(np.float32))
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits if table.classifies else torch.nn.functional.mse_loss
    answers = [fit_network(train, target, test, loss_of, seed) for seed in range(8)]
    made = torch.stack([torch.sigmoid(each) if table.classifies else each for each in answers]).mean(0)
    return made.numpy().astype(float) * deviation + mean


PEERS = {"histgradientboosting": fit_trees, "xgboost": fit_trees, "pytorch": fit_networks}


def run_ours(table, given, scratch, name, extra=()):
    """What the ensemble predicts, in the order of the test file, and the seconds of processor time it took."""
    out = scratch / f"{table.name}-{name}"
    program = [str(given.build / "ensemble_train")]
    if given.ranks > 1:
        program = ["mpirun", "-np", str(given.ranks), *program]
    begin = os.times()
    words = ["--data", table.files[0], "--test", table.files[1], "--target", table.target, "--out", out]
    done = subprocess.run([*program, *map(str, words), *given.settings, *extra], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{table.name}: {done.stderr}")
    end = os.times()
    predictions = np.load(out / "predictions.npy")
    order = np.load(out / "predictions" / "test" / "rows.npy")
    made = np.empty(len(order))
    made[order] = predictions[:, 1] if table.classifies else predictions[:, 0]
    summary = json.loads((out / "summary.json").read_text())
    seconds = end.children_user + end.children_system - begin.children_user - begin.children_system
    return made, seconds, summary


def losses(table, predicted):
    """Of each test row: whether it is wrong, or its squared error."""
    truth = table.test[table.target]
    if not table.classifies:
        return (predicted - truth.to_numpy(float)) ** 2
    labels = sorted(table.train[table.target].unique())
    return ((predicted > 0.5) != (truth == labels[1]).to_numpy()).astype(float)


def score(table, predicted):
    loss = losses(table, predicted).mean()
    return 100 * (1 - loss) if table.classifies else math.sqrt(loss)


def paired(table, ours, theirs):
    """(better, p) of ours against theirs."""
    mine, other = losses(table, ours), losses(table, theirs)
    if table.classifies:
        won, lost = int(((mine == 0) & (other == 1)).sum()), int(((mine == 1) & (other == 0)).sum())
        p = stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
    else:
        p = stats.ttest_rel(mine, other).pvalue
    return mine.mean() < other.mean(), p


STEPS = {"without encoding": ("--encoding", "plain"), "one member": ("--members", "1")}


def main():
    given = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = given.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        wins = dict.fromkeys(PEERS, 0)
        for name in given.only or SETS:
            table = Table(given.directory, name, given.validate, scratch)
            tag = f"{time.time_ns()}"
            ours, seconds, summary = run_ours(table, given, scratch, tag)
            mean = np.mean([m["test"]["accuracy"] * 100 if table.classifies else m["test"]["rmse"] for m in summary["members"]])
            epochs = [m["epochs"] for m in summary["members"]]
            line = f"{name:10s} ours {score(table, ours):8.4f}  mean member {mean:8.4f}  {seconds:6.1f} s  epochs {min(epochs)}-{max(epochs)}"
            metric = "accuracy" if table.classifies else "rmse"
            scores = {key: value[metric] for key, value in summary["ensemble"].items() if isinstance(value, dict) and metric in value}
            line += "  " + " ".join(f"{key} {100 * value if table.classifies else value:.4f}" for key, value in scores.items())
            print(line, flush=True)
            for kind in () if given.no_peers else wins:
                theirs = PEERS[kind](table, kind)
                better, p = paired(table, ours, theirs)
                wins[kind] += better
                print(f"{'':10s} {kind:20s} {score(table, theirs):8.4f}  {'better' if better else 'worse '}  p = {p:.3f}", flush=True)
            for step, extra in STEPS.items() if given.steps else ():
                made, _, _ = run_ours(table, given, scratch, tag + step.replace(" ", "-"), extra)
                better, p = paired(table, ours, made)
                print(f"{'':10s} {step:20s} {score(table, made):8.4f}  p = {p:.3f}", flush=True)
        if not given.no_peers:
            print("better than " + ", ".join(f"{kind} on {count}" for kind, count in wins.items()))


if __name__ == "__main__":
    main()
