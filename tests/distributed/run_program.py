#!/usr/bin/env python3
"""Runs ensemble_train as its users do, under mpirun, and holds it against the promises of its interface.

run_program.py MPIRUN PROGRAM CASE runs one case in a scratch directory; `run_program.py --list` names them.
many_short_runs takes two numbers more: how many (5) and the first one's seed (1).
A promise that does not hold ends it with exit code 1 and what was seen; 77 says that the case cannot be tried here.
"""
import array
import json
import math
import os
import pathlib
import platform
import random
import re
import shutil
import signal
import sys

sys.dont_write_bytecode = True
from stage import (DATA, RUN, TINY, USAGE, WITHOUT_BF16, Stage, case_of, check_message, digest, give_up, history_without_timings,
                   main, needs_bf16, obeying_permissions, results, skip, write_npy, write_table)
from run_stopped import Running, send

SMALL = ["--data", "digits:train=600,test=300", "--net", "dense(32) relu dropout(0.2)", "--epochs", "2", "--seed", "7"]

CASES = {}
case = case_of(CASES)


# The same bytes on any number of ranks.


def same_bytes(stage, members):
    reference = None
    for ranks in (1, 2, 3, 8):
        out = f"np{ranks}"
        ended = stage.ranks(ranks, [*SMALL, "--members", str(members), "--out", out])
        ended.expect(ended.code == 0, "failed").expect(not ended.messages(), "complains")
        summary = json.loads((stage.directory / out / "summary.json").read_text())
        ended.expect(summary["timing"]["ranks"] == ranks, "the summary tells another number of ranks")
        ended.expect([m["index"] for m in summary["members"]] == list(range(members)), "members are missing or out of order")
        ended.expect(ended.out.count("over the best member") == 1, "the results are not printed exactly once")
        found = results(stage.directory / out, members)
        reference = reference or found
        differing = [name for name in found if found[name] != reference[name]]
        ended.expect(not differing, f"differs from one rank: {', '.join(differing)}")
    distinct = {reference[name] for name in reference}
    if len(distinct) != len(reference):
        give_up("two files are the same: are members copies of each other?")


@case
def same_bytes_of_8_members(stage):
    same_bytes(stage, 8)


@case
def same_bytes_of_5_members(stage):
    same_bytes(stage, 5)


@case
def same_bytes_with_early_stopping_and_bootstrap(stage):
    words = ["--data", "spirals:train=300,test=100", "--net", "dense(16) relu dropout(0.1) skip[dense(16) tanh]", "--bootstrap",
             "--patience", "1", "--epochs", "6", "--lr", "0.05", "--schedule", "cosine", "--optimizer", "momentum",
             "--weight-decay", "0.001", "--members", "5", "--seed", "3"]
    found = []
    for ranks in (1, 2, 4):
        ended = stage.ranks(ranks, [*words, "--out", f"np{ranks}"])
        ended.expect(ended.code == 0, "failed")
        found.append(results(stage.directory / f"np{ranks}", 5))
        ended.expect(found[-1] == found[0], "differs from one rank")


NETS = {"dense": ["--net", "dense(512) relu dropout(0.2) dense(512) relu"],
        "images": ["--net", "conv(16, 3) batchnorm relu maxpool(2) skip[ conv(32, 3) batchnorm relu ] avgpool dense(64) relu"],
        "sequences": ["--net", "lstm(64) dropout(0.1)"]}


def same_bytes_with_threads(stage, net):
    words = ["--data", "digits:train=200,test=300", *NETS[net], "--batch", "90", "--members", "3", "--seed", "5"]
    reference = None
    for ranks, threads in ((1, "1"), (1, "2"), (1, "3"), (2, "auto")):
        out = f"np{ranks}t{threads}"
        ended = stage.ranks(ranks, [*words, "--epochs", "2", "--threads", threads, "--out", out])
        ended.expect(ended.code == 0, "failed")
        found = results(stage.directory / out, 3)
        found["config.toml"] = digest(stage.directory / out / "config.toml")
        reference = reference or found
        differing = [name for name in found if found[name] != reference[name]]
        ended.expect(not differing, f"differs from one thread: {', '.join(differing)}")
    # Stopped and gone on with on other threads; longer trainings until one is not over before it is stopped.
    for epochs in (4, 16, 64, 256):
        if stopped_on_other_threads(stage, [*words, "--epochs", str(epochs)], f"epochs{epochs}"):
            return
    give_up("is over before it can be stopped, however long")


def stopped_on_other_threads(stage, words, out):
    """Stops whenever an epoch is over, and holds the end against one thread. False if nothing was stopped."""
    history = stage.directory / out / "history.jsonl"
    epochs = lambda: history.read_bytes().count(b"\n") if history.exists() else 0
    stops = 0
    for threads in ("2", "1", "3", "auto"):
        before = epochs()
        run = Running(stage, 2, [*words, "--resume", "--threads", threads, "--out", out])
        if run.wait_for(lambda: epochs() > before):
            send(signal.SIGUSR1, [run.process.pid])
        ended = run.ended()
        if ended.code == 0:
            break
        ended.expect(ended.code == 75, "exit code is not 75")
        stops += 1
    if stops == 0:
        return False
    for name, more in ((out, ["--resume", "--threads", "2"]), (f"{out}-whole", ["--threads", "1"])):
        ended = stage.ranks(1, [*words, *more, "--out", name])
        ended.expect(ended.code == 0, "failed")
    ended.expect(results(stage.directory / out, 3) == results(stage.directory / f"{out}-whole", 3),
                 "differs after a resume with other threads")
    return True


@case
def same_bytes_with_threads_of_a_dense_network(stage):
    same_bytes_with_threads(stage, "dense")


@case
def same_bytes_with_threads_on_images(stage):
    same_bytes_with_threads(stage, "images")


@case
def same_bytes_with_threads_on_sequences(stage):
    same_bytes_with_threads(stage, "sequences")


@case
def idle_ranks_lend_their_cores(stage):
    if len(os.sched_getaffinity(0)) < 2:
        skip("this machine has one core")
    # A training without end, stopped when that is seen.
    run = Running(stage, 2, [*SMALL, "--epochs", "1000000", "--members", "1", "--threads", "auto", "--out", "run"])
    logs = lambda: "".join(path.read_text() for path in (stage.directory / "run/logs").glob("*.log"))
    seen = run.wait_for(lambda: "goes on with 2 threads" in logs())
    send(signal.SIGUSR1, [run.process.pid])
    ended = run.ended()
    ended.expect(seen, "nobody was lent a core")
    ended.expect(ended.code == 75, "exit code is not 75").expect(logs().count("goes on with 2 threads") == 1, "lent more than once")


@case
def same_bytes_with_machines_and_means(stage):
    words = ["--data", "digits:train=300,test=100", "--net", "dense(32) sigmoid dense(16) sigmoid dropout(0.1)", "--init", "rbm",
             "--rbm-epochs", "2", "--rbm-cd", "2", "--clip-norm", "0.5", "--max-norm", "2", "--label-smoothing", "0.1", "--log-gradients",
             "--evaluate-with-dropout", "--bootstrap", "--epochs", "3", "--batch", "32", "--members", "5", "--seed", "3"]
    for average in ("swa:0.3", "ema:0.9"):
        found = []
        for ranks in (1, 2, 3):
            out = f"{average[:3]}{ranks}"
            ended = stage.ranks(ranks, [*words, "--weight-average", average, "--out", out])
            ended.expect(ended.code == 0, "failed")
            history = history_without_timings(stage.directory / out)
            ended.expect(all(len(line["gradient_norm"]) == 3 for line in history), "gradients are missing from the history")
            found.append((results(stage.directory / out, 5), history))
            ended.expect(found[-1] == found[0], "differs from one rank")
        again = stage.ranks(2, ["--config", f"{average[:3]}1/config.toml", "--out", f"{average[:3]}-again"])
        again.expect(results(stage.directory / f"{average[:3]}-again", 5) == found[0][0], "its config.toml does not repeat it")


@case
def machines_for_what_is_no_stack(stage):
    stage.refuses([*TINY, "--init", "rbm", "--net", "dense(8) skip[ dense(8) ]"], USAGE, "--init rbm", "column 10")
    stage.refuses([*TINY, "--init", "rbm", "--net", "logistic"], USAGE, "--init rbm", "no hidden dense layer")
    stage.refuses([*TINY, "--rbm-epochs", "3"], USAGE, "--rbm-epochs", "--init rbm")


def same_bytes_of(stage, words, members=3, numbers=(1, 2, 3), prefix="np"):
    reference = None
    for ranks in numbers:
        ended = stage.ranks(ranks, [*words, "--members", str(members), "--epochs", "2", "--seed", "5", "--out", f"{prefix}{ranks}"])
        ended.expect(ended.code == 0, "failed").expect(not ended.messages(), "complains")
        found = results(stage.directory / f"{prefix}{ranks}", members)
        reference = reference or found
        ended.expect(found == reference, "differs from one rank")


@case
def same_bytes_with_adversaries(stage):
    words = ["--data", "digits:train=300,test=100", "--net", "conv(4, 3) batchnorm relu maxpool(4) dropout(0.2)", "--batch", "32"]
    same_bytes_of(stage, [*words, "--vary", "adversarial=0,0.02"], numbers=(1, 3))
    same_bytes_of(stage, [*words, "--adversarial", "0.02", "--threads", "2"], numbers=(2,), prefix="all")
    varied, same = (results(stage.directory / run, 3)["members/0001.ckpt"] for run in ("np1", "all2"))
    if varied != same:
        give_up("a member is another one where all have its value")


@case
def same_bytes_of_snapshots(stage):
    words = ["--data", "digits:train=300,test=100", "--net", "dense(16) batchnorm relu dropout(0.2)", "--snapshots", "3", "--bootstrap",
             "--feature-fraction", "0.5", "--init", "xavier", "--epochs", "6", "--members", "6", "--batch", "32"]
    for ranks in (1, 3):
        stage.ranks(ranks, [*words, "--out", f"np{ranks}"]).expect((stage.directory / f"np{ranks}/summary.json").exists(), "failed")
    if results(stage.directory / "np1", 6) != results(stage.directory / "np3", 6):
        give_up("differs from one rank")
    members = json.loads((stage.directory / "np1/summary.json").read_text())["members"]
    if [member["epochs"] for member in members] != [2] * 6:
        give_up(f"cycles are not of a third of the epochs: {members}")
    # The first run is what it is without the second one.
    stage.ranks(1, [*words, "--members", "3", "--out", "first"])
    first, all = (results(stage.directory / out, 3) for out in ("first", "np1"))
    if any(first[name] != all[name] for name in first if name.startswith("members")):
        give_up("a run of snapshots depends on others")
    stage.refuses([*words, "--members", "7", "--out", "not"], USAGE, "--snapshots 3", "--members 9")
    stage.refuses([*words, "--epochs", "7", "--out", "not"], USAGE, "--snapshots 3", "--epochs 9")


@case
def same_bytes_of_a_table(stage):
    write_table(stage.directory / "train.csv", 90)
    write_table(stage.directory / "test.csv", 30, first=90)
    words = ["--data", "train.csv", "--test", "test.csv", "--target", "kind", "--net", "dense(8) relu"]
    same_bytes_of(stage, [*words, "--reduce", "pca:2"])
    summary = json.loads((stage.directory / "np3/summary.json").read_text())
    if summary["data"]["class_names"] != ["a", "b", "c"] or summary["data"]["shape"] != [2] or summary["data"]["test"] != 30:
        give_up(f"the summary describes other data: {summary['data']}")
    # From another directory, and with the files named as they were found.
    (stage.directory / "elsewhere").mkdir()
    inside = Stage(stage.mpirun, stage.program, stage.directory / "elsewhere")
    ended = inside.ranks(2, ["--config", "../np1/config.toml", "--out", "again"])
    ended.expect(ended.code == 0, "the configuration does not repeat the run")
    ended.expect(results(inside.directory / "again", 3) == results(stage.directory / "np1", 3), "the results differ")


def write_grouped_table(path, rows=150):
    """Rare and frequent kinds of rows, in groups of different size; returns the group of each row."""
    draw = random.Random(4)
    groups = [f"g{int(draw.random() ** 2 * 20)}" for _ in range(rows)]
    kinds = ["b" if row % 5 == 0 else "a" for row in range(rows)]
    lines = ["size,who,length,often,kind"]
    lines += [f"{draw.gauss(kind == 'b', 1):.4f},{group},{draw.gauss(0, 1):.4f},{row % 4},{kind}" for row, (group, kind) in
              enumerate(zip(groups, kinds))]
    path.write_text("\n".join(lines) + "\n")
    return groups


def rows_of_part(run, part):
    content = (run / f"predictions/{part}/rows.npy").read_bytes()
    return list(array.array("q", content[10 + int.from_bytes(content[8:10], "little"):]))


@case
def same_bytes_of_weights_and_groups(stage):
    groups = write_grouped_table(stage.directory / "t.csv")
    words = ["--data", "t.csv", "--target", "kind", "--weight", "often", "--group", "who", "--class-weight", "balanced", "--net",
             "dense(8) relu", "--patience", "1", "--calibrate", "none"]
    same_bytes_of(stage, words, numbers=(1, 2))
    run = stage.directory / "np1"
    parts = {part: rows_of_part(run, part) for part in ("validation", "test")}
    parts["train"] = sorted(set(range(150)) - set(parts["validation"]) - set(parts["test"]))
    seen = {part: {groups[row] for row in rows} for part, rows in parts.items()}
    if not all(seen.values()) or sum(map(len, seen.values())) != len(set(groups)):
        give_up(f"groups are in several parts: {seen}")
    ended = stage.ranks(1, [*words, "--seed", "5", "--dry-run"])
    ended.expect(f"groups    by who: {len(seen['train'])} training, {len(seen['validation'])} validation, "
                 f"{len(seen['test'])} test" in ended.out, "does not tell of the groups")
    ended.expect("weights   by often" in ended.out and "classes   weigh the same" in ended.out, "does not tell of the weights")
    ended = stage.ranks(2, ["--config", "np1/config.toml", "--out", "again"])
    ended.expect(ended.code == 0, "the configuration does not repeat the run")
    ended.expect(results(stage.directory / "again", 3) == results(run, 3), "the configuration makes another run")
    # Each of these makes a difference, and folds keep groups together.
    for index, other in enumerate((["--weight", "often"], ["--group", "who"], ["--class-weight", "balanced"])):
        left_out = [word for word in words if word not in other]
        out = f"without{index}"
        extra = ["--ignore", other[1]] if other[1] in ("often", "who") else []
        ended = stage.ranks(1, [*left_out, *extra, "--members", "3", "--epochs", "2", "--seed", "5", "--out", out])
        ended.expect(ended.code == 0, "failed")
        ended.expect(results(stage.directory / out, 3) != results(run, 3), f"{other[0]} changes nothing")
    same_bytes_of(stage, [*words, "--folds", "3"], numbers=(1, 2), prefix="folds")
    rows = rows_of_part(stage.directory / "folds1", "validation")
    bounds = json.loads((stage.directory / "folds1/summary.json").read_text())["data"]["fold_bounds"]
    folds = [{groups[row] for row in rows[first:end]} for first, end in zip(bounds, bounds[1:])]
    if len(folds) != 3 or bounds[-1] != len(rows) or sum(map(len, folds)) != len(set.union(*folds)):
        give_up(f"groups are in several folds: {folds}")


@case
def classes_keep_their_shares(stage):
    write_grouped_table(stage.directory / "t.csv")
    words = ["--data", "t.csv", "--target", "kind", "--ignore", "who,often", "--members", "1", "--epochs", "1"]
    for seed in ("1", "2", "3"):
        stage.ranks(1, [*words, "--seed", seed, "--out", f"run{seed}"]).expect(
            sum(row % 5 == 0 for row in rows_of_part(stage.directory / f"run{seed}", "test")) == 6, "a fifth of the test rows is not rare")
    if 'stratify = true' not in (stage.directory / "run1/config.toml").read_text():
        give_up("the configuration does not say that classes keep their shares")
    ended = stage.ranks(1, [*words, "--seed", "1", "--no-stratify", "--out", "not"])
    ended.expect(rows_of_part(stage.directory / "not", "test") != rows_of_part(stage.directory / "run1", "test"),
                 "--no-stratify changes nothing")
    stage.refuses(["--data", "t.csv", "--target", "size", "--ignore", "who,kind", "--stratify"], USAGE, "--stratify", "is a number")
    stage.refuses(["--data", "t.csv", "--target", "size", "--class-weight", "balanced"], USAGE, "--class-weight", "is a number")
    stage.refuses(["--data", "moons", "--weight", "size"], USAGE, "--weight size", "text tables")
    stage.refuses(["--data", "t.csv", "--weight", "length"], DATA, "t.csv, line ", "column 3 ('length')", "no weight")


@case
def denormals_are_zero(stage):
    """Weights of a silent feature halve in each step until they are denormal; rows in which it is loud tell."""
    if platform.machine() not in ("x86_64", "aarch64"):
        skip(f"how to flush denormal numbers to zero on {platform.machine()} is not known")
    features = {"train.npy": [0.0] * 40, "test.npy": [4e37, -4e37, 1e37, -1e37]}
    for name, values in features.items():
        write_npy(stage.directory / name, "<f4", (len(values), 1), values)
        write_npy(stage.directory / name.replace(".npy", "_labels.npy"), "<i4", (len(values),),
                  [row % 2 for row in range(len(values))])
    words = ["--data", "train.npy", "--target", "train_labels.npy", "--test", "test.npy", "--test-target", "test_labels.npy",
             "--standardize", "none", "--net", "flatten", "--optimizer", "sgd", "--lr", "0.5", "--weight-decay", "1",
             "--batch", "40", "--epochs", "132", "--members", "2", "--threads", "2"]
    ended = stage.ranks(2, [*words, "--out", "run"])
    ended.expect(ended.code == 0, "failed")
    content = (stage.directory / "run/predictions.npy").read_bytes()[-4 * 2 * 4:]  # of four rows and two classes
    rows = {content[start:start + 8] for start in range(0, len(content), 8)}
    ended.expect(len(rows) == 1, f"weights that should be 0 make {len(rows)} predictions of four rows")


@case
def same_bytes_of_augmented_arrays(stage):
    rows, side = 60, 12
    labels = [row % 3 + 4 for row in range(rows)]
    images = [255 if (row % 3) * 4 <= pixel % side < (row % 3) * 4 + 3 else 7 * row % 50 for row in range(rows)
              for pixel in range(side * side)]
    write_npy(stage.directory / "x.npy", "|u1", (rows, side, side), images)
    write_npy(stage.directory / "y.npy", "<i4", (rows,), labels)
    words = ["--data", "x.npy", "--target", "y.npy", "--test", "x.npy", "--test-target", "y.npy", "--net", "dense(8) relu"]
    same_bytes_of(stage, [*words, "--batch", "16", "--augment", "shift:1,rotate:10,scale:0.1,elastic:2", "--bootstrap"])


@case
def same_bytes_in_bf16(stage):
    needs_bf16()
    net = "conv(16, 3) relu maxpool(2) dropout(0.1) conv(16, 3) relu maxpool(2) flatten dense(32) relu"
    words = ["--data", "digits:train=300,test=100", "--net", net, "--batch", "64", "--precision", "bf16"]
    same_bytes_of(stage, words)
    summary = json.loads((stage.directory / "np2/summary.json").read_text())
    if summary["config"]["precision"] != "bf16":
        give_up("the summary tells another precision")
    ended = stage.ranks(2, ["--config", "np1/config.toml", "--out", "again"])
    ended.expect(results(stage.directory / "again", 3) == results(stage.directory / "np1", 3), "its config.toml does not repeat it")
    ended = stage.ranks(2, ["--config", "np1/config.toml", "--precision", "f32", "--out", "f32"])
    ended.expect(results(stage.directory / "f32", 3) != results(stage.directory / "np1", 3), "f32 is the same as bf16")


@case
def processors_without_bf16(stage):
    words = [*TINY, "--precision", "bf16"]
    for ranks in (1, 3):
        stage.refuses(words, USAGE, "--precision bf16", "AVX512_BF16", "f32", ranks=ranks, prefix=WITHOUT_BF16)


@case
def one_processor_of_several_without_bf16(stage):
    needs_bf16()
    words = [*TINY, "--precision", "bf16"]
    before = stage.content()
    ended = stage.execute([stage.mpirun, "-np", "2", stage.program, *words, ":", "-np", "1", *WITHOUT_BF16, stage.program, *words])
    ended.expect(ended.code == USAGE, f"exit code is not {USAGE}")
    check_message(ended, "--precision bf16", "AVX512_BF16")
    ended.expect(stage.content() == before, "something was written")


def write_sequences(directory):
    """Options of a training with every layer on sequences; writes its data."""
    rows, steps, features = 60, 6, 4
    labels = [row % 3 for row in range(rows)]
    values = [(row * 7 + at * 13) % 29 / 29 + (row % 3) * (at < features) for row in range(rows) for at in range(steps * features)]
    write_npy(directory / "x.npy", "<f4", (rows, steps, features), values)
    write_npy(directory / "y.npy", "<i4", (rows,), labels)
    net = "split[ lstm(5, sequence) | gru(4, sequence) ] dropout(0.1) skip[ rnn(9, sequence) ] rnn(6) maxout(5, 2) columns(3, 2, -1, 2)"
    return ["--data", "x.npy", "--target", "y.npy", "--batch", "16", "--net", net]


# Every layer on images, by both ways of convolving, pooled in slices and not, in nested blocks.
IMAGES = ["--data", "digits:train=90,test=60", "--batch", "30", "--weight-average", "ema:0.9", "--augment", "shift:1,flip:0.5", "--tta", "2",
          "--net",
          "conv(16, 3) batchnorm relu repeat(2)[ skip[ conv(16, 3) batchnorm elu conv(16, 3) ] tanh ] dropout(0.1) "
          "split[ maxpool(2) conv(16, 3, 2, valid) gelu | avgpool(2) skip[ conv(5, 5) leaky_relu ] conv(3, 3, 2, valid) silu ] "
          "conv(16, 1) sigmoid split[ avgpool | maxpool(3) flatten dense(8) batchnorm softplus ] maxout(6, 2)"]


@case
def same_bytes_of_sequences(stage):
    same_bytes_of(stage, write_sequences(stage.directory), members=9, numbers=(1, 2, 3, 8))


@case
def same_bytes_of_numbers(stage):
    """Two targets; what they are learnt with and who trains makes no difference to whom."""
    lines = [f"{row},{row * 7 % 13},{row * 3.7 + row * 7 % 13:.2f},{1e-3 * (row * 5 % 17):.4f}" for row in range(90)]
    (stage.directory / "table.csv").write_text("a,b,y,z\n" + "\n".join(lines) + "\n")
    for loss, numbers in (("gaussian", (1, 2, 3, 8)), ("squared", (1, 3))):
        words = ["--data", "table.csv", "--target", "z,y", "--loss", loss, "--batch", "20", "--net", "dense(8) relu"]
        same_bytes_of(stage, words, members=5, numbers=numbers, prefix=loss)
        summary = json.loads((stage.directory / f"{loss}1/summary.json").read_text())
        if summary["data"]["targets"] != ["z", "y"] or "crps" not in summary["ensemble"]["mixture"]:
            give_up("the summary tells other targets or metrics")


@case
def same_bytes_of_members_that_differ(stage):
    """In network, rows and settings, listed and drawn; on any number of ranks and taken up again."""
    words = ["--data", "moons:train=210,test=60", "--net", "dense(8) relu dropout(0.2)", "--net", "dense(40) tanh", "--folds", "3",
             "--vary", "optimizer=adam,momentum", "--momentum", "0.5", "--vary", "lr=1e-3..1e-1", "--batch", "20"]
    same_bytes_of(stage, words, members=9, numbers=(1, 2, 3, 8), prefix="mixed")
    whole = stage.directory / "mixed1"
    summary = json.loads((whole / "summary.json").read_text())
    settings = [(member["net"], member["settings"]["optimizer"]) for member in summary["members"]]
    if len(set(settings)) != 3 or settings[0::3] != settings[2::3] or len({m["settings"]["lr"] for m in summary["members"]}) != 3:
        give_up(f"members have other settings: {settings}")
    if summary["ensemble"]["out_of_fold"]["rows"] != 210:
        give_up("not all rows are predicted by a member that was not trained on them")
    for member in range(9):
        numbers = array.array("f", (whole / f"predictions/validation/{member:04}.npy").read_bytes()[-210 * 2 * 4:])
        known = [row for row in range(210) if not math.isnan(numbers[2 * row])]
        if known != list(range(70 * (member % 3), 70 * (member % 3) + 70)):
            give_up(f"member {member} predicts rows of other folds")
    reference = results(whole, 9)
    ended = stage.ranks(3, ["--config", "mixed2/config.toml", "--out", "again"])
    ended.expect(ended.code == 0 and results(stage.directory / "again", 9) == reference, "the configuration does not repeat the run")
    for name in ["summary.json", "members/0002.ckpt", "members/0007.ckpt"]:
        (whole / name).unlink()
    ended = stage.ranks(2, ["--resume", "--out", "mixed1"])
    ended.expect(ended.code == 0, "failed").expect(not ended.messages(), "complains")
    ended.expect(results(whole, 9) == reference, "members that are trained again are others")
    stage.refuses([*words, "--folds", "4", "--resume", "--out", "mixed1"], USAGE, "--resume", "--folds 3, not 4")


@case
def same_bytes_of_images(stage):
    same_bytes_of(stage, IMAGES, members=9, numbers=(1, 2, 3, 8))


def train_every_layer(stage, words, threads, out):
    ended = stage.ranks(1, [*words, "--epochs", "1", "--members", "1", "--threads", threads, "--checkpoint-every", "1", "--out", out])
    return ended.expect(ended.code == 0, "failed").expect(not ended.messages(), "complains")


@case
def every_layer(stage):
    """On one rank without mpirun, which the sanitizers can watch."""
    for out, words in (("images", IMAGES), ("sequences", write_sequences(stage.directory))):
        for threads in ("1", "2"):
            ended = train_every_layer(stage, words, threads, f"{out}-{threads}")
        one, two = (results(stage.directory / f"{out}-{threads}", 1) for threads in ("1", "2"))
        ended.expect(one == two, "two threads make other bytes than one")


@case
def every_layer_in_bf16(stage):
    needs_bf16()
    for out, words in (("images", IMAGES), ("sequences", write_sequences(stage.directory))):
        train_every_layer(stage, [*words, "--precision", "bf16"], "2", out)


@case
def many_short_runs(stage, count=5, seed=1):
    """Each of another kind and number of ranks; with 2,000, beside other work, what happens once in a thousand starts is seen."""
    kinds = [["--data", "moons", "--members", "2", "--epochs", "4"],
             ["--data", "spirals", "--members", "5", "--bootstrap", "--combine", "vote", "--epochs", "3", "--net", "dense(16) tanh"],
             ["--data", "digits:train=300,test=100", "--members", "3", "--epochs", "1", "--net", "conv(4, 3) batchnorm relu maxpool(2)"],
             ["--data", "digits:train=200,test=100", "--members", "2", "--epochs", "1", "--net", "lstm(8)", "--threads", "2"],
             ["--data", "xor", "--members", "9", "--epochs", "2", "--net", "dense(8) relu dropout(0.2)", "--patience", "1"]]
    references = {}
    for this in range(seed, seed + count):
        kind = this % len(kinds)
        words, members = kinds[kind], int(kinds[kind][kinds[kind].index("--members") + 1])
        if kind not in references:
            stage.ranks(1, [*words, "--out", f"kind{kind}"]).expect(stage.directory.joinpath(f"kind{kind}/summary.json").exists(), "failed")
            references[kind] = results(stage.directory / f"kind{kind}", members)
        out, ranks = f"run{this}", random.Random(this).randint(2, 8)
        ended = stage.ranks(ranks, [*words, "--out", out])
        ended.expect(ended.code == 0, f"seed {this}: failed").expect(not ended.messages(), f"seed {this}: complains")
        ended.expect(results(stage.directory / out, members) == references[kind], f"seed {this}: other bytes than on one rank")
        shutil.rmtree(stage.directory / out)
    print(f"{count} of {count} runs of 2 to 8 ranks ended with 0 and the bytes of one rank, seeds {seed} to {seed + count - 1}")


@case
def more_ranks_than_members(stage):
    for ranks in (1, 8):
        ended = stage.ranks(ranks, [*TINY, "--members", "1", "--out", f"np{ranks}"])
        ended.expect(ended.code == 0, "failed")
    if results(stage.directory / "np1", 1) != results(stage.directory / "np8", 1):
        give_up("one member on eight ranks is another member")


# Wrong usage: exit code 2.


@case
def unknown_option(stage):
    stage.refuses([*TINY, "--memmbers", "3"], USAGE, "--memmbers", "--members")


@case
def option_without_value(stage):
    stage.refuses([*TINY, "--lr"], USAGE, "--lr")


@case
def bad_notation(stage):
    for net, place in (("dense(32) rellu", "column 11"), ("dense(32", "column"), ("dense(32) ]", "column 11"),
                       ("dense(32)\nrelu dropout(1.5)", "line 2, column 6"), ("", "network"), ("skip[dense(8)", "column")):
        stage.refuses([*TINY, "--net", net], USAGE, place)


@case
def shapes_that_do_not_fit(stage):
    stage.refuses([*TINY, "--net", "dense(8) conv(4, 3)"], USAGE, "column 10", "conv")
    stage.refuses(["--data", "digits:train=90,test=30", "--sequence", "112x7", "--net", "maxpool(4) maxpool"], USAGE, "column 12", "28×")
    stage.refuses([*TINY, "--net", "dense(99999999999)"], USAGE, "column")
    stage.refuses([*TINY, "--net", "repeat(1000000)[dense(100000)]"], USAGE)


@case
def paths_behind_links(stage):
    """Behind a link ".." is where the link leads, not where it lies."""
    (stage.directory / "a/b").mkdir(parents=True)
    (stage.directory / "link").symlink_to("a/b")
    write_table(stage.directory / "a/t.csv", 90)
    write_table(stage.directory / "t.csv", 30)
    words = ["--data", "link/../t.csv", "--target", "kind", "--net", "dense(4)", "--members", "1", "--epochs", "1"]
    stage.ranks(1, [*words, "--out", "link/../run"]).expect((stage.directory / "a/run/summary.json").exists(), "went elsewhere")
    data = json.loads((stage.directory / "a/run/summary.json").read_text())["data"]
    if data["train"] + data["validation"] + data["test"] != 90:
        give_up(f"read another file: {data}")


@case
def counts_that_are_not_positive(stage):
    for option in ("--members", "--epochs", "--batch", "--threads"):
        for value in ("0", "-3"):
            stage.refuses([*TINY, option, value], USAGE, option)
    for data in ("moons:train=0", "moons:train=-5", "digits:test=0"):
        stage.refuses([*TINY, "--data", data], USAGE, "--data")


@case
def values_out_of_range(stage):
    for option, value in (("--lr", "0"), ("--lr", "nan"), ("--lr", "fast"), ("--validation-fraction", "1.5"),
                          ("--test-fraction", "1.5"), ("--optimizer", "adamm"), ("--schedule", "linear"), ("--init", "she"),
                          ("--members", "99999999999999999999"), ("--seed", "-1"), ("--combine", "fuse")):
        stage.refuses([*TINY, option, value], USAGE, option)


@case
def members_that_cannot_be_enough(stage):
    words = [*TINY, "--out", "not", "--stop-when"]
    stage.refuses([*words, "0.001"], USAGE, "--stop-when 0.001", "from 4 on, and there are 4", "--members 5 or more")
    stage.refuses([*words, "0.001", "--members", "9", "--folds", "3"], USAGE, "--stop-when 0.001", "--folds 3")
    stage.refuses([*words, "0.001", "--members", "12", "--snapshots", "2", "--vary", "lr=0.1,0.01"], USAGE, "--members 17 or more")
    for value in ("0", "-1", "nan", "much"):
        stage.refuses([*words, value, "--members", "9"], USAGE, "--stop-when")


@case
def bad_configuration_file(stage):
    (stage.directory / "bad.toml").write_text("members = 3\nlearning = 5\n")
    stage.refuses([*TINY, "--config", "bad.toml"], USAGE, "bad.toml", "learning")
    (stage.directory / "bad.toml").write_text("members = [\n")
    stage.refuses([*TINY, "--config", "bad.toml"], USAGE, "bad.toml")
    stage.refuses([*TINY, "--config", "none.toml"], USAGE, "none.toml")


@case
def unwritable_output(stage):
    (stage.directory / "file").write_text("x")
    stage.refuses([*TINY, "--out", "file"], USAGE, "file")
    stage.refuses([*TINY, "--out", "file/run"], USAGE, "file/run")
    stage.refuses([*TINY, "--out", "/proc/run"], USAGE, "/proc/run")
    stage.refuses([*TINY, "--out", "x" * 300], USAGE, "--out")
    stage.refuses([*TINY, "--out", os.fsdecode(b"out\xff")], USAGE, "UTF-8")
    stage.refuses([*TINY, "--out", ""], USAGE, "--out: is empty")


@case
def output_that_may_not_be_written(stage):
    (stage.directory / "closed").mkdir(mode=0o555)
    for out in ("closed", "closed/run"):
        stage.refuses([*TINY, "--out", out], USAGE, out, "Permission denied", prefix=obeying_permissions(stage))


@case
def finished_run_directory(stage):
    stage.ranks(4, [*TINY, "--out", "run"]).expect((stage.directory / "run/summary.json").is_file(), "first run failed")
    stage.refuses([*TINY, "--out", "run"], USAGE, "'run'", "--out")
    stage.refuses([*TINY, "--seed", "9", "--out", "run"], USAGE, "'run'")


@case
def a_dry_run_writes_nothing(stage):
    before = stage.content()
    ended = stage.ranks(4, [*TINY, "--dry-run", "--out", "run"])
    ended.expect(ended.code == 0, "failed").expect(stage.content() == before, "something was written")
    ended.expect("rank" in ended.out, "no plan is printed")


@case
def help_is_printed_once(stage):
    for words, text in ((["--help"], "--members"), (["--version"], "ensemble_train")):
        ended = stage.ranks(4, words)
        ended.expect(ended.code == 0 and not ended.messages(), "failed")
        ended.expect(text in ended.out and ended.out.count(ended.out.splitlines()[0]) == 1, "not printed exactly once")


@case
def processes_that_are_worlds_of_one(stage):
    before = stage.content()
    for size, index in (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK"),
                        ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID")):
        for rank in range(3):
            ended = stage.execute([stage.program, *TINY], **{size: "3", index: str(rank)})
            ended.expect(ended.code == USAGE, "exit code is not 2")
            if rank == 0:
                check_message(ended, f"{size}=3")
            else:
                ended.expect(not ended.messages(), "more than one process speaks")
    if stage.content() != before:
        give_up("something was written")


# Failures of the run: exit code 4.


@case
def full_disk(stage):
    disk = stage.directory / "disk"
    disk.mkdir()
    fill = "mount -t tmpfs -o size=256k tmpfs \"$0\" && \"$@\"; code=$?; ls -R \"$0\" >listing; exit $code"
    prefix = ["unshare", "--mount", "sh", "-c", fill, str(disk)]
    if os.geteuid() != 0:
        prefix[1:1] = ["--user", "--map-root-user"]
    if stage.execute([*prefix, "true"]).code != 0:
        skip("a small file system of its own needs privileges, or user namespaces")
    for ranks in (1, 4):
        ended = stage.ranks(ranks, [*SMALL, "--members", "8", "--out", "disk/run"], prefix)
        ended.expect(ended.code == RUN, "exit code is not 4")
        check_message(ended, "disk/run/members/", "No space left", "--resume")
        names = (stage.directory / "listing").read_text().split()
        ended.expect("summary.json" not in names and "predictions.npy" not in names, "a run that failed looks complete")
        ended.expect("0000.ckpt" not in names, "half a member has a whole member's name")


@case
def every_member_diverges(stage):
    for ranks in (1, 4):
        ended = stage.ranks(ranks, [*TINY, "--optimizer", "sgd", "--lr", "1e30", "--out", f"np{ranks}"])
        ended.expect(ended.code == RUN, "exit code is not 4")
        check_message(ended, "diverged", "--lr")
        for name in ("summary.json", "predictions.npy", "votes.npy"):
            ended.expect(not (stage.directory / f"np{ranks}" / name).exists(), f"{name} was written")


@case
def some_members_diverge(stage):
    """The learning rate at which some diverge and others do not depends on the machine: try."""
    words = ["--data", "moons:train=200,test=60", "--net", "dense(16) relu dense(16) relu", "--optimizer", "sgd", "--epochs",
             "3", "--members", "8", "--seed", "7"]
    for lr in (400, 600, 1000, 200, 1500, 100, 50, 20):
        ended = stage.ranks(1, [*words, "--lr", str(lr), "--out", f"lr{lr}"])
        if ended.code == RUN:
            continue
        summary = json.loads((stage.directory / f"lr{lr}/summary.json").read_text())
        aside = [member["index"] for member in summary["members"] if member["excluded"]]
        if aside:
            break
    else:
        give_up("no learning rate makes some members diverge and others not")
    ended.expect(ended.code == 0, "failed")
    for index in aside:
        ended.expect(re.search(rf"member {index}\b.* excluded", ended.out), f"member {index} is not named")
    for ranks in (2, 4):
        again = stage.ranks(ranks, [*words, "--lr", str(lr), "--out", f"np{ranks}"])
        again.expect(again.code == 0, "failed")
        again.expect(results(stage.directory / f"np{ranks}", 8) == results(stage.directory / f"lr{lr}", 8),
                     "differs from one rank")


if __name__ == "__main__":
    main(CASES)
