#!/usr/bin/env python3
"""Shows ensemble_train missing and damaged data: one message that names the file, exit code 3, and nothing written.

run_data.py MPIRUN PROGRAM CASE runs one case in a scratch directory; `run_data.py --list` names them.
"""
import gzip
import struct
import sys

sys.dont_write_bytecode = True
from stage import DATA, TINY, USAGE, case_of, main, results, write_npy, write_table

CASES = {}
case = case_of(CASES)

PIXELS = 6


def write_idx(directory, train=80, test=40, pixels=PIXELS):
    """Four sound IDX files: images whose brightness tells the label."""
    directory.mkdir(exist_ok=True)
    for name, rows in (("train", train), ("t10k", test)):
        labels = bytes(row % 10 for row in range(rows))
        images = bytes((25 * label + pixel) % 256 for label in labels for pixel in range(pixels * pixels))
        (directory / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, rows, pixels, pixels) + images)
        (directory / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, rows) + labels)
    return directory


class Idx:
    """A directory of sound files of which one is damaged for a while."""

    files = [f"{name}-{kind}-ubyte" for name in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]

    def __init__(self, stage):
        self.stage = stage
        self.directory = write_idx(stage.directory / "idx")
        self.words = ["--data", "idx", "--net", "dense(8) relu", "--epochs", "1", "--members", "4"]
        ended = stage.ranks(4, [*self.words, "--out", "sound"])
        ended.expect(ended.code == 0, "sound files are refused")

    def refused(self, name, content, *about):
        path = self.directory / name
        sound = path.read_bytes()
        path.write_bytes(content(sound))
        self.stage.refuses(self.words, DATA, *(about or (name,)))
        path.write_bytes(sound)


@case
def missing_data(stage):
    stage.refuses([*TINY, "--data", "nowhere/data"], DATA, "nowhere/data")
    for name in Idx.files:
        directory = write_idx(stage.directory / "idx")
        (directory / name).unlink()
        stage.refuses([*TINY, "--data", "idx"], DATA, name)
    (stage.directory / "empty").mkdir()
    stage.refuses([*TINY, "--data", "empty"], DATA, "empty")
    stage.refuses([*TINY, "--net", "@none.net"], DATA, "none.net")


@case
def idx_cut_short_at_any_byte(stage):
    idx = Idx(stage)
    for name in Idx.files:
        size = (idx.directory / name).stat().st_size
        for end in (0, 1, 3, 4, 7, 8, 9, 15, 16, 17, size // 2, size - 1):
            idx.refused(name, lambda sound, end=end: sound[:end], name, "byte")
        idx.refused(name, lambda sound: sound[:-1], name, "byte")
        idx.refused(name, lambda sound: sound + b"\0", name)


@case
def idx_with_wrong_header(stage):
    idx = Idx(stage)
    for name in Idx.files:
        idx.refused(name, lambda sound: b"PK" + sound[2:])
        idx.refused(name, lambda sound: sound[:2] + b"\x0d" + sound[3:])
        idx.refused(name, lambda sound: sound[:3] + bytes([sound[3] ^ 2]) + sound[4:])
        idx.refused(name, lambda sound: sound[:4] + b"\xff\xff\xff\xff" + sound[8:])
        idx.refused(name, lambda sound: sound[:4] + b"\0\0\0\0" + sound[8:])


@case
def idx_files_that_do_not_match(stage):
    idx = Idx(stage)
    other = write_idx(stage.directory / "other", train=70, test=30, pixels=5)
    for name in Idx.files:
        idx.refused(name, lambda sound, name=name: (other / name).read_bytes())
    idx.refused("t10k-labels-idx1-ubyte", lambda sound: sound[:-1] + b"\x0a")
    # Labels are classes whatever their numbers, so one that is far from the others is no error, but it is said.
    labels = idx.directory / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\xff")
    ended = stage.ranks(1, [*idx.words, "--out", "gap"])
    ended.expect(ended.code == 0 and "labels have gaps" in ended.out and "255" in ended.out, "a gap is not noted")


@case
def idx_with_gzip_damage(stage):
    idx = Idx(stage)
    plain = results_of = None
    for name in Idx.files:
        path = idx.directory / name
        (idx.directory / f"{name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()
    ended = stage.ranks(2, [*idx.words, "--out", "zipped"])
    ended.expect(ended.code == 0, "sound gzipped files are refused")
    plain, results_of = (results(stage.directory / name, 4) for name in ("sound", "zipped"))
    ended.expect(plain["predictions.npy"] == results_of["predictions.npy"], "gzip changes the result")
    flip = lambda sound, place: sound[:place] + bytes([sound[place] ^ 0x55]) + sound[place + 1:]
    for name in Idx.files:
        packed = f"{name}.gz"
        idx.refused(packed, lambda sound: flip(sound, -6))  # the checksum
        idx.refused(packed, lambda sound: flip(sound, -2))  # the length
        idx.refused(packed, lambda sound: flip(sound, len(sound) // 2))
        idx.refused(packed, lambda sound: sound[:len(sound) // 2])
        for end in (0, 1, 5, 10, 12, -9, -8, -1):
            idx.refused(packed, lambda sound, end=end: sound[:end])


@case
def damaged_tables(stage):
    table = stage.directory / "t.csv"
    words = ["--data", "t.csv", "--net", "dense(4)", "--members", "2", "--epochs", "1"]
    for text, *about in (("", "t.csv", "no rows"), ("a,b\n", "no rows"), ("1,2,a\n3,b\n", "line 2", "2 fields"),
                         ("1,2,a\n3,x,b\n", "line 2, column 2", "'x'"), ("a,b\n1,\n2,3\n", "line 2, column 2 ('b')", "missing"),
                         ("1,\"2\n", "line 1", "quote"), ("1,a\n2,a\n", "every row has the class 'a'")):
        table.write_text(text)
        stage.refuses(words, DATA, *about)
    write_table(table, 60)
    stage.refuses([*words, "--target", "knd"], USAGE, "--target knd", "kind, mass")
    stage.refuses([*words, "--target", "1", "--test", "none.csv"], DATA, "none.csv")
    stage.refuses([*words, "--target", "1", "--task", "regression"], DATA, "'a' is not a number")


@case
def damaged_arrays(stage):
    words = ["--data", "x.npy", "--target", "y.npy", "--net", "dense(4)", "--members", "2", "--epochs", "1"]
    write_npy(stage.directory / "x.npy", "<f4", (20, 3), [0.5 * i for i in range(60)])
    stage.refuses(words, DATA, "y.npy")
    write_npy(stage.directory / "y.npy", "<i4", (19,), [i % 2 for i in range(19)])
    stage.refuses(words, DATA, "x.npy has 20 rows", "y.npy has 19")
    write_npy(stage.directory / "y.npy", "<i4", (20,), [i % 2 for i in range(20)])
    sound = (stage.directory / "x.npy").read_bytes()
    for end in (0, 5, 9, 50, 127, 128, len(sound) - 1):
        (stage.directory / "x.npy").write_bytes(sound[:end])
        stage.refuses(words, DATA, "x.npy")
    stage.refuses(words[:2], USAGE, "--target")
    (stage.directory / "x.npy").write_bytes(sound)
    stage.refuses([*words, "--augment", "shift:1"], USAGE, "--augment", "images")
    write_npy(stage.directory / "y.npy", "<f4", (20,), [0.3 * i for i in range(20)])
    stage.refuses([*words, "--loss", "cross-entropy"], USAGE, "--loss cross-entropy", "gaussian squared")
    stage.refuses([*words, "--combine", "vote"], USAGE, "--combine vote", "mixture")
    write_npy(stage.directory / "y.npy", "<f4", (20,), [1.5] * 20)
    stage.refuses(words, DATA, "the target 'target' is 1.5 in all 14 training rows")


if __name__ == "__main__":
    main(CASES)
