#!/usr/bin/env python3
"""Reads the event files of ensemble_train --tensorboard with another implementation of protobuf and CRC-32C, and holds them against
the run's other files.

run_events.py MPIRUN PROGRAM CASE runs one case in a scratch directory; `run_events.py --list` names them. Needs Google's
protobuf for Python (python3-protobuf).
"""
import json
import math
import random
import shutil
import signal
import sys

sys.dont_write_bytecode = True
import event_files as events
from run_stopped import KILLS, WORDS, Running, send
from run_survival import Watched
from stage import USAGE, case_of, give_up, history_without_timings, main, results, write_npy

MEMBERS = 4
LOOK = ["--tensorboard"]
SIDE = 6  # of the images below
IMAGES = 40

CASES = {}
case = case_of(CASES)


def expect(holds, what):
    if not holds:
        give_up(what)


def close(a, b, tolerance=1e-6):
    """As numbers in single precision, both undefined or nearly the same."""
    return math.isnan(a) and math.isnan(b) or abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-30)


def read(stage, out, members=MEMBERS):
    """The events of every run in a directory, by its name, which are those of the members and of the ensemble."""
    place = stage.directory / out / "tensorboard"
    names = [f"member-{index:04}" for index in range(members)]
    found = sorted(path.name for path in place.iterdir())
    expect(found == ["ensemble", *names], f"directories are {found}")
    return {name: events.events_of(place / name) for name in found}


def train(stage, ranks, words, out):
    ended = stage.ranks(ranks, [*words, *LOOK, "--out", out])
    return ended.expect(ended.code == 0, "failed").expect(not ended.messages(), "complains")


def write_images(path):
    """Grey images of bytes that tell their number, and the largest and smallest byte in each; in two classes."""
    pixels = [(7 * image + 13 * place) % 251 if place > 1 else 255 * place for image in range(IMAGES) for place in range(SIDE * SIDE)]
    write_npy(path / "images.npy", "|u1", (IMAGES, SIDE, SIDE), pixels)
    write_npy(path / "kinds.npy", "<i4", (IMAGES,), [image % 2 for image in range(IMAGES)])
    return [bytes(pixels[image * SIDE * SIDE:(image + 1) * SIDE * SIDE]) for image in range(IMAGES)]


def check_scalars(stage, out, name, values, task=("accuracy",)):
    """Against the history and the summary."""
    index = int(name[-4:])
    for line in history_without_timings(stage.directory / out):
        if line["member"] != index:
            continue
        for tag, key in (("loss/train", "train_loss"), ("loss/validation", "validation_loss"),
                         (f"{task[0]}/validation", f"validation_{task[0]}"), ("learning_rate", "lr")):
            expect(close(values[tag][line["epoch"]], line[key]), f"{name}: {tag} of epoch {line['epoch']} is {values[tag][line['epoch']]}")
    summary = json.loads((stage.directory / out / "summary.json").read_text())
    member = summary["members"][index]
    for metric, value in member["test"].items():
        if isinstance(value, float):
            found = values[f"test/{metric}"]
            expect(list(found) == [member["epochs"]] and close(found[member["epochs"]], value), f"{name}: test/{metric} is {found}")


def check_histogram(name, histogram, count=None):
    expect(len(histogram.bucket) == len(histogram.bucket_limit), f"{name}: buckets and limits do not belong together")
    expect(sum(histogram.bucket) == histogram.num, f"{name}: its buckets do not add up")
    expect(count is None or histogram.num == count, f"{name}: has {histogram.num} numbers, not {count}")
    limits = list(histogram.bucket_limit)
    expect(limits == sorted(set(limits)), f"{name}: limits do not ascend")
    first = next(place for place, count in enumerate(histogram.bucket) if count > 0)
    expect((first == 0 or limits[first - 1] <= histogram.min) and histogram.min <= limits[first], f"{name}: the first bucket does not hold the least")
    expect(limits[-2] <= histogram.max <= limits[-1], f"{name}: the last bucket does not hold the largest")
    mean = histogram.sum / histogram.num
    expect(histogram.min <= mean <= histogram.max and histogram.sum_squares >= histogram.sum ** 2 / histogram.num * (1 - 1e-9),
           f"{name}: its moments cannot be")


@case
def what_is_written_of_images(stage):
    originals = write_images(stage.directory)
    net = "conv(3, 3) relu maxpool(2) skip[ conv(4, 3) relu ] split[ dense(5) | dense(6) tanh ] repeat(2)[ dense(7) sigmoid dropout(0.2) ]"
    words = ["--data", "images.npy", "--target", "kinds.npy", "--net", net, "--vary", "lr=0.01,0.002", "--epochs", "60", "--batch", "10",
             "--members", str(MEMBERS), "--seed", "3"]
    train(stage, 2, words, "run")
    found = read(stage, "run")
    batches = 3
    looks = list(range(0, 61, 17))  # every so many epochs that there are 50 updates in between
    for name in sorted(found)[1:]:
        first, *others = found[name]
        expect(first.file_version == "brain.Event:2", f"{name} begins otherwise than every event file")
        steps = [event.step for event in others]
        expect(steps == sorted(steps), f"{name}: steps do not ascend")
        values = events.values_of(found[name])
        check_scalars(stage, "run", name, values)
        # conv1 3x3x1x3+3 · skip1: conv2 3x3x3x4+4 and a projection 3x4+4 · split1: dense1 36x5+5, dense2 36x6+6 · dense3, dense4, dense5.
        counts = {"conv1/weight": 27, "conv1/bias": 3, "skip1/conv2/weight": 108, "skip1/conv2/bias": 4, "skip1/projection/weight": 12,
                  "skip1/projection/bias": 4,
                  "split1/dense1/weight": 180, "split1/dense1/bias": 5, "split1/dense2/weight": 216, "split1/dense2/bias": 6,
                  "repeat1/dense3/weight": 77, "repeat1/dense3/bias": 7, "repeat1/dense4/weight": 49, "repeat1/dense4/bias": 7,
                  "dense5/weight": 14, "dense5/bias": 2}
        rows = 10
        left = {"conv1": 108, "relu1": 108, "maxpool1": 27, "skip1/conv2": 36, "skip1/relu2": 36, "skip1": 36, "split1/dense1": 5,
                "split1/dense2": 6, "split1/tanh1": 6, "split1": 11, "repeat1/dense3": 7, "repeat1/sigmoid1": 7, "repeat1/dropout1": 7,
                "repeat1/dense4": 7, "repeat1/sigmoid2": 7, "repeat1/dropout2": 7, "dense5": 2}
        for group, sizes in (("parameters", counts), ("gradients", counts), ("activations", {layer: rows * size for layer, size in left.items()})):
            tags = {tag for tag in values if tag.startswith(f"{group}/")}
            expect(tags == {f"{group}/{layer}" for layer in sizes}, f"{name} has {sorted(tags)}")
            for layer, count in sizes.items():
                series = values[f"{group}/{layer}"]
                expect(list(series) == looks, f"{name}: {group}/{layer} is looked at after epochs {list(series)}")
                for histogram in series.values():
                    check_histogram(f"{group}/{layer}", histogram, count)
        check_graph(name, [event for event in others if event.graph_def], left)
    check_samples(found["ensemble"], originals)
    check_settings(found)
    check_ensemble(stage, found["ensemble"], 60)


def check_graph(name, graphs, left):
    expect(len(graphs) == 1, f"{name} has {len(graphs)} graphs")
    nodes = {node.name: node for node in events.parse("GraphDef", graphs[0].graph_def).node}
    expect(set(nodes) == {"input", *left}, f"{name}: the graph has {sorted(nodes)}")
    inputs = {layer: list(node.input) for layer, node in nodes.items()}
    expect(inputs["input"] == [] and inputs["conv1"] == ["input"] and inputs["maxpool1"] == ["relu1"], f"the graph begins with {inputs}")
    expect(inputs["skip1"] == ["skip1/relu2", "maxpool1"], f"the skip joins {inputs['skip1']}")
    expect(inputs["split1"] == ["split1/dense1", "split1/tanh1"], f"the split joins {inputs['split1']}")
    expect(inputs["split1/dense1"] == ["skip1"] and inputs["split1/dense2"] == ["skip1"], "branches do not read what is split")
    expect(inputs["repeat1/dense3"] == ["split1"] and inputs["repeat1/dense4"] == ["repeat1/dropout1"], "copies are not one behind the other")
    for layer, node in nodes.items():
        (shape,) = node.attr["_output_shapes"].list.shape
        sizes = [dim.size for dim in shape.dim]
        expect(sizes[0] == -1 and (layer == "input" or math.prod(sizes[1:]) == left[layer]), f"{layer} has the shape {sizes}")
    expect(nodes["skip1/conv2"].op == "conv" and nodes["skip1/conv2"].attr["layer"].s == b"conv(4, 3)", "a node is not what it is")
    expect(nodes["skip1"].attr["parameters"].i == 16 and nodes["conv1"].attr["parameters"].i == 30, "parameters are not where they belong")


def check_samples(ensemble, originals):
    samples = [value for event in ensemble for value in event.summary.value if value.HasField("image")]
    expect(len(samples) == 16, f"{len(samples)} samples are shown")
    for value in samples:
        row, kind = value.metadata.display_name.removeprefix("row ").split(": ")
        expect(int(kind) == int(row) % 2, f"{value.metadata.display_name} is of the other class")
        expect((value.image.height, value.image.width) == (SIDE, SIDE), "a sample has another size")
        expect(events.pixels_of(value.image) == originals[int(row)], f"{value.metadata.display_name} is another image")


def check_settings(found):
    for name in sorted(found)[1:]:
        told = [events.hyperparameters_of(value) for event in found[name] for value in event.summary.value if value.tag.startswith("_hparams_/")]
        expect([data.WhichOneof("alternatives") for data in told] == ["session_start_info", "session_end_info"], f"{name}: {told}")
        start, end = told[0].session_start_info, told[1].session_end_info
        expect(start.hparams["lr"].number_value == (0.01, 0.002)[int(name[-4:]) % 2], f"{name} has another learning rate")
        expect(start.hparams["batch"].number_value == 10 and start.hparams["bootstrap"].bool_value is False, f"{name}: {start}")
        expect(start.hparams["net"].string_value.startswith("conv(3, 3)") and start.group_name == name, f"{name}: {start}")
        expect(end.status == 1 and end.end_time_secs >= start.start_time_secs > 1e9, f"{name}: {end}")


def check_ensemble(stage, ensemble, epochs):
    summary = json.loads((stage.directory / "run/summary.json").read_text())["ensemble"]
    values = events.values_of(ensemble)
    for kind, scores in summary.items():
        for metric, value in scores.items() if isinstance(scores, dict) else ():
            if isinstance(value, float) and f"combinations/{kind}/{metric}" in values:
                expect(close(values[f"combinations/{kind}/{metric}"][epochs], value), f"{metric} of {kind} is another")
    for metric in ("accuracy", "nll", "brier"):
        expect(close(values[f"test/{metric}"][epochs], summary["average"][metric]), f"{metric} of the ensemble is another")
        expect(f"combinations/average/{metric}" in values, f"there is no {metric} of the average")


@case
def what_is_written_of_numbers(stage):
    rows = ["x,y"] + [f"{0.1 * row},{math.sin(0.1 * row)}" for row in range(120)]
    (stage.directory / "sine.csv").write_text("\n".join(rows) + "\n")
    words = ["--data", "sine.csv", "--net", "dense(8) tanh", "--epochs", "3", "--members", str(MEMBERS)]
    train(stage, 1, words, "run")
    found = read(stage, "run")
    for name in sorted(found)[1:]:
        check_scalars(stage, "run", name, events.values_of(found[name]), task=("rmse",))
    expect(not any(value.HasField("image") for event in found["ensemble"] for value in event.summary.value), "numbers are shown as images")


@case
def a_dying_sigmoid_is_seen(stage):
    # Sigmoids pass on at most a quarter of a gradient, layer by layer; relu all of it.
    deviations = {}
    for kind in ("sigmoid", "relu"):
        words = ["--data", "digits:train=600,test=100", "--net", f"repeat(6)[ dense(32) {kind} ]", "--epochs", "2", "--batch", "10",
                 "--members", "1"]
        train(stage, 1, words, kind)
        values = events.values_of(read(stage, kind, members=1)["member-0000"])
        layers = ["repeat1/dense1", *(f"repeat1/dense{layer}" for layer in range(2, 7)), "dense7"]
        deviations[kind] = [events.deviation(values[f"gradients/{layer}/weight"][0]) for layer in layers]
        activations = [values[f"activations/repeat1/{kind}{layer}"][2] for layer in range(1, 7)]
        expect(all(histogram.min >= 0 for histogram in activations), f"{kind} leaves negative numbers")
    expect(deviations["sigmoid"][0] < 1e-3 * deviations["sigmoid"][-1], f"no gradient dies: {deviations['sigmoid']}")
    expect(deviations["relu"][0] > 0.05 * deviations["relu"][-1], f"gradients die: {deviations['relu']}")


@case
def same_events_on_any_number_of_ranks(stage):
    words = [*WORDS, "--patience", "2", "--bootstrap", "--feature-fraction", "0.7"]
    reference = None
    for ranks in (1, 2, 3):
        train(stage, ranks, words, f"np{ranks}")
        found = {name: events.without_times(read_events) for name, read_events in read(stage, f"np{ranks}").items()}
        reference = reference or found
        differing = [name for name in found if found[name] != reference[name]]
        expect(not differing, f"{ranks} ranks write other events of {differing} than one")
    train(stage, 1, [*words, "--threads", "2"], "threads")
    expect(reference == {name: events.without_times(read_events) for name, read_events in read(stage, "threads").items()},
           "two threads write other events than one")


@case
def results_are_the_same_without(stage):
    words = ["--data", "digits:train=300,test=100", "--net", "conv(4, 3) batchnorm relu maxpool(2) dense(16) relu dropout(0.2)",
             "--weight-average", "swa:0.5", "--epochs", "4", "--members", str(MEMBERS)]
    found = []
    for name, more in (("with", LOOK), ("without", [])):
        ended = stage.ranks(2, [*words, *more, "--out", name])
        ended.expect(ended.code == 0, "failed")
        directory = stage.directory / name
        found.append((results(directory, MEMBERS), history_without_timings(directory), (directory / "config.toml").read_text(),
                      json.loads((directory / "origin.json").read_text())))
        expect((directory / "tensorboard").exists() == (name == "with"), "event files are where nobody asked for them, or not where somebody did")
    expect(found[0] == found[1], "--tensorboard changes what comes out")


def check_readable(place):
    """Whatever was cut short, what stands before can be read."""
    count = 0
    for run in sorted(place.glob("*/")):
        for file in events.files_of(run):
            contents, _ = events.records_in(file.read_bytes())
            count += len([events.parse("Event", content) for content in contents])
    return count


@case
def killed_runs_go_on_without_a_step_twice(stage):
    train(stage, 2, WORDS, "whole")
    whole = {name: events.without_times(found) for name, found in read(stage, "whole").items()}
    chance = random.Random(5)
    epochs = MEMBERS * 12
    seen, kills = 0, 0
    for attempt in range(KILLS):
        out = f"run{attempt}"
        moments = sorted(chance.sample(range(epochs), 2))
        words = [*WORDS, *LOOK, "--resume", "--out", out]
        history = stage.directory / out / "history.jsonl"
        for moment in moments:
            run = Running(stage, 2, words)
            run.wait_for(lambda: history.exists() and history.read_bytes().count(b"\n") >= moment)
            kills += send_kill(run)
            run.ended(in_start=lambda: not history.exists())
            if (stage.directory / out / "tensorboard").exists():
                seen += check_readable(stage.directory / out / "tensorboard")
        ended = stage.ranks(1, words)
        ended.expect(ended.code == 0, "cannot be gone on with")
        found = {name: events.without_times(read_events) for name, read_events in read(stage, out).items()}
        differing = [name for name in found if found[name] != whole[name]]
        expect(not differing, f"after kills at {moments} epochs other events of {differing} than in a run never killed")
        shutil.rmtree(stage.directory / out)
    expect(seen > 0 and kills > 0, "nothing was written before any kill")


def send_kill(run):
    """Kills all ranks; whether there was any."""
    ranks = run.ranks()
    send(signal.SIGKILL, [*ranks, run.process.pid])
    return len(ranks) > 0


@case
def who_takes_over_a_lost_rank_goes_on_with_its_files(stage):
    train(stage, 3, WORDS, "whole")
    whole = {name: events.without_times(found) for name, found in read(stage, "whole").items()}
    taken_over = 0
    for attempt in range(KILLS):
        out = f"run{attempt}"
        run = Watched(stage, out, [*WORDS, *LOOK], ranks=3)
        run.wait_for(lambda: run.epochs() >= 7 + 3 * attempt)
        send(signal.SIGKILL, [run.ids[1]])
        run.wait_for(run.status.exists)
        run.ended().expect(run.code() == 0, f"exit code of rank 0 is {run.code()}, not 0")
        found = {name: events.without_times(read_events) for name, read_events in read(stage, out).items()}
        differing = [name for name in found if found[name] != whole[name]]
        expect(not differing, f"after the loss of a rank other events of {differing} than in a run that lost none")
        # Who goes on with a file makes the next one.
        taken_over += sum(path.name.endswith("2") for path in (stage.directory / out / "tensorboard").glob("member-*/*"))
        shutil.rmtree(stage.directory / out)
    expect(taken_over > 0, "no member was ever taken over")


def stop_midway(stage, words, out):
    """Stops a run of one rank when some epochs are over; whether it was not over before."""
    history = stage.directory / out / "history.jsonl"
    run = Running(stage, 1, [*words, "--out", out])
    run.wait_for(lambda: history.exists() and history.read_bytes().count(b"\n") >= 6)
    send(signal.SIGUSR1, run.ranks())
    ended = run.ended()
    return not (stage.directory / out / "summary.json").exists() and ended is not None


@case
def a_file_that_was_cut_short_is_gone_on_with(stage):
    train(stage, 1, WORDS, "whole")
    whole = {name: events.without_times(found) for name, found in read(stage, "whole").items()}
    if not stop_midway(stage, [*WORDS, *LOOK], "run"):
        give_up("is over before it can be stopped")
    (file,) = events.files_of(stage.directory / "run/tensorboard/member-0000")
    data = file.read_bytes()
    contents, end = events.records_in(data)
    expect(end == len(data) and len(contents) > 4, "there is too little to cut")
    # Its last record half gone, as a machine that stops leaves it, and zeros behind.
    file.write_bytes(data[:end - len(contents[-1]) // 2] + bytes(40))
    expect(len(events.records_in(file.read_bytes()[:-40])[0]) == len(contents) - 1, "what stands before the cut is hidden")
    ended = stage.ranks(1, [*WORDS, *LOOK, "--resume", "--out", "run"])
    ended.expect(ended.code == 0, "cannot be gone on with")
    found = read(stage, "run")
    # Scalars are all there again; the histograms of the record that was lost are not known any more.
    for name in sorted(found)[1:]:
        check_scalars(stage, "run", name, events.values_of(found[name]))
        if name != "member-0000":
            expect(events.without_times(found[name]) == whole[name], f"{name} differs from a run that was never stopped")


@case
def looked_at_from_a_resume_on(stage):
    if not stop_midway(stage, WORDS, "run"):
        give_up("is over before it can be stopped")
    expect(not (stage.directory / "run/tensorboard").exists(), "event files are where nobody asked for them")
    ended = stage.ranks(2, [*WORDS, *LOOK, "--resume", "--out", "run"])
    ended.expect(ended.code == 0, "cannot be gone on with")
    for name, found in read(stage, "run").items():
        if name != "ensemble":
            values = events.values_of(found)
            check_scalars(stage, "run", name, values)
            expect(list(values["loss/train"]) == list(range(1, 13)), f"{name} lacks epochs")


@case
def a_directory_with_old_event_files_is_refused(stage):
    (stage.directory / "run/tensorboard/member-0000").mkdir(parents=True)
    stage.refuses([*WORDS, "--out", "run"], USAGE, "tensorboard", "another run", "--out")


@case
def what_cannot_be_written_ends_the_run(stage):
    # A plain file stands where the directory of a member would be.
    if not stop_midway(stage, [*WORDS, *LOOK], "run"):
        give_up("is over before it can be stopped")
    place = stage.directory / "run/tensorboard/member-0003"
    shutil.rmtree(place, ignore_errors=True)
    place.write_text("in the way")
    ended = stage.ranks(2, [*WORDS, *LOOK, "--resume", "--out", "run"])
    ended.expect(ended.code == 4, "exit code is not 4").expect("member-0003" in ended.err and "--tensorboard" in ended.err, "does not say what is wrong")
    ended = stage.ranks(2, [*WORDS, "--resume", "--out", "run"])
    ended.expect(ended.code == 0, "cannot be gone on with")


if __name__ == "__main__":
    main(CASES)
