"""Runs the lecture's experiments, and shows how the figures compare with those that were published.

Started by launch/lecture, which builds the program; launch/run starts its ranks.
"""

import signal

# Until there is a run to stop, Ctrl-C ends this without a word.
if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import json
import math
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import time
from pathlib import Path

import lecture_page
from experiments import experiments, plane_runs

STOPPED = 75


def last_records(directory, members):
    """The last line of the history of each member, and the first."""
    first, last = {}, {}
    with (directory / "history.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            first.setdefault(record["member"], record)
            last[record["member"]] = record
    return [first[m] for m in range(members) if m in first], [last[m] for m in range(members) if m in last]


def figures(directory):
    """What the columns show, from the files of a finished run."""
    try:
        return figures_in(directory)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, OSError) as error:
        raise Failed(f"{directory}: the results of this run cannot be understood ({error!r:.100}); remove it, and it is "
                     "trained again", 4) from error


def figures_in(directory):
    summary = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    accuracies = [100 * member["test"]["accuracy"] for member in summary["members"] if not member.get("excluded", member.get("quarantine"))]
    first, last = last_records(directory, len(summary["members"]))
    found = {
        "mean member": statistics.mean(accuracies),
        "deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0,
        "average": 100 * summary["ensemble"]["average"]["accuracy"],
        "vote": 100 * summary["ensemble"]["vote"]["accuracy"],
        "loss": statistics.mean(record["train_loss"] for record in last if record["train_loss"] is not None),
        "members": len(accuracies),
        "test NLL": summary["ensemble"]["mean_member"]["nll"],
        "seconds": summary["timing"]["wall_s"],
    }
    if first and "gradient_norm" in first[0]:
        found["gradients"] = [statistics.mean(layer) for layer in zip(*(record["gradient_norm"] for record in first))]
        found["gradient by layer"] = " ".join(f"{size:.0e}" for size in found["gradients"])
        found["first gradient"] = statistics.mean(record["gradient_norm"][0] for record in first)
        found["last gradient"] = statistics.mean(record["gradient_norm"][-1] for record in first)
    wrong = [name for name, value in found.items() if not isinstance(value, (int, float, str)) and name != "gradients"]
    if wrong:
        raise TypeError(f"{wrong[0]} is no number")
    return found


class Stopped(Exception):
    pass


class Failed(Exception):
    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


def last_message(log):
    """What ensemble_train complained of, without its name; mpirun may add words of its own around it."""
    lines = [line.strip() for line in log.read_text(errors="replace").replace("\r", "\n").splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("ensemble_train: ")]
    return (said or lines or ["no message"])[-1].removeprefix("ensemble_train: ").removeprefix("error: ")


class Lecture:
    def __init__(self, given, command):
        self.given = given
        self.command = command
        self.child = None
        self.stopping = 0  # how many signals have asked for it
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, self.stop)

    def stop(self, *_):
        self.stopping += 1  # seen by watch(), so that no child is ever lost sight of

    def directory(self, experiment, run):
        return self.given.out / experiment.name / run.slug()

    def begun(self, directory, options):
        """True if the directory belongs to a run with these very options, which were written beside it."""
        try:
            return json.loads(directory.with_suffix(".json").read_text(encoding="utf-8"))["options"] == options
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return False

    def finished(self, experiment, run):
        directory = self.directory(experiment, run)
        return self.begun(directory, run.options) and (directory / "summary.json").exists()

    def estimate(self, chosen):
        """Minutes that the runs not finished yet will take, as the program foretells; None if it cannot say."""
        seconds = 0.0
        for experiment in chosen:
            for run in experiment.runs:
                if self.finished(experiment, run) or run.of != "mean member":
                    continue
                if self.stopping:
                    raise Stopped
                plan = subprocess.run([*self.command, *run.options, "--dry-run"], stdin=subprocess.DEVNULL, text=True,
                                      capture_output=True, check=False).stdout
                plan = " ".join(plan.split())
                members, member = re.search(r"Plan of (\d+) member", plan), re.search(r"about [^(]*\(([^)]*) for a member", plan)
                if not members or not member:
                    return None
                units = {"h": 3600, "min": 60, "s": 1}
                member_s = sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (h|min|s)\b", member[1]))
                seconds += member_s * math.ceil(int(members[1]) / min(self.given.ranks, int(members[1])))
        return math.ceil(seconds / 60)

    def train(self, experiment, run):
        """Figures of a run, from its directory if it is finished, else trained now or gone on with."""
        directory = self.directory(experiment, run)
        if self.finished(experiment, run):
            return figures(directory)
        log = directory.with_suffix(".log")
        try:
            if not self.begun(directory, run.options):
                self.begin(directory, run.options)
            output = log.open("w", encoding="utf-8")
        except OSError as error:
            raise Failed(f"--out {self.given.out}: {error.strerror}: {error.filename}", 2) from error
        with output:
            self.child = subprocess.Popen([*self.command, *run.options, "--resume", "--out", directory], stdin=subprocess.DEVNULL,
                                          stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            self.watch(experiment, run, log)
        if self.child.returncode == STOPPED:
            raise Stopped
        if self.child.returncode != 0:
            raise Failed(f"{experiment.name}, {run.label}: {last_message(log)}; all of its output is in {log}",
                         self.child.returncode)
        return figures(directory)

    @staticmethod
    def begin(directory, options):
        """Writes beside it whose it will be."""
        if directory.exists() and any(directory.iterdir()):
            raise Failed(f"{directory} holds another run than {' '.join(options)}; choose another --out, or move it away", 2)
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.with_suffix(".json").write_text(json.dumps({"options": options}) + "\n", encoding="utf-8")

    def watch(self, experiment, run, log):
        """Waits for the child; on a terminal shows its latest line of progress."""
        start = time.monotonic()
        shown = sys.stderr.isatty()
        while True:
            if self.stopping:
                raise Stopped
            try:
                self.child.wait(0.5)
                break
            except subprocess.TimeoutExpired:
                if shown:
                    latest = log.read_text(errors="replace").replace("\r", "\n").rstrip().rsplit("\n", 1)[-1].strip()
                    width = shutil.get_terminal_size().columns - 1
                    line = f"{experiment.name}: {run.label}, {time.monotonic() - start:.0f} s  {latest}"
                    sys.stderr.write(f"\r\033[K{line[:width]}")
                    sys.stderr.flush()
        if shown:
            sys.stderr.write("\r\033[K")

    def end_child(self):
        if self.child is None or self.child.poll() is not None:
            return
        # launch/run takes the first for a wish and the second for an order; killed, it would leave its ranks behind.
        for number, patience in ((signal.SIGTERM, 20), (signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.child.pid, number)
            except ProcessLookupError:
                self.child.wait()
                return
            heard, until = self.stopping, time.monotonic() + patience
            while time.monotonic() < until and (self.stopping == heard or number == signal.SIGKILL):
                try:
                    self.child.wait(0.2)
                    return
                except subprocess.TimeoutExpired:
                    continue


def verdict(run, found):
    """What was published, what was obtained, and whether it is reproduced."""
    if run.published is None:
        return run.note
    obtained = found[run.of]
    word = "reproduced" if obtained >= run.published - run.tolerance else "BELOW"
    if run.published == 50.0:  # stuck: more would be no reproduction
        word = "reproduced" if abs(obtained - 50) <= 1 else "NOT STUCK"
    return f"{run.of}: published {run.published:.2f}, obtained {obtained:.2f}, {word}"


UNITS = {"mean member": "{:.2f} %", "average": "{:.2f} %", "vote": "{:.2f} %", "deviation": "{:.2f}", "loss": "{:.4f}",
         "test NLL": "{:.3f}", "gradient by layer": "{:>46}"}


def say(text, stream):
    """Nobody has to be able to read it: results are in files."""
    try:
        print(text, file=stream, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def heading(experiment):
    return f"\n{experiment.title}\n  {'':<22}" + "".join(f"{column:>{width(column)}}" for column in experiment.columns)


def row(experiment, run, found):
    missing = [column for column in experiment.columns if column not in found]
    if missing:
        raise Failed(f"{experiment.name}, {run.label}: its results lack the {missing[0]}; remove this run, and it is trained again", 4)
    cells = "".join(f"{UNITS[column].format(found[column]):>{width(column)}}" for column in experiment.columns)
    return f"  {run.label:<22}{cells}   {verdict(run, found)}".rstrip()


def width(column):
    return max(16, len(UNITS[column].format(0.0)))


def run_all(lecture, chosen):
    for experiment in chosen:
        say(heading(experiment), sys.stdout)
        for run in experiment.runs:
            say(row(experiment, run, lecture.train(experiment, run)), sys.stdout)
        if experiment.lesson:
            say(f"  {experiment.lesson}", sys.stdout)


def train_planes(lecture):
    """The networks whose decision regions the page shows."""
    planes = plane_runs(lecture.given.out / "planes")
    folder = lecture.given.out / planes.name
    folder.mkdir(exist_ok=True)
    for name, text in zip(("xor.csv", "grid.csv"), lecture_page.plane_texts()):
        (folder / name).write_text(text, encoding="utf-8")
    for run in planes.runs:
        lecture.train(planes, run)


def write_results(lecture, every):
    """Of all runs that are finished, so that a part which is run alone does not take the place of the whole."""
    lines, results, shown = [], {}, []
    for experiment in every:
        rows, finished = [], []
        for run in experiment.runs:
            if not lecture.finished(experiment, run):
                continue
            try:
                found = figures(lecture.directory(experiment, run))
                rows.append(row(experiment, run, found))
            except Failed:
                continue  # told when it is run
            finished.append((run, found))
            result = results.setdefault(experiment.name, {}).setdefault(run.label, {})
            result.update(found, options=run.options)
            if run.published is not None:
                result.setdefault("published", {})[run.of] = run.published
        if rows:
            shown.append((experiment, finished))
            lines += [heading(experiment), *rows, *([f"  {experiment.lesson}"] if experiment.lesson else [])]
    write(lecture.given.out / "results.txt", "\n".join(lines).lstrip())
    write(lecture.given.out / "results.json", json.dumps(results, indent=1))
    write(lecture.given.out / "lecture.html", page_of(lecture, shown))


def write(path, text):
    """A file that has its name when it is whole."""
    draft = path.parent / f".{path.name}.{os.getpid()}"
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)


def page_of(lecture, shown):
    """The page of these results, in the shell that the build has made."""
    build = Path(os.environ.get("ENSEMBLE_BUILD") or Path(__file__).resolve().parent.parent / "build")
    try:
        shell = (build / "src/report/shell.html").read_text(encoding="utf-8")
    except OSError as error:
        raise Failed(f"{error.filename}: {error.strerror}; the build makes it, and without it there is no lecture.html", 3) from error
    planes = plane_runs(lecture.given.out / "planes")
    finished = [run for run in planes.runs if lecture.finished(planes, run)]
    try:
        maps = [(run.label, lecture_page.plane_of(lecture.directory(planes, run) / "predictions.npy")) for run in finished]
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Failed(f"{lecture.given.out / planes.name}: its predictions cannot be read ({error!r:.100}); remove it, and they are made "
                     "again", 4) from error
    return lecture_page.page(shell, shown, verdict, maps)


def arguments():
    parser = argparse.ArgumentParser(prog="launch/lecture", description="Runs the lecture as experiments.")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="about three minutes on built-in data (what happens without --data)")
    kind.add_argument("--data", type=Path, help="directory with MNIST's four IDX files: the whole lecture, about an hour")
    parser.add_argument("--out", type=Path, help="where results go (runs/lecture-quick, runs/lecture); finished runs "
                                                 "there are not repeated")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the experiments, or of their runs: ladder/deep-cnn")
    parser.add_argument("--ranks", type=int, default=len(os.sched_getaffinity(0)), help="of mpirun (%(default)s)")
    parser.add_argument("--list", action="store_true", help="name the experiments and their runs, and stop")
    given = parser.parse_args()
    if given.ranks < 1:
        parser.error("--ranks: at least one")
    if given.data is not None and not given.data.is_dir():
        parser.exit(3, f"launch/lecture: --data {given.data}: no such directory; it has to hold MNIST's four IDX files\n")
    given.data = given.data and given.data.resolve()
    given.out = (given.out or Path("runs") / ("lecture" if given.data else "lecture-quick")).resolve()
    return parser, given


def main():
    parser, given = arguments()
    every = experiments(given)
    if given.list:
        for experiment in every:
            say(f"{experiment.name:<10} {experiment.title}\n{'':<11}{' '.join(experiment.names()[1:])}", sys.stdout)
        return 0
    unknown = set(given.only or ()) - {name for experiment in every for name in experiment.names()}
    if unknown:
        parser.error(f"--only: no experiment is called {', '.join(sorted(unknown))}; --list names them")
    chosen = [part for part in (experiment.only(given.only) for experiment in every) if part.runs]
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.exit(2, f"launch/lecture: --out {given.out}: {error.strerror}\n")
    lecture = Lecture(given, [str(Path(__file__).parent / "run"), "--ranks", str(given.ranks), "--"])
    start = time.monotonic()
    try:
        minutes = lecture.estimate(chosen) if given.data else None
        if minutes is not None:
            say(f"lecture: about {minutes} min with --ranks {given.ranks}", sys.stderr)
        run_all(lecture, chosen)
        if any(experiment.name == "xor" and experiment in chosen for experiment in every):
            train_planes(lecture)
        write_results(lecture, every)
    except Stopped:
        lecture.end_child()
        say(f"\nlecture: stopped; what is finished is in {given.out}, and the same command goes on from there", sys.stderr)
        return STOPPED
    except Failed as failure:
        say(f"launch/lecture: {failure}", sys.stderr)
        return failure.code if failure.code in (2, 3, 4, STOPPED) else 4
    finally:
        lecture.end_child()
    say(f"\n{time.monotonic() - start:.0f} s; tables and figures in {given.out}", sys.stdout)
    return 0


if __name__ == "__main__":
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")
    try:
        sys.exit(main())
    except OSError as error:
        say(f"launch/lecture: {error}", sys.stderr)
        sys.exit(4)
