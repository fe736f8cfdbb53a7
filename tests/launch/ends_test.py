#!/usr/bin/env python3
"""How launch/run ends what does not end by itself. Arguments: the script, the build directory, the case."""

import shutil
import signal
import tempfile
from pathlib import Path

from starts import CASE, fake_build, leftovers, start
from launching import end, expect, wait_for

# Stands for an mpirun that is deadlocked: it hears nothing, and neither does its rank.
DEAF = """trap '' INT TERM HUP USR1
"$(dirname "$0")/ensemble_train" &
[[ ! ${STOPS:-} ]] || kill -STOP $$
while :; do sleep 1; done"""
DEAF_RANK = """#!/bin/bash
trap '' INT TERM HUP USR1
touch ready
while :; do sleep 1; done
"""

# Stands for an mpirun that has missed the death of its rank, and does better the second time.
FORGETFUL = """#!/usr/bin/env python3
import os, subprocess, sys, time
with open(os.environ["CALLS"], "a") as calls:
    calls.write(" ".join(sys.argv) + "\\n")
if "--resume" in sys.argv:
    with open(os.environ["ENSEMBLE_STATUS_FILE"], "w") as status:
        status.write("0\\n")
    sys.exit(0)
ranks = [subprocess.Popen([os.path.dirname(sys.argv[0]) + "/ensemble_train", "1000"]) for _ in range(2)]
for rank in ranks:
    rank.kill()
while True:
    time.sleep(1000)
"""


def deaf_run(directory, **variables):
    fake = fake_build(directory, DEAF, DEAF_RANK)
    process = start(directory, ["-n", "2", "--no-recovery"], ["--out", "x"], ENSEMBLE_BUILD=str(fake),
                    CALLS=str(directory / "calls"), **variables)
    wait_for((directory / "ready").exists, "a start", alive=process)
    return process


def second_signal_ends_everything(directory):
    process = deaf_run(directory)
    for number in (signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    _, err = end(process, 128 + signal.SIGTERM)
    expect("restart" not in err, err)
    expect(not leftovers(directory), leftovers(directory))


def stopped_mpirun_ends_too(directory):
    process = deaf_run(directory, STOPS="yes")
    process.send_signal(signal.SIGQUIT)
    end(process, 128 + signal.SIGQUIT)
    expect(not leftovers(directory), leftovers(directory))


def hanging_mpirun_is_replaced(directory):
    fake = fake_build(directory, FORGETFUL)
    shutil.copy("/bin/sleep", fake / "ensemble_train")  # a script would go by the name of its interpreter
    calls = directory / "calls"
    process = start(directory, ["-n", "2", "--no-recovery", "--wait", "0"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS=str(calls))
    _, err = end(process, 0)
    expect("mpirun hangs" in err and "restart 1 of 3" in err, err)
    expect([line.count("--resume") for line in calls.read_text().splitlines()] == [0, 1], calls.read_text())
    expect(not leftovers(directory), leftovers(directory))


with tempfile.TemporaryDirectory() as temporary:
    globals()[CASE](Path(temporary))
