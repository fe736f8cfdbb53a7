#!/usr/bin/env python3
"""Stops and kills ensemble_train on several ranks in every way, goes on with it, and holds the end against a run that was
never stopped.

run_stopped.py MPIRUN PROGRAM CASE [COUNT [SEED]] runs one case; `run_stopped.py --list` names them. The cases kill_… try
COUNT times (3, or what ENSEMBLE_KILLS says) at random moments that follow from SEED (1) alone; what fails says the seed that
repeats it:
  run_stopped.py mpirun build/ensemble_train kill_worker 1 SEED
"""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from stage import LIMIT_S, RUN, USAGE, Ended, case_of, check_message, digest, give_up, history_without_timings, main, results, skip

STOPPED = 75
KILLS = int(os.environ.get("ENSEMBLE_KILLS", "3"))
MEMBERS = 4
WORDS = ["--data", "digits:train=1500,test=200", "--net", "dense(64) relu dropout(0.2) dense(32) relu", "--epochs", "12",
         "--members", str(MEMBERS), "--seed", "7", "--checkpoint-every", "1"]

CASES = {}
case = case_of(CASES)


def children(process):
    """Ids of the processes that `process` has started."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):  # a pattern with "stat" in it trips over those that end meanwhile
        try:
            fields = pathlib.Path("/proc", name, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            found.append(int(name))
    return sorted(found)


def is_alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def send(number, processes):
    for process in processes:
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


class Running:
    """A run under mpirun that can be looked into."""

    def __init__(self, stage, ranks, words, patience=1, options=()):
        # mpirun takes this long from SIGTERM to SIGKILL, and from a rank that ends to the others.
        self.command = [stage.mpirun, "--mca", "odls_base_sigkill_timeout", str(patience), *options, "-np", str(ranks), stage.program, *words]
        self.out, self.err = (tempfile.TemporaryFile("w+") for _ in range(2))
        self.process = subprocess.Popen(self.command, cwd=stage.directory, env=stage.environment, stdin=subprocess.DEVNULL,
                                        stdout=self.out, stderr=self.err, start_new_session=True)
        self.seen = set()
        self.hung_in_start = False

    def ranks(self):
        """Their ids in the order in which they were started, as far as they live; mpirun starts rank 0 first."""
        now = [child for child in children(self.process.pid) if is_alive(child)]
        self.seen.update(now)
        return now

    def wait_for(self, holds):
        end = time.monotonic() + LIMIT_S
        while not holds():
            self.ranks()
            if self.process.poll() is not None or time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def ended(self, in_start=lambda: False):
        """How it ended, once mpirun and all ranks are gone; nobody may stay behind.

        Open MPI itself hangs when a rank dies in its start (MPI_Init), the others in there or mpirun alone: then whoever
        launched it has to end it, and so do we.
        """
        end = time.monotonic() + LIMIT_S
        start_ends = time.monotonic() + 8
        while self.process.poll() is None or any(is_alive(rank) for rank in self.seen):
            if time.monotonic() > start_ends and in_start():
                self.hung_in_start = True
                send(signal.SIGKILL, [self.process.pid, *self.ranks(), *self.seen])
            if time.monotonic() > end:
                left = [rank for rank in self.seen if is_alive(rank)]
                send(signal.SIGKILL, [self.process.pid, *left])
                give_up(f"hangs: mpirun ended with {self.process.poll()}, ranks left {left}")
            time.sleep(0.005)
        texts = []
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read())
            file.close()
        return Ended(self.command, self.process.returncode, *texts)


def outcome(directory):
    """Everything in a finished run that must not depend on its past."""
    found = {str(path.relative_to(directory)): digest(path) for path in sorted(directory.rglob("*"))
             if path.is_file() and path.name not in ("summary.json", "history.jsonl", "timeline.jsonl", "report.html") and path.parent.name != "logs"}
    summary = json.loads((directory / "summary.json").read_text())
    found["ensemble"] = json.dumps([summary["ensemble"], summary["gain"], [member["test"] for member in summary["members"]]])
    found["history"] = json.dumps(history_without_timings(directory))
    return found


class Reference:
    """What a run that is never stopped leaves, and how long it takes."""

    def __init__(self, stage, ranks=3, words=WORDS):
        begin = time.monotonic()
        self.words = words
        stage.ranks(ranks, [*words, "--out", "whole"]).expect((stage.directory / "whole/summary.json").exists(), "failed")
        self.seconds = time.monotonic() - begin
        self.stage, self.result = stage, outcome(stage.directory / "whole")

    def check(self, ended, out):
        ended.expect(ended.code == 0, "cannot be gone on with")
        ended.expect("error" not in ended.err, "complains")
        found = outcome(self.stage.directory / out)
        differing = [name for name in {*found, *self.result} if found.get(name) != self.result.get(name)]
        ended.expect(not differing, f"differs from a run never stopped: {', '.join(differing)}")

    def resume(self, out, ranks):
        """Under the command that began it, since it may have been killed before it had written anything."""
        self.check(self.stage.ranks(ranks, [*self.words, "--resume", "--out", out]), out)


# Stops on request.


def stopped_midway(stage, start, stop, after="members/0000.ckpt", members=40):
    """How a run ended that was stopped by `stop(run)` once that file was there and before its last member, and its words.

    `start(words)` starts it in "run", with twice as many members until it is not over before it is stopped: no machine is too
    fast, nor too busy.
    """
    out = stage.directory / "run"
    for factor in (1, 2, 4, 8, 16, 32):
        words = [*WORDS, "--members", str(factor * members)]
        run = start(words)
        if run.wait_for((out / after).exists):
            stop(run)
        ended = run.ended()
        ended.expect((out / after).exists(), f"has no {after}")
        if len(list((out / "members").glob("*.ckpt"))) < factor * members:
            return ended, words
        shutil.rmtree(out)
    return give_up("is over before it can be stopped, however large")


def stopped_by(stage, stop, ranks=3, why="SIG", code=STOPPED, patience=1, members=40):
    ended, words = stopped_midway(stage, lambda words: Running(stage, ranks, [*words, "--out", "run"], patience), stop,
                                  members=members)
    ended.expect(code is None or ended.code == code, f"exit code is not {code}")
    messages = [line for line in ended.err.splitlines() if line.startswith("ensemble_train: ")]
    ended.expect(len(messages) == 1 and "stopped by " + why in messages[0], "not one message about the stop")
    ended.expect("--resume --out" in messages[0], "the message does not say how to go on")
    ended.expect((stage.directory / "run/partial.json").exists(), "there are no partial results")
    for name in ("summary.json", "predictions.npy", "lock"):
        ended.expect(not (stage.directory / "run" / name).exists(), f"{name} is there")
    Reference(stage, ranks, words).resume("run", 2)
    members = json.loads((stage.directory / "run/summary.json").read_text())["members"]
    untimed = [member["index"] for member in members if member["train_s"] <= 0]
    if untimed:
        give_up(f"nobody knows any more how long members took that were finished before: {untimed}")


def by_sigusr1(run):
    send(signal.SIGUSR1, [run.process.pid])


@case
def sigusr1_to_mpirun(stage):
    stopped_by(stage, by_sigusr1, why="SIGUSR1")


@case
def sigterm_to_mpirun(stage):
    # mpirun hands it on after a second, and ends with a code of its own.
    stopped_by(stage, lambda run: send(signal.SIGTERM, [run.process.pid]), why="SIGTERM", code=None, patience=3, members=150)


@case
def sigterm_to_one_worker(stage):
    stopped_by(stage, lambda run: send(signal.SIGTERM, run.ranks()[-1:]), why="SIGTERM")


@case
def sigint_to_the_coordinator(stage):
    stopped_by(stage, lambda run: send(signal.SIGINT, run.ranks()[:1]), why="SIGINT")


@case
def an_end_that_cannot_be_written_keeps_what_was_half_trained(stage):
    def stop(run):
        with contextlib.suppress(FileExistsError):
            (stage.directory / "run/predictions.npy").mkdir()  # so that no file can take its place
        send(signal.SIGUSR1, [run.process.pid])

    ended, words = stopped_midway(stage, lambda words: Running(stage, 3, [*words, "--min-members", "1", "--out", "run"]), stop)
    ended.expect(ended.code == RUN, "exit code is not 4")
    ended.expect("cannot write 'run/predictions.npy'" in ended.err, "does not say what failed")
    half = list((stage.directory / "run/checkpoints").glob("*.ckpt"))
    ended.expect(half, "half-trained members are gone")
    (stage.directory / "run/predictions.npy").rmdir()
    Reference(stage, 3, words).resume("run", 2)


def check_time_line(entries, ranks, members, is_whole):
    """Every rank has a past without gaps, and where the run came to its end every member was trained and predicted in it."""
    for rank in range(ranks):
        mine = [entry for entry in entries if entry["rank"] == rank]
        seams = [(before["to"], after["from"]) for before, after in zip(mine, mine[1:])]
        if not mine or any(to != start for to, start in seams) or any(entry["from"] >= entry["to"] for entry in mine):
            give_up(f"the past of rank {rank} has gaps: {mine}")
    begin, end = min(entry["from"] for entry in entries), max(entry["to"] for entry in entries)
    for rank in range(ranks):
        mine = [entry for entry in entries if entry["rank"] == rank]
        if mine[0]["from"] != begin or mine[-1]["to"] != end:
            give_up(f"the past of rank {rank} is not the whole from {begin} to {end}: {mine}")
    for what in ("train", "predict"):
        found = sorted(entry["member"] for entry in entries if entry["what"] == what)
        if is_whole and found != list(range(members)):
            give_up(f"{what}: members are {found}")
    if is_whole and not any(entry["what"] == "analyse" for entry in entries):
        give_up("nobody has analysed anything")
    return end


def enough(directory):
    """What came of --stop-when, and how many members are left of those that were begun."""
    summary = json.loads((directory / "summary.json").read_text())
    stop = summary["stop_when"]
    count = stop["members"] if stop["stopped"] else stop["planned"]
    listed = [member["index"] for member in summary["members"]]
    if listed != list(range(count)):
        give_up(f"{stop}, but members are {listed}")
    for pattern in ("members/*.ckpt", "predictions/validation/0*.npy", "predictions/test/0*.npy"):
        if (left := sorted(int(path.stem) for path in directory.glob(pattern))) != listed:
            give_up(f"{pattern}: of {left} only {listed} are needed")
    if {line["member"] for line in history_without_timings(directory)} != set(listed):
        give_up("the history tells of members that are not needed")
    return stop


@case
def members_that_are_enough(stage):
    """The same ones on any number of ranks, and after kills and stops, whoever has begun others."""
    few = [*WORDS, "--epochs", "3", "--members", "10"]
    stage.ranks(3, [*few, "--stop-when", "1e-9", "--out", "all"]).expect((stage.directory / "all/summary.json").exists(), "failed")
    last = enough(stage.directory / "all")
    if last["stopped"] or last["members"] != 10:
        give_up(f"stops though a billionth was asked for: {last}")
    words = [*WORDS, "--epochs", "3", "--members", "16", "--stop-when", str(1.8 * last["bound"])]
    reference = Reference(stage, 1, words)
    stop = enough(stage.directory / "whole")
    if not (stop["stopped"] and 4 <= stop["members"] <= 12 and stop["bound"] < stop["gain"]):
        give_up(f"does not stop where it should: {stop}")
    plain = stage.ranks(2, [*WORDS, "--epochs", "3", "--members", str(stop["members"]), "--out", "plain"])
    plain.expect(digest(stage.directory / "plain/predictions.npy") == digest(stage.directory / "whole/predictions.npy"),
                 "members are others where they may be enough")
    for ranks in (2, 3, 8):
        ended = stage.ranks(ranks, [*words, "--out", f"np{ranks}"])
        reference.check(ended, f"np{ranks}")
        ended.expect("are not needed" in ended.out and f"With {stop['members']} members" in ended.out, "does not say why")
        ended.expect(enough(stage.directory / f"np{ranks}") == stop, "stops elsewhere")
    for number, name in ((signal.SIGKILL, "killed"), (signal.SIGUSR1, "stopped")):
        run = Running(stage, 3, [*words, "--out", name])
        run.wait_for((stage.directory / name / "members/0002.ckpt").exists)
        send(number, run.ranks() if number == signal.SIGKILL else [run.process.pid])
        run.ended()
        if not (stage.directory / name / "summary.json").exists():
            reference.resume(name, 2)
        if enough(stage.directory / name) != stop:
            give_up("stops elsewhere when it goes on")


@case
def the_time_line_of_a_run_and_of_one_that_was_stopped(stage):
    read = lambda out: [json.loads(line) for line in (stage.directory / out / "timeline.jsonl").read_text().splitlines()]
    for ranks in (1, 3):
        stage.ranks(ranks, [*WORDS, "--out", f"np{ranks}"]).expect((stage.directory / f"np{ranks}/summary.json").exists(), "failed")
        end = check_time_line(read(f"np{ranks}"), ranks, MEMBERS, True)
        wall_s = json.loads((stage.directory / f"np{ranks}/summary.json").read_text())["timing"]["wall_s"]
        if not 0 < end <= wall_s:
            give_up(f"the time line ends after {end} s, the run after {wall_s} s")
    _, words = stopped_midway(stage, lambda words: Running(stage, 3, [*words, "--out", "run"]), by_sigusr1)
    before = read("run")
    stopped = check_time_line(before, 3, 0, False)
    with (stage.directory / "run/timeline.jsonl").open("a") as file:
        file.write('{"start":1,"rank":0,"what":"tra')  # as a kill leaves it
    stage.ranks(2, [*words, "--resume", "--out", "run"]).expect((stage.directory / "run/summary.json").exists(), "failed")
    entries = read("run")
    if entries[:len(before)] != before or {entry["start"] for entry in entries[len(before):]} != {2}:
        give_up("the time line of the first start is another now")
    after = entries[len(before):]
    check_time_line(after, 2, 0, False)
    if min(entry["from"] for entry in after) != stopped:
        give_up("the second start does not begin where the first one ended")


@case
def a_time_limit_again_and_again(stage):
    reference = Reference(stage)
    limit, stops = 0.05, 0
    for ranks in range(2, 60):
        ended = stage.ranks(ranks % 4 + 1, [*WORDS, "--resume", "--out", "run", "--time-limit", f"{limit:.2f}s"])
        if ended.code == 0:
            break
        ended.expect(ended.code == STOPPED, "exit code is not 75")
        ended.expect(len([line for line in ended.messages() if "ensemble_train: " in line]) == 1, "not one message")
        limit, stops = 1.4 * limit, stops + 1  # on any machine there is time enough at last
    ended.expect(stops > 0, "was never stopped")
    reference.check(ended, "run")
    again = stage.ranks(3, [*WORDS, "--resume", "--out", "run"])
    again.expect(again.code == 0 and "nothing left to do" in again.out, "a finished run is not left alone")


@case
def a_time_budget_is_chosen_once(stage):
    words = [*WORDS, "--epochs", "1000000", "--time-budget", "2s"]
    chosen = lambda name: [line for line in (stage.directory / name / "config.toml").read_text().splitlines()
                           if line.startswith(("epochs", "members", "time-budget"))]
    ended = stage.ranks(2, [*words, "--out", "run", "--time-limit", "1ms"])
    ended.expect(ended.code == STOPPED, "exit code is not 75")
    first = chosen("run")
    ended.expect(len(first) == 2 and "epochs = 1000000" not in first, f"chosen is {first}")
    ended = stage.ranks(3, [*words, "--members", "64", "--out", "run", "--resume"])
    ended.expect(ended.code == 0, "does not go on with what was chosen").expect(chosen("run") == first, "has chosen again")
    again = stage.ranks(1, ["--config", "run/config.toml", "--out", "again"])
    again.expect(again.code == 0, "the configuration does not repeat the run")
    members = len(json.loads((stage.directory / "run/summary.json").read_text())["members"])
    again.expect(results(stage.directory / "again", members) == results(stage.directory / "run", members), "other results")
    ended = stage.ranks(1, [*WORDS[:4], "--time-budget", "2s", "--vary", "epochs=1,2", "--out", "no"])
    ended.expect(ended.code == USAGE, "members that differ in their epochs")
    check_message(ended, "--time-budget", "--vary epochs")


@case
def a_directory_in_use(stage):
    run = Running(stage, 2, [*WORDS, "--epochs", "1000000", "--out", "run"])
    if not run.wait_for((stage.directory / "run/history.jsonl").exists):
        run.ended().expect(False, "does not begin")
    ended = stage.ranks(2, ["--resume", "--out", "run"])
    ended.expect(ended.code == USAGE, "exit code is not 2")
    check_message(ended, "is in use", f"process {run.ranks()[0]} on ")
    ended = stage.ranks(1, [*WORDS, "--out", "run"])
    ended.expect(ended.code == USAGE, "a new run in a used directory is not refused")
    check_message(ended, "'run'", "--out")
    send(signal.SIGUSR1, [run.process.pid])
    run.ended()


@case
def other_settings(stage):
    _, words = stopped_midway(stage, lambda words: Running(stage, 2, [*words, "--out", "run"]), by_sigusr1, after="history.jsonl")
    for option, value, before in (("--lr", "0.5", "0.001"), ("--members", "9", words[-1]), ("--seed", "8", "7")):
        stage.refuses(["--resume", "--out", "run", option, value], USAGE, f"{option} {before}, not {value}", ranks=3)


@case
def an_edited_configuration(stage):
    """Members that are finished are not trained again under what somebody has written into config.toml since."""
    stopped_midway(stage, lambda words: Running(stage, 2, [*words, "--out", "run"]), by_sigusr1)
    path = stage.directory / "run/config.toml"
    path.write_text(path.read_text().replace("epochs = 12", "epochs = 3"))
    stage.refuses(["--resume", "--out", "run"], USAGE, "config.toml", ranks=2)


@case
def a_disk_that_fills_up_while_checkpoints_are_written(stage):
    disk = stage.directory / "disk"
    disk.mkdir()
    prefix = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=900k tmpfs "$0" && "$@"; code=$?; cp -r "$0" kept; exit '
              "$code", str(disk)]
    if os.geteuid() != 0:
        prefix[1:1] = ["--user", "--map-root-user"]
    if stage.execute([*prefix, "true"]).code != 0:
        skip("a small file system of its own needs privileges, or user namespaces")
    shutil.rmtree(stage.directory / "kept")
    reference = Reference(stage)
    # Room for a checkpoint or two, or for none of three begun at once: either way the words of the message hold.
    ended = stage.ranks(3, [*WORDS, "--out", "disk/run"], prefix)
    ended.expect(ended.code == RUN, "exit code is not 4")
    check_message(ended, "No space left", "--resume")
    shutil.copytree(stage.directory / "kept/run", stage.directory / "run")
    reference.resume("run", 2)


# Kills at random moments, start-up included.


def is_written_to(folder):
    try:
        return any(".tmp-" in name for name in os.listdir(folder))
    except FileNotFoundError:  # not yet, or not any more
        return False


def killed(stage, victims, count, seed, words=WORDS):
    """`victims` chooses, from a run, whom to kill."""
    reference = Reference(stage, words=words)
    moments = {}
    for number in range(count):
        this = seed + number
        chance = random.Random(this)
        out = f"run{this}"
        moment = chance.uniform(0, 1.2 * reference.seconds)
        ranks = chance.choice((2, 3, 4))
        # Every other time inside the writing of a checkpoint: while there is a temporary file.
        inside = chance.random() < 0.5
        run = Running(stage, ranks, [*words, "--out", out])
        begin = time.monotonic()
        while time.monotonic() < begin + moment and run.process.poll() is None:
            run.ranks()
            time.sleep(0.002)
        folder = stage.directory / out / "checkpoints"
        if inside and run.process.poll() is None:
            end = time.monotonic() + 0.5
            while time.monotonic() < end and not is_written_to(folder):
                pass
        run.ranks()
        send(signal.SIGKILL, victims(run, chance))
        ended = run.ended(in_start=lambda: not (stage.directory / out / "history.jsonl").exists())
        done = (stage.directory / out / "summary.json").exists()
        begun = (stage.directory / out / "config.toml").exists()
        kind = "in a start that hung" if run.hung_in_start else "finished" if done else "begun" if begun else "before its beginning"
        moments[kind] = moments.get(kind, 0) + 1
        try:
            reference.resume(out, chance.choice((1, 2, 3)))
        except SystemExit as failure:
            give_up(f"seed {this} (killed after {moment:.3f} s, {kind}, {ranks} ranks, exit code {ended.code}): {failure}")
        shutil.rmtree(stage.directory / out)
    print(f"{count} of {count} ended with the same bytes; killed when the run was: {moments}")


def launcher_only(run, _chance):
    return [run.process.pid]


def one_worker(run, chance):
    workers = run.ranks()[1:]
    return [chance.choice(workers)] if workers else []


@case
def kill_worker(stage, count=KILLS, seed=1):
    killed(stage, one_worker, count, seed)


@case
def kill_coordinator(stage, count=KILLS, seed=1):
    killed(stage, lambda run, _: run.ranks()[:1], count, seed)


@case
def kill_mpirun(stage, count=KILLS, seed=1):
    killed(stage, launcher_only, count, seed)


@case
def kill_everything(stage, count=KILLS, seed=1):
    killed(stage, lambda run, _: [run.process.pid, *run.ranks()], count, seed)


@case
def kill_snapshots(stage, count=KILLS, seed=1):
    """Members that go on from one another, taken up again by whichever rank."""
    killed(stage, lambda run, _: [run.process.pid, *run.ranks()], count, seed, [*WORDS, "--snapshots", "4", "--epochs", "120", "--members", "8"])


if __name__ == "__main__":
    main(CASES)
