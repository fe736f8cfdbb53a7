#!/usr/bin/env python3
"""Runs ensemble_report on finished runs, as its users do, and holds it against the promises of its interface.

run_report.py MPIRUN PROGRAM CASE runs one case in a scratch directory; PROGRAM is ensemble_train, and ensemble_report stands
beside it. `run_report.py --list` names the cases.
"""
import array
import json
import math
import pathlib
import re
import shutil
import struct
import sys

sys.dont_write_bytecode = True
from stage import DATA, TINY, USAGE, case_of, give_up, main

CASES = {}
case = case_of(CASES)


def report(stage, ranks, words):
    train, stage.program = stage.program, str(pathlib.Path(stage.program).with_name("ensemble_report"))
    try:
        return stage.ranks(ranks, words)
    finally:
        stage.program = train


def refuses(stage, words, code, *about):
    train, stage.program = stage.program, str(pathlib.Path(stage.program).with_name("ensemble_report"))
    try:
        stage.refuses(words, code, *about)
    finally:
        stage.program = train


def trained(stage, words, out):
    stage.ranks(2, [*words, "--out", out]).expect((stage.directory / out / "summary.json").exists(), "the run failed")
    return stage.directory / out


def repeats_the_analysis(stage, words, out):
    """On any number of ranks every file of the run is what it was."""
    run = trained(stage, words, out)
    before = stage.content()
    for ranks in (1, 2, 3, 8):
        (run / "predictions.npy").write_bytes(b"")  # is made anew
        ended = report(stage, ranks, [out])
        ended.expect(ended.code == 0, "failed").expect(not ended.messages(), "complains")
        ended.expect(ended.out.count("\n  over the best member") == 1, "the results are not printed exactly once")
        after = stage.content()
        differing = [name for name in before | after if before.get(name) != after.get(name)]
        ended.expect(not differing, f"differs from what the run wrote: {', '.join(differing)}")
    return run


@case
def repeats_the_analysis_of_classes(stage):
    repeats_the_analysis(stage, TINY, "run")


@case
def repeats_the_analysis_of_folds_of_groups(stage):
    lines = [f"{row * 7 % 13},{row * row % 11},{row // 9 % 7},{'ab'[row % 3 > 0]}" for row in range(90)]
    (stage.directory / "table.csv").write_text("a,b,who,kind\n" + "\n".join(lines) + "\n")
    words = ["--data", "table.csv", "--group", "who", "--net", "dense(8) relu", "--folds", "3", "--epochs", "2", "--members", "3"]
    repeats_the_analysis(stage, words, "run")


@case
def repeats_the_analysis_of_folds_and_numbers(stage):
    lines = [f"{row},{row * 7 % 13},{row * 3.7 + row * 7 % 13:.2f},{1e-3 * (row * 5 % 17):.4f}" for row in range(90)]
    (stage.directory / "table.csv").write_text("a,b,y,z\n" + "\n".join(lines) + "\n")
    words = ["--data", "table.csv", "--target", "z,y", "--net", "dense(8) relu", "--batch", "20", "--folds", "3", "--epochs", "2",
             "--net", "dense(4) tanh"]
    run = repeats_the_analysis(stage, [*words, "--members", "7", "--combine", "stacking"], "run")
    summary = json.loads((run / "summary.json").read_text())
    weights = summary["ensemble"]["stacking"]["weights"]
    if len(weights) != 7 or abs(sum(weights) - 1) > 1e-9 or min(weights) < 0:
        give_up(f"these are no weights of seven members: {weights}")
    if summary["ensemble"]["out_of_fold"]["rows"] != 72:
        give_up("not all rows are predicted by a member that was not trained on them")


def numbers_of(path, kind):
    """The numbers of a .npy file as the runs write them: a header of version 1, then values of array's kind."""
    content = path.read_bytes()
    (length,) = struct.unpack("<H", content[8:10])
    return array.array(kind, content[10 + length:])


@case
def rows_outside_of_bootstrap_samples_calibrate_intervals(stage):
    lines = [f"{row},{row * 7 % 13},{row * 3.7 + row * 7 % 13:.2f}" for row in range(90)]
    (stage.directory / "table.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    words = ["--data", "table.csv", "--net", "dense(8) relu", "--batch", "20", "--epochs", "2", "--members", "5", "--bootstrap"]
    run = repeats_the_analysis(stage, words, "run")
    summary = json.loads((run / "summary.json").read_text())
    plus = next(each for each in summary["conformal"] if each["method"] == "jackknife+")
    if plus["calibration_rows"] != summary["data"]["train"] or abs(plus["guaranteed"] - 0.8) > 1e-9:
        give_up(f"these are other rows than those of training: {plus}")
    numbers = [numbers_of(run / f"predictions/out-of-bag/{member:04d}.npy", "f") for member in range(5)]
    shares = [sum(math.isnan(number) for number in own) / len(own) for own in numbers]
    if not all(0.4 < share < 0.85 for share in shares) or len(set(shares)) == 1:
        give_up(f"members predict other rows than those outside of their samples: {shares}")


def scores_of_passes(stage, words, target, start):
    """The run, and what --mc-dropout made of its member 0: its scores, and the predictions beside the truth of the test rows."""
    run = start(stage, [*words, "--members", "3", "--mc-dropout", "20"], target)
    again = trained(stage, ["--config", f"{target}/config.toml", "--threads", "2"], f"{target}-again")
    name = "predictions/test/mc-0000.npy"
    if (run / name).read_bytes() != (again / name).read_bytes():
        give_up("threads change what is predicted with dropout on")
    if (run / name).read_bytes() == (run / "predictions/test/0000.npy").read_bytes():
        give_up("dropout is not on")
    scores, repeated = (json.loads((each / "summary.json").read_text())["mc_dropout"] for each in (run, again))
    if scores != repeated or scores["member"] != 0 or scores["passes"] != 20:
        give_up(f"the summary tells of {scores} and {repeated}")
    read = lambda path, kind: array.array(kind, (run / path).read_bytes().partition(b"\n")[2])
    return scores, read(name, "f"), read("predictions/test/targets.npy", "i" if "accuracy" in scores else "f")


@case
def dropout_passes_of_classes(stage):
    words = ["--data", "digits:train=300,test=100", "--net", "dense(16) relu dropout(0.4)", "--epochs", "4", "--shift", "rotate:30"]
    scores, numbers, labels = scores_of_passes(stage, words, "run", repeats_the_analysis)
    right = [max(range(10), key=lambda label: numbers[10 * row + label]) == true for row, true in enumerate(labels)]
    nll = -sum(math.log(numbers[10 * row + true]) for row, true in enumerate(labels)) / len(labels)
    if abs(scores["accuracy"] - sum(right) / len(labels)) > 1e-9 or abs(scores["nll"] - nll) > 1e-6:
        give_up(f"the mean over the passes has other scores than {scores}")
    turned = json.loads((stage.directory / "run/summary.json").read_text())["shift"][0]["mc_dropout"]
    if not turned["nll"] > scores["nll"]:
        give_up(f"turned digits are as easy as others: {turned}")


@case
def dropout_passes_of_numbers(stage):
    lines = [f"{row},{row * 7 % 13},{row * 3.7 + row * 7 % 13:.2f}" for row in range(90)]
    (stage.directory / "table.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    for loss in ("gaussian", "squared"):
        words = ["--data", "table.csv", "--target", "y", "--net", "dense(8) relu dropout(0.2)", "--epochs", "20", "--loss", loss]
        scores, numbers, truth = scores_of_passes(stage, words, loss, trained)
        rmse = math.sqrt(sum((numbers[2 * row] - true) ** 2 for row, true in enumerate(truth)) / len(truth))
        if abs(scores["rmse"] - rmse) > 1e-4 * rmse or min(numbers[1::2]) <= 0:
            give_up(f"the mixture of the passes has other scores than {scores}")


@case
def repeats_what_shifts_and_rows_from_elsewhere_did(stage):
    data = ["--data", "digits:train=400,test=40", "--net", "dense(16) relu", "--epochs", "8", "--members", "3", "--seed", "5"]
    asked = ["--shift", "rotate:0,90", "--shift", "noise:0.5..2", "--ood", "digits:train=10,test=30"]
    run = repeats_the_analysis(stage, [*data, *asked, "--combine", "vote"], "run")
    summary = json.loads((run / "summary.json").read_text())
    names = [(each["name"], each["value"], each["unit"]) for each in summary["shift"]]
    noise = [("noise", value, "standard deviations") for value in (0.5, 1, 1.5, 2)]
    if names != [("rotate", 0, "degrees"), ("rotate", 90, "degrees"), *noise]:
        give_up(f"these shifts are told of: {names}")
    still = summary["shift"][0]
    metrics = list(still["ensemble"])
    if any(still["ensemble"][metric] != summary["ensemble"]["vote"][metric] for metric in metrics):
        give_up("test rows that are not turned have other scores than the test rows")
    for who in ("mean_member", "best_member"):
        told = summary["ensemble"][who] if who == "mean_member" else summary["ensemble"][who]["test"]
        if any(abs(still[who][metric] - told[metric]) > 1e-12 for metric in metrics):
            give_up(f"the {who} has other scores on test rows that are not turned")
    if summary["shift"][1]["ensemble"]["accuracy"] >= still["ensemble"]["accuracy"]:
        give_up("turned digits are read as well as those that are not")
    test, turned, unturned = ((run / f"predictions/{name}/0001.npy").read_bytes() for name in ("test", "rotate-90", "rotate-0"))
    if test != unturned or test == turned:
        give_up("a turn by nothing changes predictions, or one by 90 degrees does not")
    scores = {each["name"]: each["auroc"] for each in summary["ood"]["scores"]}
    if summary["ood"]["rows"] != 30 or not all(0.2 < auroc < 0.8 for auroc in scores.values()) or len(scores) != 7:
        give_up(f"digits are told from digits: {scores}")
    page = (run / "report.html").read_text()
    if "When the data change" not in page or "Data from elsewhere" not in page:
        give_up("the page does not show them")
    # Members and what they predict of test rows are the same without; the same bytes on other numbers of ranks.
    trained(stage, data, "plain")
    stage.ranks(3, [*data, *asked, "--combine", "vote", "--out", "three"])
    for file in sorted((run / "predictions").rglob("*.npy")) + [run / "predictions.npy", run / "uncertainty.npy"]:
        name = file.relative_to(run)
        if file.read_bytes() != (stage.directory / "three" / name).read_bytes():
            give_up(f"{name} differs on three ranks")
        plain = stage.directory / "plain" / name
        if plain.exists() and name.parts[0] == "predictions" and file.read_bytes() != plain.read_bytes():
            give_up(f"{name} differs from a run without shifts")
    # What is asked for is part of the run.
    (run / "summary.json").unlink()
    stage.refuses(["--resume", "--out", "run", "--shift", "rotate:1"], USAGE, "--resume", "--shift")
    stage.refuses(["--resume", "--out", "run", "--ood", "digits:train=10,test=31"], USAGE, "--resume", "--ood")
    ended = stage.ranks(2, ["--resume", "--out", "run"])
    ended.expect(ended.code == 0, "does not go on")
    for key in ("shift", "ood", "ensemble"):
        if json.loads((run / "summary.json").read_text())[key] != summary[key]:
            give_up(f"{key} differs after --resume")


@case
def repeats_the_plane_and_what_columns_are_worth(stage):
    rows = [(100 + row * 37 % 41, (row * 53 % 47 - 23) / 1e3) for row in range(200)]
    gaps = range(0, 200, 9)  # rows that have no place on the plane
    lines = [f"{x},{'' if i in gaps else y},{'high' if x > 120 else 'low'}" for i, (x, y) in enumerate(rows)]
    (stage.directory / "plane.csv").write_text("size,other,kind\n" + "\n".join(lines) + "\n")
    words = ["--data", "plane.csv", "--net", "dense(8) relu", "--epochs", "30", "--lr", "0.01", "--members", "4"]
    run = repeats_the_analysis(stage, [*words, "--importance", "4"], "run")
    importance = json.loads((run / "summary.json").read_text())["importance"]
    losses = {column["name"]: column["loss"] for column in importance["columns"]}
    if list(losses) != ["size", "other"] or not losses["size"] > 0.3 or abs(losses["other"]) > 0.1:
        give_up(f"columns are worth {losses}, and classes follow from the size alone")
    if not all(low <= column["loss"] <= high for column in importance["columns"] for low, high in [column["ci95"]]):
        give_up("a loss lies outside of its interval")
    regions = json.loads((run / "regions.json").read_text())
    if regions["x"] != "size" or not 96 < regions["x_range"][0] < 100 or not 140 < regions["x_range"][1] < 144:
        give_up(f"the plane goes from {regions['x_range']} in {regions['x']}")
    grid = array.array("f", (run / "predictions/grid/0000.npy").read_bytes()[-regions["columns"] * regions["rows"] * 8:])
    row = [grid[2 * column] for column in range(regions["columns"])]  # of "high", along the lower edge
    if not (row[0] < 0.5 < row[-1]):
        give_up("the plane is not that of the data")
    page = (run / "report.html").read_text()
    if "Decision regions" not in page or "What the columns are worth" not in page or "relies most on size" not in page:
        give_up("the page does not show them")
    for name, bytes_ in (("regions.json", b"{"), ("importance.json", b"{}"), ("importance.json", None)):
        whole = (run / name).read_bytes()
        (run / name).unlink()
        if bytes_ is not None:
            (run / name).write_bytes(bytes_)
        refuses(stage, ["run"], DATA, name)
        (run / name).write_bytes(whole)


@case
def shows_rows_of_tables_and_coverage_by_group(stage):
    rows = [(100.5 + row * 37 % 41, (row * 53 % 47 - 23) / 1e3, 20 + row * 29 % 50) for row in range(300)]
    lines = [f"{x},{y},{age},{'high' if x + 400 * y > 120 else 'low'}" for x, y, age in rows]
    (stage.directory / "people.csv").write_text("size,other,age,kind\n" + "\n".join(lines) + "\n")
    words = ["--data", "people.csv", "--net", "dense(8) relu", "--epochs", "10", "--members", "3"]
    run = repeats_the_analysis(stage, [*words, "--coverage-by", "age"], "run")
    page = (run / "report.html").read_text()
    shown = re.findall(r"<tr><th scope=row>(\d+)<td class=t>(high|low)<td class=t>(?:high|low)<td>[^<]*<td>[^<]*"
                       r"<td>([^<]*)<td>([^<]*)<td>([^<\n]*)", page)
    told = {int(row): ",".join([*values, truth]) for row, truth, *values in shown}
    if len(told) < 12 or any(lines[row] != values for row, values in told.items()):
        give_up(f"rows are shown other than they were read: {told}")
    conformal = json.loads((run / "summary.json").read_text())["conformal"]
    for entry in conformal:
        groups = entry["groups"]
        covered = sum(group["rows"] * group["coverage"] for group in groups)
        if len(groups) != 4 or sum(group["rows"] for group in groups) != 60 or abs(covered - 60 * entry["coverage"]) > 1e-6:
            give_up(f"groups are not all test rows: {entry}")
    if not re.fullmatch(r"age ≤ \d+", conformal[0]["groups"][0]["name"]) or "Coverage by age" not in page:
        give_up("the groups are not those of ages")
    for bytes_ in (b"{", b'{"names": ["a"], "groups": [0]}', None):
        whole = (run / "groups.json").read_bytes()
        (run / "groups.json").unlink()
        if bytes_ is not None:
            (run / "groups.json").write_bytes(bytes_)
        refuses(stage, ["run"], DATA, "groups.json")
        (run / "groups.json").write_bytes(whole)
    stage.refuses([*words, "--coverage-by", "kind", "--out", "other"], USAGE, "--coverage-by kind", "size, other, age")
    # Without, coverage is told by class; of numbers not at all, and the rows with the largest errors are shown.
    plain = trained(stage, words, "plain")
    if [group["name"] for group in json.loads((plain / "summary.json").read_text())["conformal"][0]["groups"]] != ["high", "low"]:
        give_up("coverage is not told by class")
    numbers = repeats_the_analysis(stage, [*words, "--target", "age", "--task", "regression", "--ignore", "kind", "--folds", "3"], "numbers")
    if "groups" in json.loads((numbers / "summary.json").read_text())["conformal"][0]:
        give_up("there are groups that nobody has asked for")
    if "Furthest from the truth" not in (numbers / "report.html").read_text():
        give_up("the page does not show the rows with the largest errors")


@case
def another_combination_is_written_and_taken_back(stage):
    run = trained(stage, TINY, "run")
    before = stage.content()
    ended = report(stage, 3, ["run", "--combine", "greedy"])
    ended.expect(ended.code == 0, "failed").expect("Gain of the greedy" in ended.out, "tells of another combination")
    after = stage.content()
    changed = {name for name in after if before.get(name) != after[name]}
    ended.expect(changed == {f"run/{name}" for name in ("config.toml", "predictions.npy", "report.html", "summary.json")},
                 f"changed {changed}")
    summary = json.loads((run / "summary.json").read_text())
    ended.expect(summary["config"]["combine"] == summary["gain"]["combine"] == "greedy", "the summary names another combination")
    ended = stage.ranks(2, ["--config", "run/config.toml", "--out", "again"])
    for name in ("predictions.npy", "votes.npy", "config.toml"):
        ended.expect((run / name).read_bytes() == (stage.directory / "again" / name).read_bytes(), f"{name} is not repeated")
    shutil.rmtree(stage.directory / "again")
    report(stage, 1, ["run", "--combine", "average"]).expect(stage.content() == before, "does not come back")


@case
def temperature_changes_what_is_written_but_not_what_was_measured(stage):
    run = trained(stage, TINY, "run")
    before = stage.content()
    measured = json.loads((run / "summary.json").read_text())
    report(stage, 1, ["run", "--calibrate", "temperature"]).expect(stage.content() != before, "changes nothing")
    again = trained(stage, [*TINY, "--calibrate", "temperature"], "again")
    for name in ("predictions.npy", "config.toml"):
        if (run / name).read_bytes() != (again / name).read_bytes():
            give_up(f"{name} is not what a run with --calibrate writes")
    summary = json.loads((run / "summary.json").read_text())
    if summary["ensemble"] != measured["ensemble"] or summary["calibration"] != measured["calibration"]:
        give_up("the analysis depends on what is written")
    numbers = array.array("f", (run / "predictions.npy").read_bytes()[-60 * 2 * 4:])
    labels = array.array("i", (run / "predictions/test/targets.npy").read_bytes()[-60 * 4:])
    nll = sum(-math.log(numbers[2 * row + label]) for row, label in enumerate(labels)) / 60
    if abs(nll - measured["calibration"]["at_temperature"]["nll"]) > 1e-6:
        give_up(f"these predictions have an NLL of {nll}")


@case
def what_is_no_finished_run_is_refused(stage):
    run = trained(stage, TINY, "run")
    refuses(stage, [], USAGE, "directory of a run is missing")
    refuses(stage, ["nothing"], USAGE, "there is no directory 'nothing'")
    refuses(stage, ["run", "--combine", "mixture"], USAGE, "--combine mixture", "average vote")
    told = report(stage, 1, ["run", "--combine", "foo"]).err
    names = told.partition("'foo' is none of ")[2].strip().split(", ")
    if "average" not in names or "mixture" not in names or len(names) != len(set(names)):
        give_up(f"names are listed twice: {told}")
    refuses(stage, ["run", "--seed", "3"], USAGE, "there is no option --seed")
    whole = (run / "predictions/test/0002.npy").read_bytes()
    for bytes_, about in ((whole[:-4], "0002.npy"), (whole.replace(b"<f4", b"<f8"), "0002.npy"), (None, "0002.npy")):
        (run / "predictions/test/0002.npy").unlink()
        if bytes_ is not None:
            (run / "predictions/test/0002.npy").write_bytes(bytes_)
        refuses(stage, ["run"], DATA, about)
        (run / "predictions/test/0002.npy").write_bytes(whole)
    for value in (math.nan, 2.0, -0.5):
        (run / "predictions/test/0002.npy").write_bytes(whole[:-4] + struct.pack("<f", value))
        refuses(stage, ["run"], DATA, "predictions/test/0002.npy", "is damaged")
    (run / "predictions/test/0002.npy").write_bytes(whole)
    targets = (run / "predictions/test/targets.npy").read_bytes()
    (run / "predictions/test/targets.npy").write_bytes(targets[:-4] + struct.pack("<i", 9))
    refuses(stage, ["run"], DATA, "targets.npy", "no classes")
    (run / "predictions/test/targets.npy").write_bytes(targets)
    summary = (run / "summary.json").read_bytes()
    for damaged in (summary[:len(summary) // 2], b"{}", b"[]", summary.replace(b'"timing"', b'"thyming"')):
        (run / "summary.json").write_bytes(damaged)
        refuses(stage, ["run"], DATA, "summary.json")
    (run / "summary.json").unlink()
    refuses(stage, ["run"], USAGE, "not finished", "--resume")
    shutil.rmtree(run / "predictions")
    (run / "config.toml").unlink()
    refuses(stage, ["run"], USAGE, "no run of ensemble_train")


if __name__ == "__main__":
    main(CASES)
