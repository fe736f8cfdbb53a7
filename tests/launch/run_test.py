#!/usr/bin/env python3
"""Runs launch/run as a person would. Arguments: the script, the build directory, the case."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from starts import BUILD, CASE, SCRIPT, fake_build, leftovers, start
from launching import LIMIT_S, end, expect, reference, results, wait_for

WORDS = ["--data", "digits:train=600,test=200", "--net", "dense(32) relu dropout(0.2)", "--epochs", "12", "--members", "3",
         "--checkpoint-every", "1"]
LONG = ["--data", "digits:train=2000,test=200", "--net", "dense(128) relu dropout(0.2)", "--epochs", "30", "--members", "3",
        "--checkpoint-every", "1"]


def children(process):
    """Ids of what it has started itself, and of what these have."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path("/proc", name, "stat").read_text()
        except OSError:
            continue
        found.setdefault(int(text.rsplit(")", 1)[1].split()[1]), []).append((int(name), text.split("(")[1].split(")")[0]))
    first = found.get(process.pid, [])
    return first, [entry for pid, _ in first for entry in found.get(pid, [])]


def begin_long_run(directory, words, *options):
    process = start(directory, ["-n", "3", "--wait", "0", "--verbose", *options], [*words, "--out", "run"])
    wait_for(lambda: len(list((directory / "run/logs").glob("rank-*.log"))) == 3, "training on all ranks", alive=process)
    return process


def midway(directory, attempt):
    """`attempt(words)` with longer and longer trainings until it says that it was not too late: no machine is too fast."""
    for epochs in (30, 120, 480, 1920, 7680):
        words = [*LONG, "--epochs", str(epochs)]
        if attempt(words):
            return words
        shutil.rmtree(directory / "run")
    return sys.exit("a run is over before anything can be done to it, however long")


def complete_with_the_same_bytes(directory):
    _, err = end(start(directory, ["-n", "3"], [*WORDS, "--out", "run"]), 0)
    expect(results(directory / "run") == reference(BUILD, WORDS, directory), "other bytes than without it")
    expect("3 ranks" in err and "restart" not in err, err)
    expect(not leftovers(directory), leftovers(directory))
    end(start(directory, ["--ranks", "2"], WORDS), 0)
    expect(len(list(directory.glob("runs/*/summary.json"))) == 1, "no run directory of its own choice")


def refused_without_restart(directory):
    for words, code in ((["--speed", "9"], 2), (["--data", "missing"], 3)):
        _, err = end(start(directory, ["-n", "2"], words), code)
        expect(err.count("error:") == 1 and "restart" not in err, err)
    expect(not list(directory.iterdir()), "wrong words left files behind")


def killed(directory, who, *options):
    said = []

    def attempt(words):
        process = begin_long_run(directory, words, *options)
        started, ranks = children(process)
        if who == "rank":
            victims = [pid for pid, name in ranks if name.startswith("ensemble")][1:2]
        else:
            victims = [pid for pid, name in started if name.startswith(("mpi", "orte"))]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        # Each rank has one member, so that as long as none is finished each has something to lose.
        too_late = not victims or list((directory / "run/members").glob("*.ckpt"))
        said[:] = end(process, 0)
        return not too_late

    words = midway(directory, attempt)
    out, err = said
    if who == "rank" and not options:
        expect("orte_enable_recovery" in err, f"no recovery:\n{err}")
        expect("restart" not in err and "resumed" not in out and "rank 1 was killed" in out, f"{out}\n{err}")
    else:
        expect("restart 1 of 3" in err and "restart 2" not in err and "resumed" in out, f"{out}\n{err}")
    expect(results(directory / "run") == reference(BUILD, words, directory), "other bytes than without a death")
    expect(not leftovers(directory), leftovers(directory))


def killed_rank(directory):
    killed(directory, "rank", "--no-recovery")


def killed_rank_is_replaced(directory):
    killed(directory, "rank")


def killed_rank_at_any_time(directory):
    """From the very start on; argument: how many times, from which seed."""
    count, seed = (int(word) for word in (sys.argv[4:] + ["3", "1"][len(sys.argv) - 4:]))
    expected = reference(BUILD, LONG, directory)
    # The trial of recovery has three ranks too: it shall be over.
    end(start(directory, ["-n", "2"], [*WORDS, "--out", "trial"]), 0)
    kills = 0
    for this in range(seed, seed + count):
        chance = random.Random(this)
        process = start(directory, ["-n", "3", "--wait", "0"], [*LONG, "--out", f"run{this}"])
        wait_for(lambda: len([1 for _, name in children(process)[1] if name.startswith("ensemble")]) == 3, "ranks")
        if chance.random() < 0.5:
            time.sleep(0.3 * chance.random())  # while they start
        else:
            history, epochs = directory / f"run{this}/history.jsonl", chance.randrange(60)
            wait_for(lambda: process.poll() is not None or (history.exists() and history.read_bytes().count(b"\n") >= epochs),
                     f"{epochs} epochs")
        victim = chance.randrange(3)
        ranks = sorted(pid for pid, name in children(process)[1] if name.startswith("ensemble"))
        if len(ranks) == 3:
            os.kill(ranks[victim], signal.SIGKILL)
            kills += 1
        out, err = end(process, 0)
        found = results(directory / f"run{this}")
        expect(found == expected, f"seed {this}: other bytes than without a death\n{out}\n{err}")
        print(f"seed {this}: rank {victim}, restarts {err.count('(restart ')}")
    expect(kills > 0, "no rank was there to be killed")
    expect(not leftovers(directory), leftovers(directory))


def killed_mpirun(directory):
    killed(directory, "mpirun")


def stopped_by_a_signal(directory):
    for number in (signal.SIGTERM, signal.SIGINT):
        def attempt(words, number=number):
            process = begin_long_run(directory, words)
            process.send_signal(number)
            too_late = list((directory / "run/members").glob("*.ckpt"))
            out, err = process.communicate(timeout=LIMIT_S)
            if too_late and process.returncode == 0:
                return False
            expect(process.returncode == 75, f"exit code {process.returncode} instead of 75\n{out}\n{err}")
            expect(err.count("stopped") == 1 and f"stopped by {number.name};" in err and "restart" not in err, err)
            expect(not (directory / "run/summary.json").exists(), "a run that was stopped looks complete")
            return True

        words = midway(directory, attempt)
        (directory / "run").rename(directory / f"run-{number}")
    end(start(directory, ["-n", "2"], [*words, "--resume", "--out", f"run-{number}"]), 0)
    expect(results(directory / f"run-{number}") == reference(BUILD, words, directory), "other bytes than without a stop")


def stopped_during_the_trial(directory):
    """A signal that comes before there is a run counts as well."""
    fake = fake_build(directory, "exec sleep 60")
    calls = directory / "calls"
    process = start(directory, ["-n", "2"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS=str(calls))
    wait_for(lambda: calls.exists() and "ENSEMBLE_RECOVERY_PROBE" in calls.read_text(), "a trial of recovery")
    process.send_signal(signal.SIGTERM)
    _, err = end(process, 75)
    expect(len(calls.read_text().splitlines()) == 1, f"a run was started: {calls.read_text()}\n{err}")
    expect(not leftovers(directory), leftovers(directory))


def verdicts(directory):
    """What it makes of how runs end, with an mpirun that ends as it is told: (status, exit code, then for ever)."""
    fake = fake_build(directory, '[[ ! $TELL ]] || echo "$TELL" >"$ENSEMBLE_STATUS_FILE"\n[[ ! $LINGER ]] || exec sleep 60\n'
                                 'if [[ $CODE == -* ]]; then kill "$CODE" $$; fi\nexit "$CODE"')
    cases = (("0", "0", "", 0, 1), ("0", "137", "", 0, 1), ("0", "0", "yes", 0, 1), ("2", "2", "", 2, 1), ("3", "1", "", 3, 1),
             ("75", "75", "", 75, 1), ("75", "0", "", 75, 1), ("75", "-9", "", 4, 3), ("4", "4", "", 4, 1),
             ("4 again", "4", "", 4, 3), ("4 again", "0", "yes", 4, 3), ("", "2", "", 2, 1), ("", "3", "", 3, 1),
             ("", "137", "", 4, 3), ("", "205", "", 4, 3), ("", "0", "", 4, 3), ("", "-9", "", 4, 3), ("", "1", "", 4, 3))
    processes = []
    for number, (tell, code, linger, _, _) in enumerate(cases):
        options = ["-n", "2", "--restarts", "2", "--wait", "0", "--linger", "1", "--no-recovery"]
        processes.append(start(directory, options, ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS=str(directory / f"calls{number}"),
                               TELL=tell, CODE=code, LINGER=linger))
    for number, (tell, code, _, verdict, starts) in enumerate(cases):
        end(processes[number], verdict)
        lines = (directory / f"calls{number}").read_text().splitlines()
        expect(len(lines) == starts, f"{tell!r}, {code}: {len(lines)} starts")
        expect([line.count("--resume") for line in lines] == [0, 1, 1][:starts], lines)
    expect(not leftovers(directory), leftovers(directory))


def slurm_counts_failures_apart_from_time_limits(directory):
    """A job over many time limits may still fail three times, and no more."""
    (directory / "scontrol").write_text('#!/bin/sh\necho "$*" >>requeued\n')
    (directory / "scontrol").chmod(0o755)
    script = Path(SCRIPT).parent / "slurm.sh"
    requeued = []
    for restart, code in enumerate([75] * 10 + [4] * 3 + [75] + [137] * 4 + [2]):
        environment = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}", "SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": str(restart)}
        job = subprocess.Popen(["bash", "-c", f'source "{script}"; run_and_requeue sh -c "exit {code}"'], cwd=directory, env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        end(job, code)
        requeued.append((directory / "requeued").exists())
        (directory / "requeued").unlink(missing_ok=True)
    expect(requeued == [True] * 17 + [False] * 2, requeued)
    expect(not list(directory.glob(".slurm*")), "the count stays behind")
    # What others have put in the place of the count is not executed, and a link is not followed.
    (directory / "theirs").write_text("precious")
    count = directory / ".slurm-failures-7"
    for prepare in (lambda: count.write_text("a[$(touch executed)]"), lambda: count.symlink_to("theirs"), lambda: count.write_text("9" * 30)):
        prepare()
        end(subprocess.Popen(["bash", "-c", f'source "{script}"; run_and_requeue sh -c "exit 4"'], cwd=directory,
                             env={**environment, "SLURM_RESTART_COUNT": "a[$(touch executed)]", "ENSEMBLE_REQUEUES": "a[$(touch executed)]"},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), 4)
        expect(count.read_text() == "1\n" and not count.is_symlink(), count.read_text())
        expect((directory / "requeued").exists() and not (directory / "executed").exists(), "executed, or not put back")
        expect((directory / "theirs").read_text() == "precious", "a link was followed")
        count.unlink()
    # Stopped by a warning before the time limit it goes back, by scancel it does not.
    for number, goes_back in ((signal.SIGUSR1, True), (signal.SIGTERM, False)):
        stops = "trap 'exit 75' USR1; touch begun; while :; do sleep 0.05; done"
        job = subprocess.Popen(["bash", "-c", f'source "{script}"; run_and_requeue bash -c "{stops}"'], cwd=directory,
                               env={**environment, "SLURM_RESTART_COUNT": "0"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for((directory / "begun").exists, "the command")
        job.send_signal(number)
        end(job, 75)
        expect((directory / "requeued").exists() == goes_back, number)
        for name in ("requeued", "begun"):
            (directory / name).unlink(missing_ok=True)


def what_rank_0_tells_is_a_number(directory):
    fake = fake_build(directory, 'echo "a[\\$(>executed)] again" >"$ENSEMBLE_STATUS_FILE"; exit 4')
    _, err = end(start(directory, ["-n", "2", "--restarts", "0", "--no-recovery"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS="/dev/null"), 4)
    expect(not list(directory.glob("executed")), err)


def wrong_options(directory):
    for options in (["-n", "0"], ["--ranks", "many"], ["--restarts", "-1"], ["--restarts", "08"], ["--linger", "09"], ["--hostfile", "missing"], ["--wait", "x"]):
        _, err = end(start(directory, options, []), 2)
        expect(options[0].lstrip("-")[0] in err and options[1] in err, err)
    out, _ = end(subprocess.Popen([SCRIPT, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), 0)
    expect("--hostfile" in out and "--restarts" in out, out)
    expect(not list(directory.iterdir()), "wrong options left files behind")


with tempfile.TemporaryDirectory() as temporary:
    globals()[CASE](Path(temporary))
