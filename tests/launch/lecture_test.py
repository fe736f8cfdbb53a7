#!/usr/bin/env python3
"""Runs launch/lecture as a person would. Arguments: the script, the build directory, the case."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "report")]
from chromium import Chromium, program
from launching import end, expect, wait_for

SCRIPT, BUILD, CASE = sys.argv[1:4]
ENVIRONMENT = {**os.environ, "ENSEMBLE_BUILD": BUILD}


def start(words, directory):
    return subprocess.Popen([SCRIPT, *words], cwd=directory, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def results_and_no_second_training(directory):
    words = ["--quick", "--only", "xor", "--out", "lecture"]
    out, _ = end(start(words, directory), 0)
    results = json.loads((directory / "lecture/results.json").read_text())["xor"]
    expect(results["sigmoid"]["mean member"] == 50.0 and results["ReLU"]["mean member"] == 100.0, results)
    expect(out.count("reproduced") == 2 and "BELOW" not in out, out)
    runs = list((directory / "lecture/xor").glob("*/summary.json"))
    before = {path: path.stat().st_mtime_ns for path in runs}
    again, _ = end(start(words, directory), 0)
    expect(len(before) == 2 and before == {path: path.stat().st_mtime_ns for path in runs}, "trained again")
    expect(again.splitlines()[:6] == out.splitlines()[:6], "the table differs the second time")


def stopped_and_continued(directory):
    words = ["--quick", "--only", "init", "--out", "lecture"]
    process = start(words, directory)
    first = directory / "lecture/init/zeros--relu/summary.json"
    wait_for(first.exists, "first run")
    process.send_signal(signal.SIGTERM)
    _, err = end(process, 75)
    expect(err.count("stopped") == 1 and "goes on" in err, err)
    stamp = first.stat().st_mtime_ns
    end(start(words, directory), 0)
    expect(first.stat().st_mtime_ns == stamp, "the finished run was trained again")
    results = json.loads((directory / "lecture/results.json").read_text())["init"]
    expect(len(results) == 6 and results["zeros, ReLU"]["first gradient"] == 0.0, results)
    expect(len(results["He, ReLU"]["gradient by layer"].split()) == 7, results)
    expect(results["Xavier, sigmoid"]["first gradient"] < results["Xavier, sigmoid"]["last gradient"] / 100, results)


def one_run_alone(directory):
    out, _ = end(start(["--quick", "--only", "dropout/0-7-left-on", "--out", "lecture"], directory), 0)
    expect("0.7 left on" in out and "1 in evaluation" not in out and "Exclusive" not in out, out)
    expect([path.name for path in (directory / "lecture").glob("*/*/summary.json")] == ["summary.json"], out)


def finish(directory, run, accuracy):
    """A finished run of the lecture, without the time that it takes."""
    place = directory / f"lecture/xor/{run}"
    place.mkdir(parents=True)
    members = [{"test": {"accuracy": accuracy}, "excluded": None} for _ in range(4)]
    ensemble = {"average": {"accuracy": accuracy}, "vote": {"accuracy": accuracy}, "mean_member": {"nll": 0.5}}
    (place / "summary.json").write_text(json.dumps({"members": members, "ensemble": ensemble, "timing": {"wall_s": 1.0}}))
    (place / "history.jsonl").write_text("".join(json.dumps({"member": i, "train_loss": 0.5}) + "\n" for i in range(4)))
    place.with_suffix(".json").write_text(json.dumps({"options": ["--net", f"xor-{run}", "--members", "4"]}))


def a_part_leaves_the_whole(directory):
    """Results are those of all runs that are finished, whichever of them was asked for last."""
    finish(directory, "sigmoid", 0.5)
    finish(directory, "relu", 1.0)
    end(start(["--only", "xor", "--out", "lecture"], directory), 0)
    whole = [(directory / "lecture" / name).read_text() for name in ("results.txt", "results.json")]
    expect("ReLU" in whole[0] and len(json.loads(whole[1])["xor"]) == 2, whole)
    out, _ = end(start(["--only", "xor/sigmoid", "--out", "lecture"], directory), 0)
    expect("ReLU  " not in out, out)
    expect([(directory / "lecture" / name).read_text() for name in ("results.txt", "results.json")] == whole, "the whole was replaced by a part")


def numbers_of(figure):
    return json.loads(figure.split('<script type="application/json">')[1].split("</script>")[0])


def page_of_results(directory):
    """Published and obtained figures, what a network has learnt of exclusive or and one that has not, and gradients by layer."""
    finish(directory, "sigmoid", 0.5)
    finish(directory, "relu", 1.0)
    words = ["--only", "xor", "init/xavier--sigmoid", "--out", "lecture"]
    end(start(words, directory), 0)
    page = directory / "lecture/lecture.html"
    html = page.read_text(encoding="utf-8")
    expect("2 of 2 published figures are reproduced" in html, "headline")
    charts = {part.split('"', 1)[0]: part.split("</figure>")[0] for part in html.split('<figure data-chart="')[1:]}
    expect(set(charts) == {"intervals", "regions", "curves"}, charts.keys())
    regions = numbers_of(charts["regions"])
    maps = {each["name"]: each for each in regions["maps"]}
    side = regions["columns"]
    place = lambda value: int((value + 0.5) / 2 * side)
    learnt = [[maps[name]["labels"][place(y) * side + place(x)] for x, y, _ in regions["points"]] for name in ("relu", "sigmoid")]
    expect(learnt[0] == [label for _, _, label in regions["points"]], learnt)
    # Both classes have as many training rows: who learns nothing of the points gives each one half, everywhere.
    expect(set(maps["sigmoid"]["percents"]) == {50}, "the sigmoids have learnt something")
    sizes = [size for _, size in numbers_of(charts["curves"])["panels"][0]["curves"][0]["points"]]
    expect(len(sizes) == 7 and 0 < sizes[0] < sizes[-1] / 100, sizes)
    expect("<td>50.00\u00a0%" in html and html.count('<details class="behind" open>') == html.count("<figure "), "no tables")
    stamp = (directory / "lecture/planes/relu/summary.json").stat().st_mtime_ns
    end(start(words, directory), 0)
    expect(stamp == (directory / "lecture/planes/relu/summary.json").stat().st_mtime_ns, "planes were computed again")
    expect(page.read_text(encoding="utf-8") == html, "another page of the same results")
    (directory / "lecture/planes/relu/predictions.npy").write_bytes(b"\x93NUMPY")
    _, err = end(start(words, directory), 4)
    expect(len(err.splitlines()) == 1 and "planes" in err, err)
    if program() is None:
        print("skipped: lecture/browser: there is no Chromium to look with (Debian: chromium)")
        return
    with Chromium() as browser:
        for width in (1280, 400):
            browser.resize(width, mobile=width < 500)
            browser.open(page)
            wide = browser.evaluate("document.documentElement.scrollWidth")
            expect(wide <= width and not browser.evaluate("document.querySelector('figure.failed')"), f"{wide} at {width}")
            expect(not [event for event in browser.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")], browser.events)


def damaged_results(directory):
    """One message, with the file, and exit code 4; nobody has to be able to read the table."""
    words = ["--only", "xor/sigmoid", "--out", "lecture"]
    finish(directory, "sigmoid", 0.5)
    end(start(words, directory), 0)
    run = directory / "lecture/xor/sigmoid"
    whole = {name: (run / name).read_text() for name in ("summary.json", "history.jsonl")}
    text = json.loads(whole["summary.json"])
    text["ensemble"]["mean_member"]["nll"] = []
    for name, damaged in (("summary.json", "[]"), ("summary.json", ""), ("summary.json", "[" * 100000), ("summary.json", json.dumps(text)),
                          ("history.jsonl", "7\n"), ("history.jsonl", "")):
        (run / name).write_text(damaged)
        _, err = end(start(words, directory), 4)
        expect(len(err.splitlines()) == 1 and "xor/sigmoid" in err and "Traceback" not in err and len(err) < 500, err)
        (run / name).write_text(whole[name])
    run.with_suffix(".json").write_text("[]")  # whose run it is
    _, err = end(start(words, directory), 2)
    expect(len(err.splitlines()) == 1 and "another run" in err, err)
    for place in ("lecture/xor/sigmoid.json", "taken/xor"):  # where there is a file instead of a directory
        (directory / place).parent.mkdir(exist_ok=True)
        (directory / place).write_text(json.dumps({"options": text}))
    _, err = end(start(["--only", "xor/sigmoid", "--out", "taken"], directory), 2)
    expect(len(err.splitlines()) == 1 and "taken" in err, err)


def readers_that_leave(directory):
    finish(directory, "sigmoid", 0.5)
    for redirection in (">/dev/full", ">&-", "2>&-", "> >(exec 0<&-)"):
        words = f'"{SCRIPT}" --only xor/sigmoid --out lecture {redirection}'
        end(subprocess.Popen(["bash", "-c", words], cwd=directory, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True), 0)


def wrong_words(directory):
    for words, code, part in ((["--only", "ladder/no-such"], 2, "no-such"), (["--only", "xyz"], 2, "xyz"), (["--ranks", "0"], 2, "--ranks"), (["--speed"], 2, "--speed"),
                              (["--quick", "--data", "."], 2, "not allowed"), (["--data", "missing"], 3, "missing")):
        _, err = end(start(words, directory), code)
        expect(part in err, f"{words}: {err}")
    (directory / "empty").mkdir()
    _, err = end(start(["--data", "empty", "--only", "ladder", "--out", "lecture"], directory), 3)
    expect(len(err.splitlines()) <= 2 and "empty" in err and "Traceback" not in err, err)
    _, err = end(start(["--only", "xor", "--out", "/proc/lecture"], directory), 2)
    expect("/proc/lecture" in err and "Traceback" not in err, err)
    shutil.rmtree(directory / "lecture")
    (directory / "empty").rmdir()
    out, _ = end(start(["--list"], directory), 0)
    expect(len(out.splitlines()) == 12 and " ladder/deep-cnn " in out, out)
    expect(not list(directory.iterdir()), "wrong words left files behind")


with tempfile.TemporaryDirectory() as temporary:
    globals()[CASE](Path(temporary))
