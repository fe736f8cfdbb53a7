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
from stage import RUN, case_of, give_up, main
from run_stopped import KILLS, WORDS, Reference, Running, send

RANKS = 8
TRAINING = [*WORDS, "--members", "16"]
CASES = {}
case = case_of(CASES)


class Watched(Running):
    """A run whose ranks are known by their numbers."""

    def __init__(self, stage, out, words, ranks=RANKS, recovers=True):
        self.directory = stage.directory / out
        self.status = stage.directory / f"{out}.code"
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
        end = time.monotonic() + 10
        while "process " not in log.read_text() and time.monotonic() < end:
            time.sleep(0.001)
        return int(log.read_text().split("process ")[1].split(",")[0])

    def is_given_up(self, rank):
        return (self.directory / f"logs/rank-{rank:04}.lost").exists()

    def code(self):
        return int(self.status.read_text().split()[0]) if self.status.exists() else None


def survived(stage, number, count, seed, words=(), grace=30):
    reference = Reference(stage, RANKS, TRAINING)
    found = {}
    for this in range(seed, seed + count):
        chance = random.Random(this)
        moment = chance.uniform(0, 0.45 * reference.seconds)
        victims = chance.sample(range(1, RANKS), chance.randint(1, 3))
        apart = chance.choice((0, 0, 0.05, 0.3))
        out = f"run{this}"
        story = f"seed {this} (ranks {victims} after {moment:.3f} s, {apart} s apart)"
        run = Watched(stage, out, [*TRAINING, *words])
        time.sleep(moment)
        was_over = run.status.exists()
        for victim in victims:
            send(number, [run.ids[victim]])
            time.sleep(apart)
        begin = time.monotonic()
        # Whoever is stopped when all is done is nobody's loss any more; launch/run would end the mpirun that waits for it.
        run.wait_for(run.status.exists)
        send(signal.SIGKILL, [run.ids[victim] for victim in victims if not run.is_given_up(victim)])
        try:
            ended = run.ended()
            ended.expect(run.code() == 0, f"exit code of rank 0 is {run.code()}, not 0")
            ended.expect(time.monotonic() - begin < grace + 3 * reference.seconds, "takes too long")
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
    if not any(kind not in ("too late", "0 lost") for kind in found):
        give_up(f"no rank was ever lost: {found}")
    print(f"{count} of {count} ended with the same bytes and without a restart, seeds {seed} to {seed + count - 1}: {found}")


@case
def survive_kills(stage, count=KILLS, seed=1):
    survived(stage, signal.SIGKILL, count, seed)


@case
def survive_stops(stage, count=KILLS, seed=1):
    survived(stage, signal.SIGSTOP, count, seed, ["--dead-after", "2s"])


def ends_and_goes_on(stage, victim, number, recovers, code, about):
    """Losses that nobody can make good: the run ends soon, and what starts it again finds it as it was."""
    words = [*WORDS, "--members", "40"]
    reference = Reference(stage, 3, words)
    run = Watched(stage, "run", [*words, "--epochs", "12", "--dead-after", "2s"], ranks=3, recovers=recovers)
    if not run.wait_for((stage.directory / "run/members/0000.ckpt").exists):
        run.ended().expect(False, "has no first member")
    send(number, [run.ids[victim]])
    begin = time.monotonic()
    ended = run.ended()
    ended.expect(time.monotonic() - begin < 20, "takes long to end")
    ended.expect(not (stage.directory / "run/summary.json").exists(), "was faster than the signal")
    ended.expect(about in ended.err, f"does not speak of {about!r}")
    ended.expect(run.code() == code, f"exit code of rank 0 is {run.code()}, not {code}")
    reference.resume("run", 2)


@case
def a_stopped_rank_ends_a_run_that_does_not_recover(stage):
    ends_and_goes_on(stage, 2, signal.SIGSTOP, False, RUN, "rank 2 has given no sign of life")


@case
def a_stopped_coordinator_is_not_waited_for(stage):
    ends_and_goes_on(stage, 0, signal.SIGSTOP, True, None, "rank 0, which coordinates, ")


@case
def a_stopped_coordinator_is_not_waited_for_without_recovery(stage):
    ends_and_goes_on(stage, 0, signal.SIGSTOP, False, None, "rank 0, which coordinates, has given no sign of life")


@case
def a_killed_coordinator_is_not_waited_for(stage):
    ends_and_goes_on(stage, 0, signal.SIGKILL, True, None, "rank 0, which coordinates, was killed")


@case
def a_signal_stops_what_is_left(stage):
    words = [*WORDS, "--members", "40"]
    reference = Reference(stage, 3, words)
    run = Watched(stage, "run", words, ranks=4)
    if not run.wait_for((stage.directory / "run/members/0002.ckpt").exists):
        run.ended().expect(False, "has no first member")
    send(signal.SIGKILL, [run.ids[2]])
    send(signal.SIGUSR1, [run.ids[0]])
    ended = run.ended()
    ended.expect(run.code() == 75, f"exit code of rank 0 is {run.code()}, not 75")
    reference.resume("run", 2)


if __name__ == "__main__":
    main(CASES)
