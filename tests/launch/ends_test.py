#!/usr/bin/env python3
"""How launch/run ends what does not end by itself. Arguments: the script, the build directory, the case."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from starts import BUILD, CASE, SCRIPT, fake_build, leftovers, start
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


def signal_before_the_start_leaves_nothing(directory):
    """The first thing made is a directory; the signal comes with it. An mpirun that is started and ended at once may not come to
    write down its call, but the filter of its messages, sed -u, ends by itself only.
    """
    fake = fake_build(directory, "exit 1")
    tools = directory / "tools"
    tools.mkdir()
    (tools / "mktemp").write_text(f'#!/bin/sh\n{shutil.which("mktemp")} "$@" | tee -a {directory}/made\nkill -TERM $PPID\n')
    (tools / "sed").write_text(f'#!/bin/sh\n[ "$1" != -u ] || touch {directory}/filter\nexec {shutil.which("sed")} "$@"\n')
    for tool in ("mktemp", "sed"):
        (tools / tool).chmod(0o755)
    process = start(directory, ["-n", "2"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS=str(directory / "calls"), PATH=f"{tools}:{os.environ['PATH']}")
    end(process, 75)
    made = (directory / "made").read_text().splitlines()
    expect(made and not any(Path(path).exists() for path in made), made)
    expect(not (directory / "calls").exists() and not (directory / "filter").exists(), "something was started")


def abandoned_directories_are_removed(directory):
    """Nothing can clean up that is killed; the next start does, and leaves alone what another one holds."""
    process = deaf_run(directory)
    words = (directory / "calls").read_text().split()
    places = [Path(words[words.index(name) + 1]) for name in ("btl_vader_backing_directory", "orte_tmpdir_base")]
    fake = str(directory / "fake")
    (directory / "other").write_text("#!/bin/sh\nexit 3\n")
    (directory / "other").chmod(0o755)

    def another():
        (Path(fake) / "mpirun").unlink()
        shutil.copy(directory / "other", Path(fake) / "mpirun")
        end(start(directory, ["-n", "2", "--no-recovery"], ["--out", "y"], ENSEMBLE_BUILD=fake), 3)

    another()
    expect(all(place.is_dir() for place in places), f"removed while in use: {places}")
    process.kill()
    process.wait()

    def all_are_killed():
        left = [int(name.split()[1]) for name in leftovers(directory) if name.startswith("process ")]
        for number in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        return not left

    wait_for(all_are_killed, "the end of what it has started")
    expect(all(place.is_dir() for place in places), places)
    another()
    expect(not any(place.exists() for place in places), f"left: {places}")
    expect(not leftovers(directory), leftovers(directory))


def little_shared_memory(directory):
    """As in containers."""
    words = f"mount -t tmpfs -o size=4m none /dev/shm && exec {SCRIPT} -n 4 --restarts 0 -- --data moons --epochs 2 --members 2 --out x"
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/dev/shm"], check=False, capture_output=True).returncode != 0:
        print("skipped: a /dev/shm of its own takes root")
        sys.exit(77)
    end(subprocess.Popen(["unshare", "-m", "sh", "-c", words], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         env={**os.environ, "ENSEMBLE_BUILD": BUILD, "TMPDIR": str(directory)}), 0)


with tempfile.TemporaryDirectory() as temporary:
    globals()[CASE](Path(temporary))
