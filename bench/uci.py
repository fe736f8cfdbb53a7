#!/usr/bin/env python3
"""How good are five-member ensembles on the UCI regression sets, and how long do they take? The standard protocol.

    bench/uci.py DIRECTORY                 20 splits of four sets; RMSE and NLL of the mixture beside the published ones
    bench/uci.py DIRECTORY --validate      the same on held-out training rows, to choose settings without test rows
    bench/uci.py DIRECTORY --reference     also the same loop in PyTorch on as many processes, and the ratio of times
    bench/uci.py DIRECTORY -- --lr 0.01    what stands behind -- goes to ensemble_train, the same for all sets

One hidden layer of 50 ReLU units, 40 epochs, batches of 100, features and targets standardised over the training rows,
five members that each predict mean and variance (Hernández-Lobato and Adams 2015; Gal and Ghahramani 2016;
Lakshminarayanan et al. 2017). DIRECTORY holds a folder for each set with data.txt, index_features.txt,
index_target.txt and index_train_K.txt, index_test_K.txt of each split K. A figure counts as reached if its mean over the
splits, rounded as the published one, is no larger. --validate takes a tenth of each split's training rows for the test
rows, which it does not read. Ends with 1 where a figure is missed.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from compare import PROJECT, PYTHON, mpirun, processor

# Deep Ensembles, 2017: RMSE and NLL, mean and deviation over the splits.
PUBLISHED = {
    "bostonHousing": ((3.28, 1.00), (2.41, 0.25)),
    "kin8nm": ((0.09, 0.00), (-1.20, 0.02)),
    "wine-quality-red": ((0.64, 0.04), (0.94, 0.12)),
    "yacht": ((1.58, 0.48), (1.18, 0.21)),
}
METRICS = ("rmse", "nll")
PROTOCOL = {"members": 5, "epochs": 40, "batch": 100, "hidden": 50}
# Chosen with --validate, the same for all sets. A twentieth of the training rows says after which epoch a member is best.
CHOSEN = {"--init": "xavier", "--lr": "0.04", "--beta1": "0.8", "--beta2": "0.8", "--schedule": "cosine", "--patience": "40",
          "--validation-fraction": "0.05"}
LEAST_RATIO = 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="build directory (%(default)s)")
    parser.add_argument("--only", action="append", metavar="SET", choices=sorted(PUBLISHED), help="this set; may be repeated")
    parser.add_argument("--splits", type=int, default=20, help="the first so many (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="splits that are trained at a time (%(default)s)")
    parser.add_argument("--ranks", type=int, default=1, help="of each job; from 2 on started by mpirun (%(default)s)")
    parser.add_argument("--validate", action="store_true", help="score on held-out training rows")
    parser.add_argument("--reference", action="store_true", help="also train in PyTorch (Debian's python3-torch)")
    parser.add_argument("--scratch", type=Path, help="keep tables and runs there (a temporary directory)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    own, settings = split_settings(sys.argv[1:])
    given = parser.parse_args(own)
    given.settings = settings
    return given


def split_settings(words):
    """What is this program's, and the settings for ensemble_train: those behind -- and the chosen ones that they leave."""
    own, behind = words, []
    if "--" in words:
        own, behind = words[:words.index("--")], words[words.index("--") + 1:]
    kept = [word for option, value in CHOSEN.items() if option not in behind for word in (option, value)]
    return own, kept + behind


def numbers(path):
    """The whole numbers of an index file."""
    return [int(float(word)) for word in path.read_text().split()]


class Set:
    """The rows of a set as they are written, and which of them each split trains and tests on."""

    def __init__(self, directory):
        self.directory = directory
        lines = (directory / "data.txt").read_text().splitlines()
        self.rows = [line.split() for line in lines if line.strip()]
        self.features = numbers(directory / "index_features.txt")
        self.target = numbers(directory / "index_target.txt")[0]

    def split(self, number, validate):
        """Rows to train on and rows to score on. Their order in the files is random: the last tenth validates."""
        train = numbers(self.directory / f"index_train_{number}.txt")
        test = numbers(self.directory / f"index_test_{number}.txt")
        if sorted(train + test) != list(range(len(self.rows))):
            sys.exit(f"{self.directory}, split {number}: train and test rows are not all rows, each once")
        if not validate:
            return train, test
        kept = len(train) - max(1, len(train) // 10)
        return train[:kept], train[kept:]

    def write(self, path, chosen):
        """A table with the target as its last column."""
        header = [f"x{place}" for place in range(1, len(self.features) + 1)] + ["y"]
        rows = [[*(self.rows[row][place] for place in self.features), self.rows[row][self.target]] for row in chosen]
        path.write_text("".join(",".join(fields) + "\n" for fields in [header, *rows]))


def prepare(given, scratch):
    """Writes the tables; (set, split, file of training rows, file of rows to score on) of each."""
    tables = []
    for name in given.only or PUBLISHED:
        data = Set(given.directory / name)
        for number in range(given.splits):
            paths = [scratch / f"{name}-{number}-{part}.csv" for part in ("train", "test")]
            for path, chosen in zip(paths, data.split(number, given.validate)):
                data.write(path, chosen)
            tables.append((name, number, *paths))
    return tables


def command(given, table, out):
    _, number, train, test = table
    program = [given.build / "ensemble_train"]
    if given.ranks > 1:
        program = [*mpirun(given.ranks), *program]
    return [*program, "--data", train, "--test", test, "--task", "regression", "--recipe", "none", "--standardize", "features",
            "--net", f"dense({PROTOCOL['hidden']}) relu", "--members", str(PROTOCOL["members"]),
            "--epochs", str(PROTOCOL["epochs"]), "--batch", str(PROTOCOL["batch"]), "--seed", str(number + 1),
            *given.settings, "--out", out]


def trained(given, table, scratch):
    """RMSE and NLL of the mixture on the rows of `table` that are scored."""
    name, number, *_ = table
    out = scratch / f"{name}-{number}-run"
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run([str(word) for word in command(given, table, out)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name}, split {number}: exit code {done.returncode}\n{done.stderr}")
    mixture = json.loads((out / "summary.json").read_text())["ensemble"]["mixture"]
    return tuple(mixture[metric] for metric in METRICS)


def ours(given, tables, scratch):
    """Scores by set, and seconds from the first start to the last end."""
    start = time.perf_counter()
    with ThreadPoolExecutor(given.jobs) as pool:
        scores = list(pool.map(lambda table: trained(given, table, scratch), tables))
    seconds = time.perf_counter() - start
    by_set = {}
    for (name, *_), score in zip(tables, scores):
        by_set.setdefault(name, []).append(score)
    return by_set, seconds


def reference(given, tables):
    """The same of PyTorch: what it prints, and seconds from its start to its end."""
    job = {"processes": given.jobs * given.ranks, "settings": PROTOCOL,
           "tables": [[name, str(train), str(test)] for name, _, train, test in tables]}
    start = time.perf_counter()
    done = subprocess.run([PYTHON, "-B", str(PROJECT / "bench/peers/uci.py")], input=json.dumps(job),
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench/peers/uci.py: exit code {done.returncode}")
    return json.loads(done.stdout), time.perf_counter() - start


def summarised(values):
    return statistics.mean(values), statistics.pstdev(values)


def is_reached(value, published):
    """Rounded as the published figure is, to two decimals. NaN is not."""
    return not math.isnan(value) and round(value, 2) <= published


def report(by_set, label):
    """Prints a line for each set and metric; returns the figures."""
    figures = []
    for name, scores in by_set.items():
        for at, metric in enumerate(METRICS):
            mean, deviation = summarised([score[at] for score in scores])
            published, published_deviation = PUBLISHED[name][at]
            reached = is_reached(mean, published)
            figures.append({"set": name, "metric": metric, "splits": len(scores), "mean": mean, "deviation": deviation,
                            "published": published, "reached": reached})
            print(f"{label:<8} {name:<18} {metric.upper():<5} {mean:8.4f} ± {deviation:.4f}   "
                  f"{published:6.2f} ± {published_deviation:.2f}   {'ok' if reached else 'ABOVE'}", flush=True)
    return figures


def main():
    given = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = given.scratch or Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        tables = prepare(given, scratch)
        print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {given.splits} splits, scored on "
              f"{'held-out training' if given.validate else 'test'} rows; {given.jobs} at a time, {given.ranks} ranks each")
        print(f"{'':<8} {'':<18} {'':<5} mean ± deviation     published", flush=True)
        by_set, seconds = ours(given, tables, scratch)
        figures = report(by_set, "ours")
        result = {"processor": processor(), "validate": given.validate, "settings": given.settings,
                  "seconds": seconds, "figures": figures}
        print(f"{len(tables)} runs in {seconds:.1f} s")
        fast = True
        if given.reference:
            by_set, peer_seconds = reference(given, tables)
            result["peer"] = {"seconds": peer_seconds, "figures": report(by_set, "PyTorch")}
            fast = peer_seconds >= LEAST_RATIO * seconds
            print(f"PyTorch: {peer_seconds:.1f} s, ratio {peer_seconds / seconds:.2f}, at least {LEAST_RATIO}: "
                  f"{'ok' if fast else 'BELOW'}")
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if fast and all(figure["reached"] for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
