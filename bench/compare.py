#!/usr/bin/env python3
"""How much faster is this project than eager PyTorch? Runs both in turn, five times each, and prints the ratios.

    bench/compare.py                     the training step of several networks, on one core
    bench/compare.py --mnist DIRECTORY   also the whole job: 8 members × 5 epochs of MNIST, two processes
    bench/compare.py --record            also keep the figures in bench/results/, a file for each machine
    bench/compare.py --svg FILE          draw what is kept there

The first line of a run says on what machine, and every ratio is one of medians. The limit is the ratio that would be
seen if a step took only the time of its matrix products, each at the best rate that oneDNN reaches on this machine in
the same run (bench/step --products): what is attainable here, whatever the goals. Shares say how much of that is
reached, once counting convolutions as fast as anybody's kernel and once as fast as oneDNN's. Rows at the end compare our
own bf16 with our f32; their limit takes each product in the faster of both. Needs build/ with the benchmarks, and
Debian's python3-torch; the peers use OpenBLAS, and refuse to run with the reference BLAS.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import results

PROJECT = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"  # the one that Debian's torch belongs to

NOTATION = "dense(512) relu dropout(0.3) dense(512) relu dropout(0.3)"
MNIST = ["--net", NOTATION, "--input", "784", "--batch", "128"]
SMALL_CNN = "conv(32, 3) relu maxpool(2) conv(64, 3) relu maxpool(2) dense(625) relu dropout(0.5)"
DEEP_CNN = ("conv(32, 3) relu maxpool(2) dropout(0.3) conv(64, 3) relu maxpool(2) dropout(0.3) "
            "conv(128, 3) relu maxpool(2) dropout(0.3) dense(625) relu dropout(0.5)")
RESIDUAL = ("conv(16, 3) batchnorm relu "
            "repeat(6)[ skip[ conv(16, 3) batchnorm relu conv(16, 3) batchnorm ] relu ] avgpool")

# name, least ratio, options of bench/step and of bench/peers/step.py
STEPS = [
    ("784-512-512-10 dropout 0.3 b128 adam", 3.8, [*MNIST, "--optimizer", "adam"]),
    ("784-512-512-10 dropout 0.3 b128 momentum", 2.6, [*MNIST, "--optimizer", "momentum"]),
    ("13-50-1 regression b100 adam", 22,
     ["--net", "dense(50) relu", "--input", "13", "--outputs", "1", "--batch", "100", "--regression"]),
    ("64-128-64-10 b32 adam", 9, ["--net", "dense(128) relu dense(64) relu", "--input", "64", "--batch", "32"]),
    ("conv32-pool-conv64-pool-fc625-dropout b100 adam", 2.5,
     ["--net", SMALL_CNN, "--input", "28x28", "--batch", "100"]),
    ("deep CNN (lab-11-5) b100 adam", 2.3, ["--net", DEEP_CNN, "--input", "28x28", "--batch", "100"]),
    ("residual net, conv16, 6 skips b128 adam", 2.5, ["--net", RESIDUAL, "--input", "28x28", "--batch", "128"]),
    ("28x28 lstm 128-10 b100 adam", 2, ["--net", "lstm(128)", "--input", "28x28", "--batch", "100"]),
    ("28x28 gru 128-10 b100 adam", 2, ["--net", "gru(128)", "--input", "28x28", "--batch", "100"]),
]
# name, least ratio with AMX and without, options of bench/step: --precision bf16 against --precision f32
PRECISIONS = [
    ("784-2048-2048-10 b256 adam, bf16", (2.5, 1.75),
     ["--net", "dense(2048) relu dense(2048) relu", "--input", "784", "--batch", "256"]),
    ("784-512-512-10 dropout 0.3 b128 adam, bf16", (2.3, 1.6), MNIST),
    ("28x28 lstm 128-10 b100 adam, bf16", (1.4, 1.4), ["--net", "lstm(128)", "--input", "28x28", "--batch", "100"]),
    ("28x28 gru 128-10 b100 adam, bf16", (1.3, 1.3), ["--net", "gru(128)", "--input", "28x28", "--batch", "100"]),
    ("deep CNN (lab-11-5) b100 adam, bf16", (2, 1.2), ["--net", DEEP_CNN, "--input", "28x28", "--batch", "100"]),
]
BF16 = {"amx_bf16", "avx512_bf16"}
WHOLE_JOB_LEAST = 4
MEMBERS, EPOCHS, PROCESSES = 8, 5, 2
HELD_OUT = 1 / 12  # of MNIST's 60,000 images: the 5,000 that are usually kept for validation


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="build directory (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="per measurement of a step (%(default)s)")
    parser.add_argument("--only", default="", help="only the steps whose name holds this text")
    parser.add_argument("--mnist", type=Path, help="directory with the four IDX files")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--record", action="store_true", help="keep them in bench/results/, in the file of this machine")
    parser.add_argument("--svg", type=Path, help="draw all of bench/results/ there, without measuring; needs matplotlib")
    return parser.parse_args()


def run(command, core=None):
    """Standard output and seconds of a command, kept on one core if asked."""
    start = time.perf_counter()
    pinned = ["taskset", "--cpu-list", str(core)] if core is not None else []
    done = subprocess.run([*pinned, *command], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}")
    return done.stdout, time.perf_counter() - start


def alternate(runs, ours, theirs):
    """Medians of both sides, measured in turn so that a slow spell of the machine meets both."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    return [statistics.median(side) for side in zip(*pairs)], pairs


def measured(given, command):
    core = max(os.sched_getaffinity(0))
    return json.loads(run([*command, "--seconds", str(given.seconds)], core)[0])


def best_rate(given, options):
    """Samples per second if a step on one core were nothing but its products: each at its best rate, and at oneDNN's."""
    result = measured(given, [given.build / "bench/step", *options, "--products"])
    rate = result["samples_per_s"]
    return rate / result["share_of_all_products_at_their_best"], rate / result["share_of_all_in_the_library"]


def steps(given):
    def rate(command):
        return measured(given, command)["samples_per_s"]

    for name, least, options in STEPS:
        if given.only not in name:
            continue
        ours = [given.build / "bench/step", *options]
        theirs = [PYTHON, "-B", PROJECT / "bench/peers/step.py", *options]
        (our_rate, peer_rate), pairs = alternate(given.runs, lambda: rate(ours), lambda: rate(theirs))
        best, library = best_rate(given, options)
        yield {"case": name, "unit": "samples/s", "ours": our_rate, "peer": peer_rate, "ratio": our_rate / peer_rate,
               "limit": best / peer_rate, "share": our_rate / best,
               "share_of_library": our_rate / library, "least": least, "runs": pairs}


def precisions(given):
    """Both sides are ours; without the processor's help bench/step would be slower in bf16, and nobody may ask for it."""
    if not BF16.intersection(instructions()):
        return
    for name, least, options in PRECISIONS:
        if given.only not in name:
            continue

        def rate(precision, options=options):
            command = [given.build / "bench/step", *options, "--precision", precision]
            return measured(given, command)["samples_per_s"]

        (narrow, wide), pairs = alternate(given.runs, lambda: rate("bf16"), lambda: rate("f32"))
        best, library = best_rate(given, [*options, "--precision", "bf16"])
        yield {"case": name, "unit": "samples/s", "ours": narrow, "peer": wide, "ratio": narrow / wide,
               "limit": best / wide, "share": narrow / best, "share_of_library": narrow / library,
               "least": least[0 if "amx_bf16" in instructions() else 1],
               "runs": pairs}


def mpirun(ranks):
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    return [shutil.which("mpirun"), "-np", str(ranks), "--oversubscribe", "--bind-to", "none", *root]


def whole_job(given):
    """From the start of the command to its end. Both hold out 5,000 images and evaluate them every epoch."""
    job = [*mpirun(PROCESSES), given.build / "ensemble_train", "--data", given.mnist, "--members", str(MEMBERS),
           "--epochs", str(EPOCHS), "--net", NOTATION, "--batch", "128", "--optimizer", "adam", "--lr", "1e-3",
           "--validation-fraction", str(HELD_OUT)]
    peer = [PYTHON, "-B", PROJECT / "bench/peers/ensemble.py", given.mnist, "--members", str(MEMBERS),
            "--epochs", str(EPOCHS), "--processes", str(PROCESSES), "--validation-fraction", str(HELD_OUT)]
    found = {}

    def ours():
        with tempfile.TemporaryDirectory() as directory:
            seconds = run([*job, "--out", f"{directory}/run"])[1]
            summary = json.loads(Path(directory, "run/summary.json").read_text())
        found["samples"] = MEMBERS * EPOCHS * summary["data"]["train"]
        members = [member["test"]["accuracy"] for member in summary["members"]]
        found["ours"] = {"mean_member": statistics.mean(members),
                           "average": summary["ensemble"]["average"]["accuracy"],
                           "vote": summary["ensemble"]["vote"]["accuracy"],
                           "gain_over_mean_member": summary["gain"]["over_mean_member"]}
        return seconds

    def theirs():
        output, seconds = run(peer)
        result = json.loads(output)
        found["PyTorch"] = {key: result[key] for key in ("mean_member", "average", "vote")}
        return seconds

    (our_s, peer_s), pairs = alternate(given.runs, ours, theirs)
    best_s = found.pop("samples") / (PROCESSES * best_rate(given, [*MNIST, "--optimizer", "adam"])[0])
    return {"case": f"whole job: {MEMBERS} members x {EPOCHS} epochs of MNIST, {PROCESSES} processes", "unit": "s",
            "ours": our_s, "peer": peer_s, "ratio": peer_s / our_s, "limit": peer_s / best_s, "least": WHOLE_JOB_LEAST,
            "runs": pairs, "results": found}


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def instructions():
    """The vector instructions that our products choose their kernels by."""
    flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return [name for name in ("avx2", "avx512f", *sorted(BF16)) if flags and name in flags[1].split()]


def show(row):
    verdict = "ok" if row["ratio"] >= row["least"] else "BELOW"
    shares = f"{row['share']:6.0%} {row['share_of_library']:7.0%}" if "share" in row else " " * 14
    print(f"{row['case']:<54} {row['ours']:>11,.1f} {row['peer']:>11,.1f} {row['unit']:<9} "
          f"{row['ratio']:6.2f} {row['limit']:7.2f} {shares}   at least {row['least']}: {verdict}", flush=True)
    for side, result in row.get("results", {}).items():
        print(f"    {side}: {json.dumps(result)}")


def main():
    given = arguments()
    if given.svg:
        results.draw(given.svg)
        return 0
    print(f"{processor()} ({' '.join(instructions())}), {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; "
          f"medians of {given.runs} alternating runs")
    print(f"{'':<54} {'ours':>11} {'PyTorch':>11} {'':<9} {'ratio':>6} {'limit':>7} {'share':>6} {'oneDNN':>7}", flush=True)
    rows = []
    for row in steps(given):
        rows.append(row)
        show(row)
    print(f"{'':<54} {'bf16':>11} {'f32':>11}", flush=True)
    for row in precisions(given):
        rows.append(row)
        show(row)
    if given.mnist:
        rows.append(whole_job(given))
        show(rows[-1])
    if given.record:
        print(f"kept in {results.record(processor(), instructions(), os.cpu_count(), rows)}")
    if given.json:
        given.json.write_text(json.dumps({"processor": processor(), "instructions": instructions(), "cases": rows}, indent=1) + "\n")
    return 0 if all(row["ratio"] >= row["least"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
