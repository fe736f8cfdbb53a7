#!/usr/bin/env python3
"""Prediction by a trained ensemble beside eager PyTorch, one core, alternating runs; the goals are 2.5 times as fast, and 0.5 ms for a row.

    bench/prediction.py [--build DIRECTORY] [--runs N]
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"  # the one that Debian's torch belongs to
LEAST_RATIO, MOST_MS = 2.5, 0.5


def answer(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=PROJECT / "build")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    ours, theirs = [], []
    for _ in range(given.runs):
        ours.append(answer([str(given.build / "bench/prediction")]))
        theirs.append(answer([PYTHON, "-B", str(PROJECT / "bench/peers/prediction.py")]))
    middle = lambda runs, name: statistics.median(run[name] for run in runs)  # noqa: E731
    ratio = statistics.median(a["rows_per_s"] / b["rows_per_s"] for a, b in zip(ours, theirs))
    row_ms = middle(ours, "row_ms")
    print(f"rows/s: {middle(ours, 'rows_per_s'):,.0f}, PyTorch {middle(theirs, 'rows_per_s'):,.0f}; ratio {ratio:.2f}, at least {LEAST_RATIO}: "
          f"{'reached' if ratio >= LEAST_RATIO else 'MISSED'}")
    print(f"a row alone: {row_ms:.3f} ms, PyTorch {middle(theirs, 'row_ms'):.3f} ms; at most {MOST_MS}: {'reached' if row_ms <= MOST_MS else 'MISSED'}")
    return 0 if ratio >= LEAST_RATIO and row_ms <= MOST_MS else 1


sys.exit(main())
