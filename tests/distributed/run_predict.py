#!/usr/bin/env python3
"""Runs ensemble_predict on finished runs, as its users do, and holds it against the promises of its interface.

run_predict.py MPIRUN PROGRAM CASE runs one case in a scratch directory; PROGRAM is ensemble_train, and ensemble_predict stands
beside it. `run_predict.py --list` names the cases.
"""
import array
import csv
import gzip
import io
import json
import math
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import time
import zlib

sys.dont_write_bytecode = True
from stage import DATA, USAGE, WITHOUT_BF16, case_of, give_up, main, needs_bf16, results, write_npy, write_sequences

STOPPED = 75
CASES = {}
case = case_of(CASES)


def predictor(stage):
    return str(pathlib.Path(stage.program).with_name("ensemble_predict"))


def predict(stage, words, ranks=1):
    train, stage.program = stage.program, predictor(stage)
    try:
        return stage.ranks(ranks, words)
    finally:
        stage.program = train


def refuses(stage, words, code, *about, prefix=()):
    train, stage.program = stage.program, predictor(stage)
    try:
        stage.refuses(words, code, *about, prefix=prefix)
    finally:
        stage.program = train


def trained(stage, words, out):
    stage.ranks(2, [*words, "--epochs", "3", "--out", out]).expect((stage.directory / out / "summary.json").exists(), "the run failed")
    return stage.directory / out


def predicted(stage, words, ranks=1):
    """What it writes to standard output: the bytes, and the rows by the names of their columns."""
    ended = predict(stage, words, ranks)
    ended.expect(ended.code == 0, "failed")
    return ended, list(csv.DictReader(io.StringIO(ended.out)))


def numbers_of(path, kind="f"):
    """The numbers of a .npy file as the programs write them: a header of version 1, then values of array's kind."""
    content = path.read_bytes()
    (length,) = struct.unpack("<H", content[8:10])
    return array.array(kind, content[10 + length:])


def as_single(text):
    return struct.unpack("f", struct.pack("f", float(text)))[0]


def same_numbers(found, expected, what):
    found, expected = list(found), list(expected)
    if found != expected:
        wrong = sum(a != b for a, b in zip(found, expected))
        give_up(f"{what}: {wrong} of {len(expected)} numbers differ ({len(found)} were found)")


def write_table(path, rows=120):
    """Numbers, a target of three classes, and another of numbers."""
    draw = random.Random(1)
    lines = ["mass,id,length,kind,y"]
    for row in range(rows):
        kind = row % 3
        lines.append(f"{1 + kind + draw.gauss(0, 0.5):.5f},r{row},{draw.gauss(kind, 1):.4f},{'abc'[kind]},{2 * kind + draw.gauss(0, 0.3):.4f}")
    path.write_text("\n".join(lines) + "\n")
    return lines


SMALL = ["--net", "dense(12) relu", "--net", "dense(6) tanh dense(5) tanh", "--members", "3", "--batch", "20"]
CLASSES = ["--data", "t.csv", "--target", "kind", "--ignore", "id,y", *SMALL]
NUMBERS = ["--data", "t.csv", "--target", "y", "--ignore", "id,kind", *SMALL]


def test_rows(run):
    return list(numbers_of(run / "predictions/test/rows.npy", "q"))


def check_classes(run, rows):
    """The training run's own test rows have the predictions that it wrote."""
    names = json.loads((run / "summary.json").read_text())["data"]["class_names"]
    own = [rows[row] for row in test_rows(run)]
    same_numbers((as_single(row[f"p_{name}"]) for row in own for name in names), numbers_of(run / "predictions.npy"), "predictions.npy")
    uncertainty = numbers_of(run / "uncertainty.npy")
    columns = json.loads((run / "summary.json").read_text())["uncertainty"]["measures"]
    for name in ("entropy", "mutual_information"):
        same_numbers((as_single(row[name]) for row in own), uncertainty[columns.index(name)::len(columns)], name)
    for row in own:
        largest = max(names, key=lambda name: float(row[f"p_{name}"]))
        if row["prediction"] != largest or row["probability"] != row[f"p_{largest}"]:
            give_up(f"the prediction is not the most probable class: {row}")


@case
def test_rows_have_the_bytes_of_the_run(stage):
    lines = write_table(stage.directory / "t.csv")
    run = trained(stage, CLASSES, "run")
    ended, rows = predicted(stage, ["run", "--data", "t.csv"])
    ended.expect(len(rows) == 120, "there is not a prediction for every row")
    check_classes(run, rows)
    # Any number of ranks, a pipe, each row alone: the same bytes.
    for ranks in (2, 3):
        again = predict(stage, ["run", "--data", "t.csv"], ranks)
        again.expect(again.out == ended.out, f"{ranks} ranks write something else")
    piped = stage.execute(["sh", "-c", f"cat t.csv | {predictor(stage)} run --data - --as-they-come"])
    piped.expect(piped.out == ended.out, "a pipe makes a difference")
    shown = ended.out.splitlines()
    for row in (1, 60, 120):
        (stage.directory / "one.csv").write_text(f"{lines[0]}\n{lines[row]}\n")
        alone = predict(stage, ["run", "--data", "one.csv"])
        alone.expect(alone.out.splitlines() == [shown[0], shown[row]], f"row {row} alone is predicted otherwise")


@case
def weights_and_groups_are_passed_over(stage):
    lines = write_table(stage.directory / "t.csv")
    header, *rows = [line.split(",") for line in lines]
    whole = [header + ["often", "who"]] + [row + [str(i % 3), f"g{i % 10}"] for i, row in enumerate(rows)]
    (stage.directory / "t.csv").write_text("".join(",".join(row) + "\n" for row in whole))
    run = trained(stage, [*CLASSES, "--weight", "often", "--group", "who"], "run")
    (stage.directory / "bare.csv").write_text("".join(",".join(row[:-2]) + "\n" for row in whole))
    whole[5][-2:] = ["", "none of these"]
    (stage.directory / "odd.csv").write_text("".join(",".join(row) + "\n" for row in whole))
    ended, found = predicted(stage, ["run", "--data", "t.csv"])
    check_classes(run, found)
    for words in (["--data", "bare.csv"], ["--data", "odd.csv"]):
        again = predict(stage, ["run", *words], 2)
        again.expect(again.code == 0 and again.out == ended.out, "predicts something else")
        again.expect("often" not in again.err and "who" not in again.err, "speaks of columns that have no part in it")


@case
def other_combinations_and_temperatures(stage):
    write_table(stage.directory / "t.csv")
    for name in ("stacking", "vote"):
        run = trained(stage, [*CLASSES, "--combine", name], name)
        probabilities = predicted(stage, [name, "--data", "t.csv"])[1]
        classes = json.loads((run / "summary.json").read_text())["data"]["class_names"]
        same_numbers((as_single(probabilities[row][f"p_{each}"]) for row in test_rows(run) for each in classes),
                     numbers_of(run / "predictions.npy"), name)
    run = trained(stage, [*CLASSES, "--calibrate", "temperature", "--feature-fraction", "0.6", "--folds", "3"], "warm")
    check_classes(run, predicted(stage, ["warm", "--data", "t.csv"])[1])


def check_numbers(stage, run, rows, begin=""):
    own = [rows[row] for row in test_rows(run)]
    expected = numbers_of(run / "predictions.npy")
    same_numbers((as_single(row[begin + "mean"]) for row in own), expected[0::2], "means")
    for row, variance in zip(own, expected[1::2]):
        if abs(float(row[begin + "std"]) ** 2 - variance) > 1e-5 * variance:
            give_up(f"the deviation is another: {row}")
        if not float(row[begin + "low"]) <= float(row[begin + "mean"]) <= float(row[begin + "high"]):
            give_up(f"the interval does not hold the mean: {row}")


@case
def numbers_have_intervals(stage):
    write_table(stage.directory / "t.csv", 300)
    run = trained(stage, NUMBERS, "run")
    ended, rows = predicted(stage, ["run", "--data", "t.csv", "--interval", "0.8"], 2)
    check_numbers(stage, run, rows)
    alone = predict(stage, ["run", "--data", "t.csv", "--interval", "0.8"])
    alone.expect(alone.out == ended.out, "two ranks write something else")
    truth = [float(line.split(",")[-1]) for line in (stage.directory / "t.csv").read_text().splitlines()[1:]]
    share = sum(float(row["low"]) <= y <= float(row["high"]) for row, y in zip(rows, truth)) / len(rows)
    ended.expect(0.6 < share < 0.97, f"80 % intervals hold {share:.0%} of the rows")
    run = trained(stage, [*NUMBERS, "--loss", "squared"], "squared")
    check_numbers(stage, run, predicted(stage, ["squared", "--data", "t.csv"])[1])


@case
def columns_are_matched_by_name(stage):
    lines = [line.split(",") for line in write_table(stage.directory / "t.csv")]
    trained(stage, CLASSES, "run")
    expected = predict(stage, ["run", "--data", "t.csv"]).out
    write = lambda name, places: (stage.directory / name).write_text("\n".join(";".join(line[i] for i in places) for line in lines) + "\n")
    write("permuted.csv", (2, 4, 0))
    ended = predict(stage, ["run", "--data", "permuted.csv"])
    ended.expect(ended.out == expected, "the order of the columns counts")
    ended.expect("note: permuted.csv" in ended.err and "'y'" in ended.err, "that y is passed over is not said")
    write("lacks.csv", (0, 1, 3))
    refuses(stage, ["run", "--data", "lacks.csv", "--out", "p.csv"], DATA, "lacks.csv", "lacks the column 'length'")
    (stage.directory / "bare.csv").write_text("\n".join(f"{line[0]},{line[2]}" for line in lines[1:]) + "\n")
    ended = predict(stage, ["run", "--data", "bare.csv"])
    ended.expect(ended.out == expected, "columns without names are not taken by their places")
    kept, rows = predicted(stage, ["run", "--data", "t.csv", "--keep", "id,kind", "--members", "--interval", "0.9"])
    kept.expect(kept.out.startswith("id,kind,prediction,probability,entropy,mutual_information,votes,p_a,p_b,p_c,prediction_set,m0_p_a"),
                "columns are not in their order")
    kept.expect([row["id"] for row in rows] == [line[1] for line in lines[1:]], "kept columns are not those of the rows")
    for row in rows:
        votes = sum(max("abc", key=lambda name: float(row[f"m{member}_p_{name}"])) == row["prediction"] for member in range(3))
        kept.expect(int(row["votes"]) == votes, "votes are not those of the members")
        kept.expect(row["prediction"] in row["prediction_set"].split("|"), "the most probable class is not in the set")


@case
def scores_are_those_of_the_summary(stage):
    lines = write_table(stage.directory / "t.csv")
    for words, out in ((CLASSES, "classes"), (NUMBERS, "numbers")):
        run = trained(stage, words, out)
        rows = test_rows(run)
        (stage.directory / "test.csv").write_text("\n".join([lines[0]] + [lines[1 + row] for row in rows]) + "\n")
        ended = predict(stage, [out, "--data", "test.csv", "--score"], 2)
        ended.expect(ended.code == 0, "failed")
        scores = json.loads(next(line for line in ended.err.splitlines() if line.startswith("{")))
        summary = json.loads((run / "summary.json").read_text())["ensemble"]
        expected = summary["average" if out == "classes" else "mixture"]
        ended.expect(scores.pop("rows") == len(rows), "not every row is scored")
        held = scores.pop("intervals", None)
        ended.expect((held is None) == (out == "classes") and (held is None or held["level"] == 0.9), "nothing is said of intervals")
        for name, value in scores.items():
            ended.expect(value is None or abs(value - expected[name]) < 1e-9, f"{name} is not that of the summary")
    (stage.directory / "blind.csv").write_text("\n".join(",".join(line.split(",")[:3]) for line in lines) + "\n")
    refuses(stage, ["classes", "--data", "blind.csv", "--score", "--out", "p.csv"], DATA, "--score", "'kind'")


@case
def arrays_in_and_out(stage):
    draw = random.Random(2)
    pixels = [draw.randrange(256) for _ in range(150 * 12)]
    write_npy(stage.directory / "x.npy", "|u1", (150, 4, 3), pixels)
    write_npy(stage.directory / "y.npy", "<i4", (150,), [sum(pixels[12 * row:12 * row + 6]) > 6 * 127 for row in range(150)])
    run = trained(stage, ["--data", "x.npy", "--target", "y.npy", *SMALL], "run")
    rows = test_rows(run)
    classes = predicted(stage, ["run", "--data", "x.npy"])[1]
    same_numbers((as_single(classes[row][f"p_{name}"]) for row in rows for name in "01"), numbers_of(run / "predictions.npy"), "arrays")
    ended = predict(stage, ["run", "--data", "x.npy", "--out", "p.npy"], 3)
    ended.expect(ended.code == 0 and not ended.out, "failed")
    numbers = numbers_of(stage.directory / "p.npy")
    same_numbers((numbers[7 * row + 5 + label] for row in rows for label in (0, 1)), numbers_of(run / "predictions.npy"), "p.npy")
    refuses(stage, ["run", "--data", "y.npy", "--out", "q.npy"], DATA, "y.npy", "has shape (150,)")
    write_table(stage.directory / "t.csv")
    trained(stage, ["--data", "t.csv", "--target", "y", "--ignore", "id,mass", *SMALL], "words")
    write_npy(stage.directory / "w.npy", "<f4", (2, 2), [1, 2, 3, 4])
    refuses(stage, ["words", "--data", "w.npy", "--out", "q.npy"], DATA, "w.npy", "column 'kind' holds levels")


def draw_sequences(count):
    """Sequences of 2 to 9 steps of two classes, and their classes."""
    draw = random.Random(3)
    kinds = [i % 2 for i in range(count)]
    sequences = [[as_single(math.sin(step * (1 + kind)) + channel + draw.gauss(0, 0.3)) for step in range(draw.randint(2, 9))
                  for channel in range(2)] for kind in kinds]
    sequences[0] = [0.5] * 18  # the longest there may be
    return sequences, kinds


def write_png(path, height, width, colours, samples):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    each = width * colours
    rows = b"".join(b"\0" + samples[row * each:(row + 1) * each] for row in range(height))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0 if colours == 1 else 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


@case
def pictures_in_folders(stage):
    draw = random.Random(4)
    for part, count in (("train", 24), ("test", 5)):
        for kind, base in (("dark", 40), ("light", 140)):
            for number in range(count):
                write_png(stage.directory / f"p/{part}/{kind}/{number:02}.png", 6, 5, 3, bytes(base + draw.randrange(80) for _ in range(90)))
    run = trained(stage, ["--data", "p", "--net", "conv(4, 3) relu avgpool", "--members", "2", "--batch", "8"], "run")
    ended, rows = predicted(stage, ["run", "--data", "p/test", "--score"])
    same_numbers((as_single(row[f"p_{kind}"]) for row in rows for kind in ("dark", "light")), numbers_of(run / "predictions.npy"), "predictions.npy")
    ended.expect([row["file"] for row in rows] == [f"{kind}/{number:02}.png" for kind in ("dark", "light") for number in range(5)], "other files")
    score = json.loads(ended.err.splitlines()[-1])
    average = json.loads((run / "summary.json").read_text())["ensemble"]["average"]
    ended.expect(score["rows"] == 10 and score["accuracy"] == average["accuracy"], "the score is not that of the summary")
    again = predict(stage, ["run", "--data", "p/test"], 2)
    again.expect(again.out == ended.out, "two ranks predict something else")
    alone, shown = predicted(stage, ["run", "--data", "p/test/light/03.png"])
    alone.expect({**shown[0], "file": "light/03.png"} == rows[8], "a picture alone is predicted otherwise")
    refuses(stage, ["run", "--data", "p/test", "--keep", "file"], USAGE, "--keep file", "the name of each is written")
    write_png(stage.directory / "large/1.png", 7, 5, 3, bytes(105))
    refuses(stage, ["run", "--data", "large"], DATA, "large/1.png", "7×5 pixels", "pictures of 6×5")
    refuses(stage, ["run", "--data", "large", "--score"], DATA, "--score", "folders")
    (stage.directory / "empty").mkdir()
    refuses(stage, ["run", "--data", "empty"], DATA, "empty", "no PNG or JPEG files")
    # Of numbers that are no bytes nobody knows what a byte would be.
    write_npy(stage.directory / "x.npy", "<f4", (40, 6, 5), [draw.random() for _ in range(1200)])
    write_npy(stage.directory / "y.npy", "<i4", (40,), [row % 2 for row in range(40)])
    trained(stage, ["--data", "x.npy", "--target", "y.npy", *SMALL], "floats")
    refuses(stage, ["floats", "--data", "large/1.png"], DATA, "large/1.png", "images of bytes")
    refuses(stage, ["floats", "--data", "p"], DATA, "p: is a directory", "give an array")
    model = run / "model.json"
    model.write_text(model.read_text().replace("conv(4, 3)", "conv(4, -3)"))
    refuses(stage, ["run", "--data", "p/test"], DATA, "model.json", "is damaged")


@case
def sequences_of_different_lengths(stage):
    sequences, kinds = draw_sequences(90)
    write_sequences(stage.directory / "s.npz", sequences, kinds, 9)
    write_sequences(stage.directory / "longer.npz", sequences, kinds, 14, float("inf"))
    words = ["--net", "gru(6, sequence) lstm(5)", "--net", "conv1d(8, 3) batchnorm sigmoid maxpool1d(2) avgpool1d", "--members", "3",
             "--batch", "16", "--epochs", "3", "--task", "classification"]
    found = []
    for ranks, data, out in ((1, "s.npz", "run"), (2, "s.npz", "two"), (1, "longer.npz", "longer")):
        ended = stage.ranks(ranks, ["--data", data, *words, "--out", out])
        ended.expect(ended.code == 0, "failed")
        found.append(results(stage.directory / out, 3))
        for name in found[0]:  # checkpoints name the data they belong to, of which the file's name is none
            ended.expect(found[-1][name] == found[0][name], f"{out}: {name} differs")
    ended, rows = predicted(stage, ["run", "--data", "s.npz"])
    ended.expect(len(rows) == 90, "there is not a prediction for every row")
    check_classes(stage.directory / "run", rows)
    for data, ranks in (("s.npz", 2), ("longer.npz", 1)):
        again = predict(stage, ["run", "--data", data], ranks)
        again.expect(again.out == ended.out, f"{data} on {ranks} ranks is predicted otherwise")
    shown = ended.out.splitlines()
    for row in (0, 7, 8):  # an array of one row of its own length
        write_npy(stage.directory / "one.npy", "<f4", (1, len(sequences[row]) // 2, 2), sequences[row])
        alone = predict(stage, ["run", "--data", "one.npy"])
        alone.expect(alone.out.splitlines() == [shown[0], shown[row + 1]], f"row {row} alone is predicted otherwise")
    write_sequences(stage.directory / "beyond.npz", [[0.0] * 20], [1], 10)
    refuses(stage, ["run", "--data", "beyond.npz"], DATA, "row 0 has 10 steps", "trained with 9 at most")
    refuses(stage, ["run", "--data", "x.csv"], DATA, "x.csv")
    exporter = predictor(stage).replace("ensemble_predict", "ensemble_export")
    for kind in ("safetensors", "onnx"):
        handed_on = stage.execute([exporter, "run", "--format", kind, "--out", f"m.{kind}"])
        handed_on.expect(handed_on.code == 0, f"is not handed on as {kind}")
    for option, about in ((["--reduce", "pca:2"], "no order in time"), (["--shift", "noise:1"], "sequences of different lengths"),
                          (["--augment", "shift:1"], "a sequence"), (["--init", "rbm"], "sequences of different lengths"),
                          (["--sequence", "9x2"], "of different lengths"), (["--importance", "2"], "--importance")):
        stage.refuses(["--data", "s.npz", *words, *option, "--out", "none"], USAGE, about)


@case
def sequences_in_a_table(stage):
    sequences, kinds = draw_sequences(60)
    lines = ["word,a,b,kind"]
    for number, (each, kind) in enumerate(zip(sequences, kinds)):
        lines += [f"w{number},{each[i]},{each[i + 1]},{'uv'[kind]}" for i in range(0, len(each), 2)]
    (stage.directory / "s.csv").write_text("\n".join(lines) + "\n")
    words = ["--data", "s.csv", "--sequence", "word", "--target", "kind", "--net", "lstm(6)", "--members", "2", "--batch", "16"]
    run = trained(stage, words, "run")
    ended, rows = predicted(stage, ["run", "--data", "s.csv"])
    ended.expect([row["word"] for row in rows] == [f"w{i}" for i in range(60)], "there is not a prediction for every sequence")
    check_classes(run, rows)
    again = predict(stage, ["run", "--data", "s.csv"], 2)
    again.expect(again.out == ended.out, "two ranks write something else")
    # The same sequences as an archive are predicted alike; columns may stand in any order, what is to be learnt may be missing.
    write_sequences(stage.directory / "s.npz", sequences, kinds, 9)
    _, plain = predicted(stage, ["run", "--data", "s.npz"])
    for with_name, without in zip(rows, plain):
        if {key: value for key, value in with_name.items() if key != "word"} != without:
            give_up("a table and an archive are predicted otherwise")
    turned = [",".join(reversed(line.split(",")[:3])) for line in lines]
    (stage.directory / "turned.csv").write_text("\n".join(turned) + "\n")
    other, _ = predicted(stage, ["run", "--data", "turned.csv"])
    other.expect(other.out == ended.out, "the order of columns matters")
    scored = predict(stage, ["run", "--data", "s.csv", "--score"])
    scored.expect('"accuracy"' in scored.err and '"rows":60' in scored.err.replace(" ", ""), "is not scored")
    refuses(stage, ["run", "--data", "s.csv", "--keep", "a"], USAGE, "--keep a")
    stage.refuses([*words[:2], "--sequence", "word", "--net", "lstm(6)", "--out", "none"], USAGE, "--target")


@case
def a_run_on_sequences_goes_on_to_the_same_bytes(stage):
    sequences, kinds = draw_sequences(60)
    write_sequences(stage.directory / "s.npz", sequences, kinds, 9)
    words = ["--data", "s.npz", "--net", "lstm(6)", "--members", "2", "--batch", "16", "--task", "classification"]
    stage.ranks(1, [*words, "--epochs", "4", "--out", "whole"]).expect((stage.directory / "whole/summary.json").exists(), "failed")
    stage.ranks(1, [*words, "--epochs", "4", "--time-limit", "1ms", "--out", "parts"])
    for _ in range(20):
        if (stage.directory / "parts/summary.json").exists():
            break
        stage.ranks(2, ["--resume", "--out", "parts", "--time-limit", "1min"])
    same = results(stage.directory / "parts", 2) == results(stage.directory / "whole", 2)
    if not same:
        give_up("a run that was stopped ends with other bytes")


@case
def what_is_wrong_is_said_once_and_nothing_is_left_behind(stage):
    lines = write_table(stage.directory / "t.csv")
    run = trained(stage, CLASSES, "run")
    refuses(stage, ["run"], USAGE, "--data is missing")
    refuses(stage, ["run", "--data", "t.csv", "--out", "t.csv"], USAGE, "--out t.csv", "is the file that is read")
    refuses(stage, ["nowhere", "--data", "t.csv"], USAGE, "nowhere")
    refuses(stage, ["run", "--data", "none.csv"], DATA, "none.csv")
    refuses(stage, ["run", "--data", "t.csv", "--interval", "2"], USAGE, "--interval 2")
    refuses(stage, ["run", "--data", "t.csv", "--keep", "nobody"], USAGE, "--keep nobody")
    refuses(stage, ["run", "--data", "t.csv", "--out", ""], USAGE, "--out: is empty")
    refuses(stage, ["run", "--data", "t.csv", "--out", "p.npy.gz"], USAGE, "--out p.npy.gz", "gzip it afterwards")
    # A fault that comes when much is written already.
    bare = ["{0},{2}".format(*line.split(",")) for line in lines]
    (stage.directory / "late.csv").write_text("\n".join([*bare, *(bare[1:] * 60), "1,twelve"]) + "\n")
    refuses(stage, ["run", "--data", "late.csv", "--out", "p.csv"], DATA, "late.csv, line 7322", "'twelve' is not a number")
    with open(run / "members/0001.ckpt", "r+b") as member:
        member.seek(200)
        member.write(b"?")
    refuses(stage, ["run", "--data", "t.csv", "--out", "p.csv"], DATA, "members/0001.ckpt")


@case
def a_name_that_ends_in_gz_is_compressed(stage):
    write_table(stage.directory / "t.csv")
    trained(stage, CLASSES, "run")
    shown = predict(stage, ["run", "--data", "t.csv"]).out
    predict(stage, ["run", "--data", "t.csv", "--out", "p.csv.gz"], 2).expect((stage.directory / "p.csv.gz").exists(), "failed")
    if gzip.decompress((stage.directory / "p.csv.gz").read_bytes()).decode() != shown:
        give_up("holds other bytes than are shown")


@case
def who_is_asked_to_leave_leaves_nothing_behind(stage):
    lines = write_table(stage.directory / "t.csv")
    trained(stage, CLASSES, "run")
    before = stage.content()
    for number in (signal.SIGTERM, signal.SIGINT):
        program = subprocess.Popen([predictor(stage), "run", "--data", "-", "--as-they-come", "--out", "p.csv"], cwd=stage.directory,
                                   text=True, env=stage.environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        program.stdin.write("\n".join(lines) + "\n")
        program.stdin.flush()
        deadline = time.monotonic() + 60
        while stage.content() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        if stage.content() == before:
            give_up("no temporary file is written")
        program.send_signal(number)
        program.wait(timeout=60)  # its input stays open: at its end the program would be done
        told = program.communicate()[1]
        if program.returncode != STOPPED or "stopped by" not in told:
            give_up(f"ends with {program.returncode}: {told}")
        if stage.content() != before:
            give_up(f"{sorted(set(stage.content()) - set(before))} is left behind")


@case
def classes_are_called_as_their_table_calls_them(stage):
    names = ["k\nl", "k\\x0Al", "a|b\\"]
    draw = random.Random(3)
    with open(stage.directory / "t.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["x", "y"])
        table.writerows([f"{row % 3 + draw.gauss(0, 0.05):.4f}", names[row % 3]] for row in range(150))
    run = stage.directory / "run"
    stage.ranks(1, ["--data", "t.csv", *SMALL, "--epochs", "60", "--out", "run"]).expect((run / "summary.json").exists(), "failed")
    told = json.loads((run / "summary.json").read_text())["data"]["class_names"]
    if len(set(told)) != 3:
        give_up(f"classes are not told apart: {told}")
    ended, rows = predicted(stage, ["run", "--data", "t.csv", "--keep", "y", "--interval", "0.9999", "--score"])
    right = sum(row["prediction"] == row["y"] for row in rows)
    if right < 100:
        give_up(f"only {right} of 150 are called by the names of their table")
    if {f"p_{name}" for name in names} - set(rows[0]):
        give_up(f"columns are {list(rows[0])}")
    score = json.loads(ended.err.splitlines()[-1])
    if abs(score["accuracy"] - right / 150) > 1e-12:
        give_up(f"{right} of 150 are right, and the score is {score}")
    if rows[0]["prediction_set"] != "a\\|b\\\\|k\nl|k\\\\x0Al":
        give_up(f"the set of all is {rows[0]['prediction_set']!r}")


@case
def readers_that_leave_have_what_they_wanted(stage):
    lines = write_table(stage.directory / "t.csv")
    trained(stage, CLASSES, "run")
    (stage.directory / "long.csv").write_text("\n".join([lines[0], *(lines[1:] * 300)]) + "\n")
    # Not under mpirun, which itself does not survive that.
    ended = stage.execute(["bash", "-c", f"set -o pipefail; {predictor(stage)} run --data long.csv | head -n 2"])
    ended.expect(ended.code == 0 and len(ended.out.splitlines()) == 2, "not the first lines")
    ended.expect(not [line for line in ended.messages() if "error" in line], "complains of a reader that left")


@case
def each_row_of_a_pipe_has_its_answer(stage):
    lines = write_table(stage.directory / "t.csv")
    trained(stage, CLASSES, "run")
    program = subprocess.Popen([predictor(stage), "run", "--data", "-", "--as-they-come"], cwd=stage.directory, text=True,
                               env=stage.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expected = predict(stage, ["run", "--data", "t.csv"]).out.splitlines()
    program.stdin.write(lines[0] + "\n")
    program.stdin.flush()
    for row in range(1, 30):
        program.stdin.write(lines[row] + "\n")
        program.stdin.flush()
        if row == 1 and program.stdout.readline().strip() != expected[0]:
            give_up("the names of the columns are not the first answer")
        if (answer := program.stdout.readline().strip()) != expected[row]:
            give_up(f"row {row} is answered by {answer}")
    program.stdin.close()
    if program.wait(60) != 0 or program.stdout.read():
        give_up("it does not end with its input")


@case
def in_bf16_rows_have_the_same_bytes_everywhere(stage):
    needs_bf16()
    lines = write_table(stage.directory / "t.csv", 200)
    wide = ["--net", "dense(200) relu dense(100) relu", "--net", "dense(80) tanh dense(60) tanh"]
    trained(stage, [*CLASSES, *wide], "run")
    in_f32 = predicted(stage, ["run", "--data", "t.csv"])[1]
    words = ["run", "--precision", "bf16", "--data"]
    ended, rows = predicted(stage, [*words, "t.csv"])
    off = [abs(float(row["p_a"]) - float(exact["p_a"])) for row, exact in zip(rows, in_f32)]
    ended.expect(0 < max(off) < 0.02, f"off by {max(off)}")
    for ranks in (2, 3):
        again = predict(stage, [*words, "t.csv"], ranks)
        again.expect(again.out == ended.out, f"{ranks} ranks write something else")
    shown = ended.out.splitlines()
    for first, last in ((1, 1), (4, 11), (60, 130)):
        (stage.directory / "some.csv").write_text("\n".join([lines[0], *lines[first:last + 1]]) + "\n")
        some = predict(stage, [*words, "some.csv", "--threads", "2"])
        some.expect(some.out.splitlines() == [shown[0], *shown[first:last + 1]], f"rows {first} to {last} are predicted otherwise")
    refuses(stage, ["run", "--data", "t.csv", "--precision", "f16"], USAGE, "--precision f16", "f32 or bf16")
    refuses(stage, [*words, "t.csv"], USAGE, "--precision bf16", "AVX512_BF16", prefix=WITHOUT_BF16)


@case
def rows_unlike_those_of_training_make_a_warning(stage):
    lines = write_table(stage.directory / "t.csv", 600)
    trained(stage, CLASSES, "run")
    ended = predict(stage, ["run", "--data", "t.csv", "--out", "p.csv"])
    ended.expect(ended.code == 0 and "warning" not in ended.err, "a warning without a reason")
    (stage.directory / "far.csv").write_text("\n".join([lines[0], *("50" + line[line.index(","):] for line in lines[1:])]) + "\n")
    ended = predict(stage, ["run", "--data", "far.csv", "--out", "p.csv"], 2)
    ended.expect("warning: " in ended.err and "beyond what training saw" in ended.err and "'mass'" in ended.err, "no warning of far rows")


if __name__ == "__main__":
    main(CASES)
