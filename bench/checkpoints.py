#!/usr/bin/env python3
"""What does keeping half-trained members cost? Trains MNIST with a checkpoint of every member after every epoch and with none.

    bench/checkpoints.py DIRECTORY       8 members × 5 epochs, 784-512-512-10, two ranks; some minutes

Runs stand side by side in turn. The cost is the median over pairs of wall time with checkpoints over wall time without,
less one. Processor time, which the machine's other work disturbs less, shows what the writing itself takes; what is left
of the wall time is waiting for the disk. DIRECTORY holds the four IDX files; --out says on which file system to write.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from compare import EPOCHS, HELD_OUT, MEMBERS, NOTATION, PROCESSES, PROJECT, mpirun, processor, run

MOST = 0.01


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mnist", type=Path, metavar="DIRECTORY")
    parser.add_argument("--build", type=Path, default=PROJECT / "build", help="build directory (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="of each kind (%(default)s)")
    parser.add_argument("--out", type=Path, default=PROJECT / "build", help="where run directories come and go (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there")
    return parser.parse_args()


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(given, every):
    """Wall and processor seconds of the whole command."""
    with tempfile.TemporaryDirectory(dir=given.out) as directory:
        before = processor_seconds()
        _, seconds = run([*mpirun(PROCESSES), given.build / "ensemble_train", "--data", given.mnist, "--members", str(MEMBERS),
                          "--epochs", str(EPOCHS), "--net", NOTATION, "--batch", "128", "--validation-fraction", str(HELD_OUT),
                          "--checkpoint-every", every, "--out", f"{directory}/run"])
        return {"wall_s": seconds, "processor_s": processor_seconds() - before}


def main():
    given = arguments()
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}; {given.runs} pairs", flush=True)
    print(f"{'':>6}{'every epoch':>24}{'none':>24}\n{'pair':>6}" + f"{'wall s':>12}{'processor s':>12}" * 2, flush=True)
    pairs = []
    for pair in range(given.runs):
        # Which comes first changes, or a machine that slows down would be counted as a cost.
        kinds = ("1", "none") if pair % 2 == 0 else ("none", "1")
        both = {every: measured(given, every) for every in kinds}
        pairs.append(both)
        print(f"{pair + 1:>6}" + "".join(f"{both[every]['wall_s']:>12.2f}{both[every]['processor_s']:>12.2f}"
                                         for every in ("1", "none")), flush=True)
    cost = {what: statistics.median(both["1"][what] / both["none"][what] for both in pairs) - 1
            for what in ("wall_s", "processor_s")}
    met = cost["wall_s"] <= MOST
    print(f"checkpoints of every epoch cost {cost['wall_s']:.2%} of wall time, goal at most {MOST:.0%}: "
          f"{'ok' if met else 'MISSED'}; {cost['processor_s']:.2%} of processor time")
    if given.json:
        given.json.write_text(json.dumps({"processor": processor(), "cost": cost, "pairs": pairs}, indent=1) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
