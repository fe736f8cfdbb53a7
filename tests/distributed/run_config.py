#!/usr/bin/env python3
"""Configurations as people name, print and give them again: run_config.py MPIRUN PROGRAM CASE; --list names the cases."""
import gzip
import pathlib
import random
import struct
import sys

sys.dont_write_bytecode = True
from stage import TINY, USAGE, case_of, give_up, main

PRESETS = pathlib.Path(__file__).resolve().parents[2] / "launch/presets"

CASES = {}
case = case_of(CASES)


def write_images(folder, train=600, test=120):
    """The four files of a set of images, of noise and of classes in turn."""
    folder.mkdir()
    for part, rows in (("train", train), ("t10k", test)):
        pixels = random.Random(part).randbytes(rows * 28 * 28)
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz", "wb", compresslevel=1) as file:
            file.write(struct.pack(">IIII", 2051, rows, 28, 28) + pixels)
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">II", 2049, rows) + bytes(row % 10 for row in range(rows)))


def write_numbers(path):
    lines = ["a,b,y"] + [f"{row % 7},{row * row % 11},{row % 7 + 0.1 * (row * 37 % 101)}" for row in range(300)]
    path.write_text("\n".join(lines) + "\n")


def names():
    found = sorted(path.stem for path in PRESETS.glob("*.toml"))
    return found if len(found) > 5 else give_up(f"too few presets in {PRESETS}")


@case
def every_preset_can_be_run(stage):
    write_images(stage.directory / "images")
    write_numbers(stage.directory / "numbers.csv")
    listed = stage.ranks(1, ["--help"]).out
    for name in names():
        first = (PRESETS / f"{name}.toml").read_text().splitlines()[0].removeprefix("# ")
        if f"  {name} " not in listed or first not in listed:
            give_up(f"--help does not list {name} with what it is for: {first}")
        tables = name in ("uci-regression", "table")
        data = [] if name == "quick" else ["--data", "numbers.csv"] if tables else ["--data", "images"]
        ended = stage.ranks(1, ["--config", name, *data, "--dry-run"])
        ended.expect(ended.code == 0 and not ended.messages(), f"{name} cannot be run")
    stage.ranks(1, ["--config", "quick", "--data", "moons", "--epochs", "1", "--out", "run"]).expect(
        'data = "moons"' in (stage.directory / "run/config.toml").read_text().replace("'", '"'), "the option did not win")


@case
def names_and_files(stage):
    said = "--config mnist-mlp: names no data, so that the built-in digits are learnt"
    for words, notes in ((["mnist-mlp"], True), (["mnist-mlp", "--data", "digits"], False), (["quick"], False)):
        ended = stage.ranks(1, ["--config", *words, "--dry-run"])
        ended.expect((said in ended.out + ended.err) == notes, f"{words}: the data are chosen in silence, or noted for nothing")
    stage.refuses(["--config", "quik"], USAGE, "--config: cannot read the file 'quik'", "quick, ")
    stage.refuses(["--config", "folder/quick"], USAGE, "cannot read the file 'folder/quick'")
    (stage.directory / "quick").write_text("members = 0\n")
    stage.refuses(["--config", "quick"], USAGE, "quick, line 1", "members")
    (stage.directory / "quick").unlink()
    (stage.directory / "quick").mkdir()  # no file, as a run directory may be
    ended = stage.ranks(1, ["--config", "quick", "--print-config"])
    ended.expect(ended.code == 0 and "members = 4" in ended.out, "a directory hides the configuration")


@case
def printed_configuration_is_that_of_the_run(stage):
    words = [*TINY, "--vary", "lr=0.01,0.1", "--optimizer", "momentum", "--patience", "3"]
    for ranks, variation in ((1, words), (2, words), (1, ["--data", "xor", "--net", "@net.txt"])):
        (stage.directory / "net.txt").write_text("dense(4) # \"odd\"\n relu\n")
        printed = stage.ranks(ranks, [*variation, "--print-config"])
        printed.expect(printed.code == 0 and not printed.messages(), "failed")
        run = stage.directory / f"run{ranks}{len(variation)}"
        stage.ranks(1, [*variation, "--out", run]).expect(run.exists(), "failed")
        printed.expect(printed.out == (run / "config.toml").read_text(), "is not what config.toml holds")
        again = stage.execute(["bash", "-c", '"$0" --config <("$0" "$@" --print-config) --print-config', stage.program, *variation])
        again.expect(again.out == printed.out, "given again it is another")
    if list(stage.directory.glob("runs")):
        give_up("--print-config made a run directory")


@case
def printed_without_data(stage):
    for name in names():
        words = ["--config", name, "--data", "not/there"]
        printed = stage.ranks(1, [*words, "--print-config"])
        printed.expect(printed.code == 0 and printed.out.startswith("# The data are not there"), "cannot be printed")
        (stage.directory / "again.toml").write_text(printed.out)
        again = stage.ranks(1, ["--config", "again.toml", "--print-config"])
        again.expect(again.out == printed.out, "given again it is another")
    stage.refuses([*words, "--lr", "fast", "--print-config"], USAGE, "--lr")


@case
def questions_of_the_build(stage):
    for words, beginning in ((["--print-man"], '.\\"'), (["--print-completion", "bash"], "# Completion"),
                             (["--print-completion", "zsh"], "#compdef ensemble_train"), (["--print-completion", "fish"], "# Completion")):
        ended = stage.ranks(1, words)
        ended.expect(ended.code == 0 and ended.out.startswith(beginning), "no answer")
    ended.expect("--print-" not in stage.ranks(1, ["--help"]).out.replace("--print-config", ""), "--help shows them")
    stage.refuses(["--print-completion", "tcsh"], USAGE, "bash, zsh and fish")


if __name__ == "__main__":
    main(CASES)
