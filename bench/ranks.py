#!/usr/bin/env python3
"""What do more ranks bring, and what do they cost, on this machine?

    bench/ranks.py DIRECTORY     members per second of two ranks against one, start-up to the first step, and memory of
                                 an added rank, on the MNIST files in DIRECTORY (or any --data, such as digits)

Speed: the same job on one rank and on two, in turn. Memory: the proportional set sizes (shared pages count once) of all
ranks together while they train, on four ranks less on two, halved; from that, model, optimiser and batch are taken off.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
NETWORK = ["--net", "dense(512) relu dropout(0.3) dense(512) relu dropout(0.3)", "--batch", "128"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="--data of ensemble_train")
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="build directory (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each side (%(default)s)")
    parser.add_argument("--members", type=int, default=16, help="of the job whose speed is measured (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    return parser.parse_args()


def command(given, ranks, members, epochs, out):
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    launcher = [shutil.which("mpirun"), "-np", str(ranks), "--oversubscribe", "--bind-to", "none", *root]
    return [*launcher, given.build / "ensemble_train", "--data", given.data, *NETWORK, "--members", str(members),
            "--epochs", str(epochs), "--out", out]


def timing(given, ranks):
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "run")
        subprocess.run(command(given, ranks, given.members, 1, out), stdout=subprocess.DEVNULL, check=True)
        return json.loads((out / "summary.json").read_text())["timing"]


def speed(given):
    one, two = zip(*[(timing(given, 1), timing(given, 2)) for _ in range(given.runs)])
    ratios = [a["wall_s"] / b["wall_s"] for a, b in zip(one, two)]
    return {"question": "members per second of two ranks against one", "unit": "", "least": 1.9,
            "figure": statistics.median(ratios), "runs": ratios}, {
            "question": "start-up to the first step, two ranks", "unit": "s", "most": 1.0,
            "figure": statistics.median(t["startup_s"] for t in two), "runs": [t["startup_s"] for t in two]}


def proportional_bytes(program):
    """Of all processes that run `program`, together, and their number."""
    total = processes = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "exe") != str(program):
                continue
            total += 1024 * int(re.search(r"^Pss: *(\d+)", (process / "smaps_rollup").read_text(), re.M)[1])
            processes += 1
        except OSError:
            pass
    return total, processes


def memory_of(given, ranks):
    """While all ranks train: the median of several looks."""
    program = (given.build / "ensemble_train").resolve()
    with tempfile.TemporaryDirectory() as directory:
        job = subprocess.Popen(command(given, ranks, ranks, 1000, Path(directory, "run")), stdout=subprocess.DEVNULL)
        time.sleep(4 + ranks)
        looks = []
        for _ in range(5):
            total, processes = proportional_bytes(program)
            if processes == ranks:
                looks.append(total)
            time.sleep(0.3)
        job.terminate()
        job.wait()
    return statistics.median(looks)


def memory(given):
    two, four = memory_of(given, 2), memory_of(given, 4)
    with tempfile.TemporaryDirectory() as directory:
        plan = subprocess.run([*command(given, 1, 1, 1, Path(directory, "run")), "--dry-run"], capture_output=True,
                              text=True, check=True).stdout
    number, unit = re.search(r"^memory +([\d.,]+) (\w+) for each rank", plan, re.M).groups()
    own = float(number.replace(",", "")) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
    added = (four - two) / 2
    return {"question": "memory of an added rank beyond model, optimiser and batch", "unit": "MB", "most": 60,
            "figure": (added - own) / 1e6, "runs": [two / 1e6, four / 1e6, own / 1e6]}


def is_met(row):
    return row["figure"] >= row["least"] if "least" in row else row["figure"] <= row["most"]


def main():
    given = arguments()
    rows = [*speed(given), memory(given)]
    for row in rows:
        bound = f"at least {row['least']}" if "least" in row else f"at most {row['most']}"
        print(f"{row['question']:<60} {row['figure']:8.3f} {row['unit']:<3} {bound}: "
              f"{'ok' if is_met(row) else 'MISSED'}   {' '.join(f'{run:.3f}' for run in row['runs'])}")
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0 if all(map(is_met, rows)) else 1


if __name__ == "__main__":
    sys.exit(main())
