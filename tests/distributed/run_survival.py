#!/usr/bin/env python3
"""Takes ranks away from a run that recovers from losses, and sees whether the others bring it to the same end.

run_survival.py MPIRUN PROGRAM CASE [COUNT [SEED]] runs one case; `run_survival.py --list` names them. The cases survive_…
try COUNT times (3, or what ENSEMBLE_KILLS says) at random moments that follow from SEED (1) alone; what fails says the seed
that repeats it:
  run_survival.py mpirun build/ensemble_train survive_kills 1 SEED
"""
import random
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
from stage import LIMIT_S, RUN, case_of, give_up, history_without_timings, main
from run_stopped import KILLS, WORDS, Reference, Running, send, stopped_midway

RANKS = 8
CASES = {}
case = case_of(CASES)


DEAD_AFTER = "5s"  # a rank that lives is not silent for as long, on however busy a machine


class Watched(Running):
    """A run whose ranks are known by their numbers."""

    def __init__(self, stage, out, words, ranks=RANKS, recovers=True):
        self.directory = stage.directory / out
        self.status = stage.directory / f"{out}.code"
        self.status.unlink(missing_ok=True)
        variables = stage.environment
        stage.environment = {**variables, "ENSEMBLE_STATUS_FILE": str(self.status), "ENSEMBLE_RECOVERY": str(int(recovers))}
        try:
            super().__init__(stage, ranks, [*words, "--out", out], options=["--enable-recovery"] if recovers else [])
        finally:
            stage.environment = variables
        logs = [self.directory / f"logs/rank-{rank:04}.log" for rank in range(ranks)]
        if not self.wait_for(lambda: all(log.exists() for log in logs)):
            self.ended().expect(False, "does not begin")
        self.ids = [self.id_of(log) for log in logs]

    def id_of(self, log):
        end = time.monotonic() + LIMIT_S
        while "process " not in log.read_text() and time.monotonic() < end:
            time.sleep(0.001)
        return int(log.read_text().split("process ")[1].split(",")[0])

    def epochs(self):
        """Of all members, as far as they are written down."""
        try:
            return (self.directory / "history.jsonl").read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    def is_given_up(self, rank):
        return (self.directory / f"logs/rank-{rank:04}.lost").exists()

    def code(self):
        return int(self.status.read_text().split()[0]) if self.status.exists() else None


def survived(stage, number, count, seed, words=(), training=WORDS):
    """With more members until ranks were lost before all was over: no machine is too fast."""
    for members in (16, 64, 256):
        found = survived_with(stage, number, range(seed, seed + count), [*training, "--members", str(members)], words)
        if any(kind not in ("too late", "0 lost") for kind in found):
            print(f"{count} of {count} ended with the same bytes and without a restart, seeds {seed} to {seed + count - 1}: {found}")
            return
    give_up(f"no rank was ever lost: {found}")


def survived_with(stage, number, seeds, training, words):
    """How often how many ranks were lost."""
    reference = Reference(stage, RANKS, training)
    found = {}
    epochs = len(history_without_timings(stage.directory / "whole"))
    for this in seeds:
        chance = random.Random(this)
        moment = chance.randrange(epochs * 3 // 4)
        victims = chance.sample(range(1, RANKS), chance.randint(1, 3))
        apart = chance.choice((0, 0, 0.05, 0.3))
        out = f"run{this}"
        story = f"seed {this} (ranks {victims} after {moment} of {epochs} epochs, {apart} s apart)"
        run = Watched(stage, out, [*training, *words])
        run.wait_for(lambda: run.epochs() >= moment)
        was_over = run.status.exists()
        for victim in victims:
            send(number, [run.ids[victim]])
            time.sleep(apart)
        # Whoever is stopped when all is done is nobody's loss any more; launch/run would end the mpirun that waits for it.
        run.wait_for(run.status.exists)
        send(signal.SIGKILL, [run.ids[victim] for victim in victims if not run.is_given_up(victim)])
        try:
            ended = run.ended()
            ended.expect(run.code() == 0, f"exit code of rank 0 is {run.code()}, not 0")
            found_errors = [line for line in ended.err.splitlines() if "ensemble_train: error" in line]
            ended.expect(not found_errors, "complains")
            ended.code, ended.err = 0, ""
            reference.check(ended, out)
        except SystemExit as failure:
            logs = "\n".join(f"{log.name}: {log.read_text()}" for log in sorted((run.directory / "logs").glob("*.log")))
            give_up(f"{story}: {failure}\n{logs}")
        lost = len(list((run.directory / "logs").glob("*.lost")))
        kind = "too late" if was_over else f"{lost} lost"
        found[kind] = found.get(kind, 0) + 1
        shutil.rmtree(stage.directory / out)
    shutil.rmtree(stage.directory / "whole")
    return found


@case
def survive_kills(stage, count=KILLS, seed=1):
    survived(stage, signal.SIGKILL, count, seed)


@case
def survive_stops(stage, count=KILLS, seed=1):
    survived(stage, signal.SIGSTOP, count, seed, ["--dead-after", DEAD_AFTER])


@case
def survive_kills_of_snapshots(stage, count=KILLS, seed=1):
    """Others take over runs of which some members are finished and one is half trained."""
    survived(stage, signal.SIGKILL, count, seed, training=[*WORDS, "--snapshots", "2"])


def watched_midway(stage, ranks, recovers, stop, options=(), after="members/0000.ckpt"):
    """As stopped_midway, with the run itself."""
    runs = []

    def start(words):
        runs.append(Watched(stage, "run", [*words, *options], ranks, recovers))
        return runs[-1]

    ended, words = stopped_midway(stage, start, stop, after)
    return runs[-1], ended, words


def ends_and_goes_on(stage, victim, number, recovers, code, about):
    """Losses that nobody can make good: the run ends soon, and what starts it again finds it as it was."""
    run, ended, words = watched_midway(stage, 3, recovers, lambda run: send(number, [run.ids[victim]]),
                                     ["--dead-after", DEAD_AFTER])
    ended.expect(not (stage.directory / "run/summary.json").exists(), "looks complete")
    ended.expect(about in ended.err, f"does not speak of {about!r}")
    ended.expect(run.code() == code, f"status left is {run.code()}, not {code}")
    Reference(stage, 3, words).resume("run", 2)


@case
def a_stopped_rank_ends_a_run_that_does_not_recover(stage):
    ends_and_goes_on(stage, 2, signal.SIGSTOP, False, RUN, "rank 2 has given no sign of life")


@case
def a_stopped_coordinator_is_not_waited_for(stage):
    ends_and_goes_on(stage, 0, signal.SIGSTOP, True, RUN, "rank 0, which coordinates, ")


@case
def a_stopped_coordinator_is_not_waited_for_without_recovery(stage):
    ends_and_goes_on(stage, 0, signal.SIGSTOP, False, RUN, "rank 0, which coordinates, has given no sign of life")


@case
def a_killed_coordinator_is_not_waited_for(stage):
    ends_and_goes_on(stage, 0, signal.SIGKILL, True, RUN, "rank 0, which coordinates, was killed")


@case
def a_signal_stops_what_is_left(stage):
    def stop(run):
        send(signal.SIGKILL, [run.ids[2]])
        send(signal.SIGUSR1, [run.ids[0]])

    run, ended, words = watched_midway(stage, 4, True, stop, after="members/0002.ckpt")
    ended.expect(run.code() == 75, f"exit code of rank 0 is {run.code()}, not 75")
    Reference(stage, 3, words).resume("run", 2)


if __name__ == "__main__":
    main(CASES)
