"""The lecture's experiments: what each one runs, what was published, and how the figures compare.

Started by launch/lecture, which builds the program; launch/run starts its ranks.
"""

import argparse
import dataclasses
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

STOPPED = 75


@dataclasses.dataclass
class Run:
    """One ensemble: options of ensemble_train, and the published accuracy of its mean member or of the ensemble."""

    label: str
    options: list
    published: float | None = None  # per cent
    of: str = "mean member"
    note: str = ""
    tolerance: float = 0.15  # points below the published figure that still count as reproduced

    def slug(self):
        return "".join(letter if letter.isalnum() else "-" for letter in self.label.lower())


@dataclasses.dataclass
class Experiment:
    name: str
    title: str
    runs: list
    columns: tuple = ("mean member", "deviation", "average")
    lesson: str = ""

    def names(self):
        return [self.name, *(f"{self.name}/{run.slug()}" for run in self.runs)]

    def only(self, names):
        """The experiment with those of its runs that are named; without names, or with its own, with all."""
        if not names or self.name in names:
            return self
        return dataclasses.replace(self, runs=[run for run in self.runs if f"{self.name}/{run.slug()}" in names])


def xor_experiment():
    return Experiment(
        "xor", "Exclusive or through nine hidden layers", [
            Run("sigmoid", ["--net", "xor-sigmoid", "--members", "4"], 50.0),
            Run("ReLU", ["--net", "xor-relu", "--members", "4"], 100.0),
        ], lesson="Sigmoids shrink the gradient layer by layer until nothing arrives; ReLU lets it through.")


def initialisation_experiment(data, epochs):
    deep = "repeat(6)[ dense(100) {} ]"
    common = [*data, "--epochs", epochs, "--members", "2", "--log-gradients"]

    def run(label, start, activation):
        return Run(label, [*common, "--net", deep.format(activation), "--init", start])

    return Experiment(
        "init", "Six layers of 100, and how they begin", [
            run("zeros, ReLU", "zeros", "relu"), run("N(0, 1), ReLU", "normal", "relu"),
            run("Xavier, ReLU", "xavier", "relu"), run("He, ReLU", "he", "relu"),
            run("Xavier, sigmoid", "xavier", "sigmoid"), run("RBM, sigmoid", "rbm", "sigmoid"),
        ], columns=("mean member", "gradient by layer"),
        lesson="From zeros nothing learns but the last bias. Xavier and He keep the gradient's size from the last layer to "
               "the first; sigmoids lose it on the way, unless Boltzmann machines have trained the layers before.")


def cures_experiment(data, more, epochs):
    net = "dense(256) relu dense(256) relu"
    common = ["--epochs", epochs, "--members", "3"]

    def run(label, *options, network=net, rows=data):
        return Run(label, [*rows, *common, "--net", network, *options])

    dropout = "dense(256) relu dropout(0.5) dense(256) relu dropout(0.5)"
    return Experiment(
        "cures", "Overfitting on a small training set, and its cures", [
            run("none"), run("more data", rows=more), run("distorted images", "--augment", "shift:2,rotate:10,scale:0.1"),
            run("elastic distortion", "--augment", "elastic:3"),
            run("pca:40", "--features", "pca:40"), run("variance:200", "--features", "variance:200"),
            run("L2 penalty", "--weight-decay", "1e-2"), run("max-norm", "--max-norm", "1"),
            run("label smoothing", "--label-smoothing", "0.1"), run("dropout", network=dropout),
            run("dropout on inputs", network=f"dropout(0.2) {net}"),
            run("dropout on inputs too", network=f"dropout(0.2) {dropout}"), run("early stopping", "--patience", "5"),
            run("mean of the weights", "--average", "swa"), run("moving mean", "--average", "ema:0.99"),
        ], columns=("mean member", "deviation", "loss", "test NLL", "average"),
        lesson="More data helps most, and an average of members helps whatever else was done.")


def dropout_experiment(data, epochs):
    options = [*data, "--epochs", epochs, "--members", "3", "--net", "repeat(2)[ dense(256) relu dropout(0.3) ]"]
    return Experiment(
        "dropout", "Keep rate 0.7 in training, and in evaluation?", [
            Run("1 in evaluation", options), Run("0.7 left on", [*options, "--evaluate-with-dropout"]),
        ], columns=("mean member", "deviation", "loss", "test NLL", "average"),
        lesson="Dropout belongs to training alone: left on, every prediction is that of a random part of the network.")


def lego_experiment(data, epochs):
    common = [*data, "--epochs", epochs, "--members", "2"]
    return Experiment("lego", "Networks from blocks", [
        Run("skip", [*common, "--net", "dense(128) repeat(2)[ skip[ dense(128) relu dense(128) ] relu ]"]),
        Run("split and merge", [*common, "--net", "split[ dense(64) relu | dense(64) tanh ] dense(64) relu"]),
        Run("CNN", [*common, "--net", "conv(16, 3) relu maxpool(2) conv(32, 3) relu maxpool(2)"]),
        Run("RNN", [*common, "--net", "gru(64)", "--lr", "0.003"]),
    ], lesson="The same notation, the same trainer: only the bricks differ.")


PUBLISHED = {"softmax": 91.94, "nn": 94.55, "xavier": 97.83, "deep": 97.42, "dropout": 98.04, "batchnorm": 98.26,
             "cnn": 98.85, "deep-cnn": 99.38}  # of the rungs on MNIST, per cent


def ladder_experiment(data):
    def rung(name, published):
        return Run(name, [*data, "--net", f"mnist-{name}"], published)

    return Experiment("ladder", "The ladder on MNIST, five members a rung", [
        *(rung(name, published) for name, published in PUBLISHED.items()),
        Run("seven-cnns", [*data, "--net", "mnist-seven-cnns"], 99.39, tolerance=0),
        Run("seven-cnns", [*data, "--net", "mnist-seven-cnns"], 99.52, of="vote", tolerance=0),
    ], lesson="Better beginnings, then dropout, then convolutions, then seven of them.")


def small_ladder_experiment(data, epochs):
    common = [*data, "--epochs", epochs, "--validation-fraction", "0.1"]
    return Experiment("ladder", "The ladder, on drawn digits", [
        *(Run(name, [*common, "--members", "2", "--net", f"mnist-{name}"], note=f"published on MNIST: {published:.2f}")
          for name, published in PUBLISHED.items()),
        Run("seven-cnns", [*common, "--net", "mnist-seven-cnns"], note="published on MNIST: 99.39, together 99.52"),
    ], lesson="On MNIST itself: launch/lecture --data DIRECTORY.")


def experiments(given):
    if given.data is None:
        digits, small = ["--data", "digits:train=3000,test=2000"], ["--data", "digits:train=400,test=2000"]
        return [xor_experiment(), initialisation_experiment(digits, "6"), cures_experiment(small, digits, "30"),
                dropout_experiment(digits, "8"), lego_experiment(digits, "5"), small_ladder_experiment(digits, "6")]
    whole = ["--data", str(given.data)]
    small = [*whole, "--train-limit", "1000"]
    few = [*whole, "--train-limit", "10000"]
    return [xor_experiment(), initialisation_experiment(few, "10"), cures_experiment(small, few, "60"),
            dropout_experiment(few, "15"), lego_experiment(few, "8"), ladder_experiment(whole)]


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
    except (KeyError, TypeError, ValueError) as error:
        raise Failed(f"{directory}: the results of this run cannot be understood ({error!r}); remove it, and it is trained "
                     "again", 4) from error


def figures_in(directory):
    summary = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    accuracies = [100 * member["test"]["accuracy"] for member in summary["members"] if not member["quarantine"]]
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
        layers = zip(*(record["gradient_norm"] for record in first))
        found["gradient by layer"] = " ".join(f"{statistics.mean(layer):.0e}" for layer in layers)
        found["first gradient"] = statistics.mean(record["gradient_norm"][0] for record in first)
        found["last gradient"] = statistics.mean(record["gradient_norm"][-1] for record in first)
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
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)

    def stop(self, *_):
        self.stopping = True  # seen by watch(), so that no child is ever lost sight of

    def directory(self, experiment, run):
        return self.given.out / experiment.name / run.slug()

    def begun(self, directory, options):
        """True if the directory belongs to a run with these very options, which were written beside it."""
        try:
            return json.loads(directory.with_suffix(".json").read_text(encoding="utf-8"))["options"] == options
        except (OSError, ValueError, KeyError):
            return False

    def estimate(self, chosen):
        """Minutes that the runs not finished yet will take, as the program foretells; None if it cannot say."""
        seconds = 0.0
        for experiment in chosen:
            for run in experiment.runs:
                if (self.directory(experiment, run) / "summary.json").exists() or run.of != "mean member":
                    continue
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
        if not self.begun(directory, run.options):
            if directory.exists() and any(directory.iterdir()):
                raise Failed(f"{directory} holds another run than {' '.join(run.options)}; choose another --out, or move it away", 2)
            directory.parent.mkdir(parents=True, exist_ok=True)
            directory.with_suffix(".json").write_text(json.dumps({"options": run.options}) + "\n", encoding="utf-8")
        elif (directory / "summary.json").exists():
            return figures(directory)
        log = directory.with_suffix(".log")
        with log.open("w", encoding="utf-8") as output:
            self.child = subprocess.Popen([*self.command, *run.options, "--resume", "--out", directory], stdin=subprocess.DEVNULL,
                                          stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            self.watch(experiment, run, log)
        if self.child.returncode == STOPPED:
            raise Stopped
        if self.child.returncode != 0:
            raise Failed(f"{experiment.name}, {run.label}: {last_message(log)}; all of its output is in {log}",
                         self.child.returncode)
        return figures(directory)

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
            os.killpg(self.child.pid, number)
            try:
                self.child.wait(patience)
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


def show(text, out):
    print(text, flush=True)
    out.append(text)


def run_all(lecture, chosen):
    lines, results = [], {}
    for experiment in chosen:
        show(f"\n{experiment.title}", lines)
        width = {column: max(16, len(UNITS[column].format(0.0))) for column in experiment.columns}
        header = "".join(f"{column:>{width[column]}}" for column in experiment.columns)
        show(f"  {'':<22}{header}", lines)
        results[experiment.name] = {}
        for run in experiment.runs:
            found = lecture.train(experiment, run)
            cells = "".join(f"{UNITS[column].format(found[column]):>{width[column]}}" for column in experiment.columns)
            show(f"  {run.label:<22}{cells}   {verdict(run, found)}".rstrip(), lines)
            results[experiment.name].setdefault(run.label, {}).update(found, options=run.options)
            if run.published is not None:
                results[experiment.name][run.label].setdefault("published", {})[run.of] = run.published
        if experiment.lesson:
            show(f"  {experiment.lesson}", lines)
    return lines, results


def arguments():
    parser = argparse.ArgumentParser(prog="launch/lecture", description="Runs the lecture as experiments.")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="two minutes on built-in data (what happens without --data)")
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
        parser.exit(3, f"launch/lecture: {given.data}: no such directory\n")
    given.data = given.data and given.data.resolve()
    given.out = (given.out or Path("runs") / ("lecture" if given.data else "lecture-quick")).resolve()
    return parser, given


def main():
    parser, given = arguments()
    every = experiments(given)
    if given.list:
        for experiment in every:
            print(f"{experiment.name:<10} {experiment.title}\n{'':<11}{' '.join(experiment.names()[1:])}")
        return 0
    unknown = set(given.only or ()) - {name for experiment in every for name in experiment.names()}
    if unknown:
        parser.error(f"--only: no experiment is called {', '.join(sorted(unknown))}; --list names them")
    chosen = [part for part in (experiment.only(given.only) for experiment in every) if part.runs]
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.exit(2, f"launch/lecture: --out: {error}\n")
    lecture = Lecture(given, [str(Path(__file__).parent / "run"), "--ranks", str(given.ranks), "--"])
    start = time.monotonic()
    try:
        minutes = lecture.estimate(chosen) if given.data else None
        if minutes is not None:
            print(f"lecture: about {minutes} min with --ranks {given.ranks}", file=sys.stderr)
        lines, results = run_all(lecture, chosen)
    except Stopped:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        lecture.end_child()
        print(f"\nlecture: stopped; what is finished is in {given.out}, and the same command goes on from there",
              file=sys.stderr)
        return STOPPED
    except Failed as failure:
        print(f"launch/lecture: {failure}", file=sys.stderr)
        return failure.code if failure.code in (2, 3, 4, STOPPED) else 4
    (given.out / "results.txt").write_text("\n".join(lines).lstrip() + "\n", encoding="utf-8")
    (given.out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"\n{time.monotonic() - start:.0f} s; tables and figures in {given.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(print(f"launch/lecture: {error}", file=sys.stderr) or 4)
