#!/usr/bin/env python3
"""Runs launch/lecture as its users do.

lecture_test.py SCRIPT BUILD CASE runs one case in a scratch directory; `lecture_test.py --list` names them.
"""
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

LIMIT_S = 100
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Lecture:
    def __init__(self, script, build, directory):
        self.script, self.directory = script, directory
        self.environment = {**os.environ, "ENSEMBLE_BUILD": build, "OMP_NUM_THREADS": "1", "COLUMNS": "100", "LANG": "C.UTF-8"}

    def start(self, words, stdout=subprocess.PIPE):
        return subprocess.Popen([self.script, *words], cwd=self.directory, env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, start_new_session=True)

    def run(self, words, code=0):
        out, err = self.end(self.start(words), code, words)
        return out, err

    @staticmethod
    def end(process, code, words):
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            sys.exit(f"hangs: {words}")
        expect(process.returncode == code, f"{words}: exit code {process.returncode} instead of {code}\n{out}\n{err}")
        return out, err

    def on_terminal(self, words):
        """What it shows on a terminal."""
        ours, theirs = pty.openpty()
        process = self.start(words, stdout=theirs)
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody holds the other end any more
                break
            if not piece:
                break
            shown += piece
        self.end(process, 0, words)
        return shown.decode().replace("\r\n", "\n")


def expect(holds, what):
    if not holds:
        sys.exit(what)


def row_of(text, label):
    found = re.search(rf"^ *\|? *{re.escape(label)} .*$", text, re.MULTILINE)
    expect(found, f"no row {label!r} in\n{text}")
    return found.group()


@case
def shows_what_comes_out_and_keeps_it(lecture):
    words = ["--quick", "--out", "runs/a", "--only", "sigmoid-zeros", "relu-he", "--ranks", "2"]
    out, err = lecture.run(words)
    zeros, he = (re.search(r"([\d.]+) \+- ([\d.]+)  (.*)", row_of(out, f"five {label}")).groups()
                 for label in ("sigmoid layers, zeros", "ReLU layers, he"))
    expect(float(zeros[0]) < 20 < 60 < float(he[0]), f"zeros learn, or He's weights do not:\n{out}")
    gradients = [[float(number) for number in row[2].split()] for row in (zeros, he)]
    expect([len(row) for row in gradients] == [6, 6], f"not one gradient for each layer:\n{out}")
    expect(gradients[0][0] == 0 < min(gradients[1]), f"behind zeros there is a gradient, or with He's weights none:\n{out}")
    expect("sigmoid layers, normal" not in out, "runs are shown that were not asked for")
    results = (lecture.directory / "runs/a/results.md").read_text()
    expect(zeros[0] in row_of(results, "five sigmoid layers, zeros"), f"results.md has other numbers:\n{results}")
    # Finished runs are not made again; the table is the same, on a terminal too.
    summary = lecture.directory / "runs/a/relu-he/summary.json"
    written = summary.stat().st_mtime_ns
    again, _ = lecture.run(words)
    expect(again == out, f"finished runs give another table:\n{again}")
    expect(summary.stat().st_mtime_ns == written, "a finished run was made again")
    # What was made with other options is neither shown nor touched.
    (lecture.directory / "runs/a/relu-he.words").write_text("--data moons\n")
    _, err = lecture.run(words, 2)
    expect("relu-he" in err and "--out" in err and summary.exists(), err)


@case
def shows_progress_on_a_terminal(lecture):
    shown = lecture.on_terminal(["--quick", "--out", "a", "--only", "elastic", "--ranks", "1"])
    expect(" of 3 members done" in shown and "samples/s" in shown, f"no progress:\n{shown}")
    expect("learning rate" not in shown and "mean member" not in shown, f"more than progress:\n{shown}")
    expect("+-" in row_of(shown.split("test accuracy")[-1], "and bent"), shown)
    expect("mean member" in (lecture.directory / "a/elastic.log").read_text(), "the log lacks the results")


@case
def is_stopped_and_goes_on(lecture):
    words = ["--quick", "--out", "a", "--only", "sigmoid-zeros", "together", "--ranks", "2"]
    process = lecture.start(words)
    second = lecture.directory / "a/together"
    deadline = time.monotonic() + LIMIT_S
    while not (second / "config.toml").exists():
        expect(process.poll() is None and time.monotonic() < deadline, "the second run does not begin")
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    out, err = lecture.end(process, 75, words)
    expect("goes on" in err, err)
    expect(not (second / "summary.json").exists(), "the run was over before it was stopped: the case says nothing")
    expect("dropout and distorted images" in out, f"the table of the stopped experiment is missing:\n{out}")
    time.sleep(0.5)
    running = subprocess.run(["pgrep", "-f", str(lecture.directory / "a") + "|--out a/together"], capture_output=True, text=True)
    expect(not running.stdout, f"processes are left: {running.stdout}")
    written = (lecture.directory / "a/sigmoid-zeros/summary.json").stat().st_mtime_ns
    out, _ = lecture.run(words)
    expect("+-" in row_of(out, "dropout and distorted images") and "+-" in row_of(out, "five sigmoid layers, zeros"), out)
    expect((lecture.directory / "a/sigmoid-zeros/summary.json").stat().st_mtime_ns == written, "a finished run was made again")


@case
def refuses_with_one_message(lecture):
    for words, *about in (([], "--data", "--quick"), (["--fast"], "--fast"), (["--quick", "--data", "x"], "--quick"),
                          (["--quick", "--ranks", "0"], "--ranks 0"), (["--quick", "--ranks"], "--ranks"),
                          (["--quick", "--only", "no-such"], "no-such", "--list"), (["--quick", "--only"], "--only"),
                          (["--quick", "--out", "/proc/lecture"], "/proc/lecture")):
        out, err = lecture.run(words, 2)
        expect(not out and err.count("error: ") == 1 and err.count("\n") == 1, f"{words}: not one message:\n{out}{err}")
        for word in about:
            expect(word in err, f"{words}: the message does not speak of {word}:\n{err}")
    out, err = lecture.run(["--data", "nowhere"], 3)
    expect(err.count("error: ") == 1 and "nowhere" in err, f"not one message:\n{err}")
    out, _ = lecture.run(["--list"])
    for name in ("xor-nine-relu", "rbm", "not-switched", "softmax", "batchnorm", "deep-cnn", "ensemble"):
        expect(name in out, f"--list does not name {name}:\n{out}")
    expect("--only" in lecture.run(["--help"])[0], "--help does not help")


def main():
    if sys.argv[1:] == ["--list"]:
        print(";".join(CASES), end="")
        return
    script, build, name = sys.argv[1:4]
    with tempfile.TemporaryDirectory(prefix="lecture_") as directory:
        CASES[name](Lecture(script, build, pathlib.Path(directory)))


if __name__ == "__main__":
    main()
