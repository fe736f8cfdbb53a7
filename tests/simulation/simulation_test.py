#!/usr/bin/env python3
"""Runs of bench/simulate at RANKS ranks: simulation_test.py PROGRAM RANKS.

What comes out is the same to the bit as on one rank, after losses too; and the time is that of
members, not of messages.
"""

import json
import subprocess
import sys
from pathlib import Path

NOT_RUN = 77


def simulate(program, *options):
    done = subprocess.run([program, "--members", "128", "--items", "3000", "--seconds", "10", *options],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(options)}: exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


def main():
    program, ranks = sys.argv[1:]
    if not Path(program).is_file():
        print("skipped: the simulation needs SimGrid (libsimgrid-dev)")
        return NOT_RUN
    alone = simulate(program, "--ranks", "1")
    check(alone["combined_members"] == 128, "one rank combines all members")
    check(alone["efficiency"] > 0.999, f"one rank is never idle: {alone}")

    spread = ["--ranks", ranks, "--ranks-per-node", "8"]
    result = simulate(program, *spread)
    check(result["sha256"] == alone["sha256"], f"{ranks} ranks give what one gives")
    # An order to each, with the combinations that are fitted and what single members reach, and the result of each; then the
    # same of each block of rows and of the resampled gains.
    first, later = 3 + 128 // 4, 5 + 10_000 // 500
    check(result["combine_messages"] == max(int(ranks), first) + first + 2 * later, f"messages of the combination: {result}")
    check(result["efficiency"] > 0.85, f"efficiency: {result}")
    check(result["combine_s"] < 0.05, f"seconds for the combination: {result}")
    check(simulate(program, *spread) == result, "a simulation can be repeated")

    for lost_at in ("0.3", "0.95"):
        lossy = simulate(program, *spread, "--lose", "3", "--lose-at", lost_at, "--noticed-after", "5")
        check(lossy["lost_ranks"] == 3, f"three ranks are lost: {lossy}")
        check(lossy["sha256"] == alone["sha256"], "losses change nothing")
        check(lossy["whole_s"] > result["whole_s"], "but cost time")
    print(f"{ranks} ranks: efficiency {result['efficiency']:.3f}, combination {1e3 * result['combine_s']:.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
