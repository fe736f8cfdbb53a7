#!/usr/bin/env python3
"""Exports finished runs with ensemble_export and holds what other people's programs compute from the files against the run's own
predictions.

run_export.py MPIRUN PROGRAM CASE runs one case in a scratch directory; PROGRAM is ensemble_train, and ensemble_export stands
beside it. `run_export.py --list` names the cases. A reader that is not installed makes its case say so: python3-onnx,
python3-opencv and python3-torch of Debian; for ONNX Runtime ENSEMBLE_NODE_MODULES names a directory in which
`npm install --ignore-scripts onnxruntime-node@1.20.1` has put it.
"""
import base64
import contextlib
import json
import math
import os
import pathlib
import shutil
import struct
import sys

sys.dont_write_bytecode = True
from stage import DATA, TINY, USAGE, case_of, give_up, main, skip, write_npy, write_sequences

CASES = {}
case = case_of(CASES)

TOLERANCE = 1e-5
TRAIN, TEST = 90, 40

# Members of one run take these in turn.
IMAGES = ["dense(16) relu dropout(0.3) dense(8) tanh", "conv(5, 3) relu maxpool(2) conv(4, 3, 2, valid) elu flatten dense(8) sigmoid",
          "conv(4, 4) batchnorm relu avgpool(3, 2) conv(6, 2) silu avgpool",
          "conv(4, 3) relu skip[ conv(4, 3) gelu ] skip[ conv(8, 3, 2) leaky_relu ] maxpool",
          "split[ conv(3, 3) relu | conv(2, 1) softplus maxpool(3, 1) ] maxpool(3, 2, valid) split[ flatten | dense(7) ]",
          "maxout(9, 3) batchnorm skip[ dense(9) tanh ] skip[ dense(6) ] repeat(2)[ dense(6) softplus ]"]
SEQUENCES = ["rnn(7)", "lstm(6)", "gru(5)", "lstm(5, sequence) skip[ gru(4, sequence) ] rnn(6)", "batchnorm gru(4, sequence) flatten dense(5) relu",
             "split[ rnn(4, sequence) tanh | lstm(3, sequence) ] gru(4)"]
STEPS = ["conv1d(6, 3) batchnorm relu maxpool1d(2) skip[ conv1d(8, 3, 2) ] avgpool1d", "skip[ conv1d(5, 3) ] avgpool1d(2) gru(4)"]
# Of different lengths up to 8: strides that end before others beside them, and windows that are longer than some rows.
RAGGED = ["rnn(7)", "lstm(6)", "gru(5)", "lstm(5, sequence) tanh skip[ gru(4, sequence) ] rnn(6)", "batchnorm gru(4, sequence) flatten dense(5) relu",
          "split[ rnn(4, sequence) softplus | lstm(3, sequence) ] gru(4)", "maxout(5, 2) tanh"]
RAGGED_STEPS = ["conv1d(6, 3) batchnorm sigmoid maxpool1d(2) conv1d(4, 3, 2) sigmoid avgpool1d", "conv1d(5, 3) batchnorm softplus avgpool1d(3, 2) maxpool1d",
                "skip[ conv1d(5, 3) softplus ] maxpool1d(3, 2) flatten dense(6) relu", "skip[ conv1d(4, 2, 2, valid) ] sigmoid avgpool1d(2) conv1d(3, 3) avgpool1d",
                "split[ conv1d(3, 2, 2, valid) sigmoid | maxpool1d(2) ] conv1d(4, 3) gru(4)", "conv1d(5, 4, 1, valid) sigmoid avgpool1d",
                "split[ maxpool1d(3, 1, valid) lstm(4) | avgpool1d(5, 1, valid) rnn(3) | conv1d(3, 4, 2, valid) gru(3) ]", "conv1d(4, 3, 1, valid) maxpool1d",
                "conv(4, 3) batchnorm sigmoid avgpool(2, 1) maxpool(2) lstm(3)", "split[ conv(3, 3) softplus maxpool | conv(3, 2) sigmoid avgpool ]"]
VECTORS = ["dense(12) relu", "dense(10) tanh batchnorm skip[ dense(10) gelu ]", "maxout(8, 2)", "columns(4) relu dense(9) tanh"]


def drawn(count, seed):
    """Numbers between -1 and 1 that single precision holds."""
    state, numbers = seed, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        numbers.append((state >> 41) / 2**22 - 1)
    return numbers


class Data:
    """Rows of drawn numbers in files, and what is true of them."""

    def __init__(self, stage, shape, targets=0):
        self.shape, self.stage = shape, stage
        width = math.prod(shape)
        for part, rows, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
            values = drawn(rows * width, seed)
            write_npy(stage.directory / f"{part}.npy", "<f4", (rows, *shape), values)
            sums = [values[row * width] + values[row * width + 1] * values[row * width + 2] for row in range(rows)]
            if targets:
                truth = [20 + 30 * target + (5 + target) * each for each in sums for target in range(targets)]
                write_npy(stage.directory / f"{part}_y.npy", "<f4", (rows, targets) if targets > 1 else (rows,), truth)
            else:
                write_npy(stage.directory / f"{part}_y.npy", "<i4", (rows,), [int(each > 0) + int(each > 0.4) for each in sums])
            if part == "test":
                self.features = struct.pack(f"<{len(values)}f", *values)
        self.words = ["--data", "train.npy", "--target", "train_y.npy", "--test", "test.npy", "--test-target", "test_y.npy",
                      "--standardize", "none", "--batch", "30"]

    def inputs(self, run):
        """What a graph is given: {name: (type, shape, bytes)}."""
        return {"features": ("float32", [TEST, *self.shape], self.features)}

    def batches(self, run):
        """The test rows in order, as a graph is given them."""
        return [self.inputs(run)]

    def train(self, nets, *words):
        """A run whose members take `nets` in turn."""
        words = [*self.words, *(word for net in nets for word in ("--net", net)), *words]
        if "--members" not in words:
            words += ["--members", str(len(nets))]
        self.stage.ranks(1, [*words, "--epochs", "4", "--lr", "0.01", "--out", "run"]).expect(
            (self.stage.directory / "run" / "summary.json").exists(), "the run failed")
        return Run(self)


class Bytes(Data):
    """The same of pixels, which networks see as 0 to 1."""

    def __init__(self, stage, shape):
        super().__init__(stage, shape)
        width = math.prod(shape)
        for part, rows, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
            pixels = [int(127.5 * each + 127.5) for each in drawn(rows * width, seed)]
            write_npy(stage.directory / f"{part}.npy", "|u1", (rows, *shape), pixels)
            if part == "test":
                self.features = struct.pack(f"<{len(pixels)}f", *pixels)


class Table(Data):
    """Rows of a text table with large numbers, levels, and places where there is nothing."""

    def __init__(self, stage):
        self.stage, self.rows = stage, []
        for part, rows, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
            values = drawn(rows * 4, seed)
            lines = []
            for row in range(rows):
                a, b, c, d = values[4 * row:4 * row + 4]
                kind = ["red", "green", "blue", "", "mauve" if part == "test" else "red"][int(2.5 * c + 2.5)]
                fields = {"mass": repr(1e6 + 3 * a), "length": "" if abs(b) > 0.9 else repr(b), "kind": kind, "width": repr(50 * d)}
                lines.append([*fields.values(), "no" if a + (c > 0) * b < 0 else "yes" if d < 0.5 else "perhaps"])
                if part == "test":
                    self.rows.append(fields)
            text = "\n".join(",".join(line) for line in [["mass", "length", "kind", "width", "truth"], *lines])
            (stage.directory / f"{part}.csv").write_text(text + "\n")
        self.words = ["--data", "train.csv", "--target", "truth", "--test", "test.csv", "--batch", "30"]

    def inputs(self, run):
        columns = json.loads((run.path / "model.json").read_text())["pipeline"]["columns"]
        numbers = [column for column in columns if column["kind"] == "number"]
        categories = [column for column in columns if column["kind"] == "category"]
        of_numbers = [float(row[column["name"]] or "nan") for row in self.rows for column in numbers]

        def code(level, levels):
            return -2 if level == "" else levels.index(level) if level in levels else -1

        codes = [code(row[column["name"]], column["levels"]) for row in self.rows for column in categories]
        return {"numbers": ("float64", [TEST, len(numbers)], struct.pack(f"<{len(of_numbers)}d", *of_numbers)),
                "categories": ("int64", [TEST, len(categories)], struct.pack(f"<{len(codes)}q", *codes))}


class Sequences(Data):
    """Sequences of 1 to 8 steps of two features in archives, with NaN behind their ends; all lengths are among the test rows."""

    steps, features = 8, 2

    def __init__(self, stage, regression=False):
        self.stage = stage
        for part, rows, seed in (("train", TRAIN, 1), ("test", TEST, 2)):
            self.sequences = self.draw(rows, seed)
            sums = [sum(each) / math.sqrt(len(each)) for each in self.sequences]
            truth = [20 + 5 * each for each in sums] if regression else [int(each > 0) + int(each > 0.4) for each in sums]
            self.write(part, truth)
        self.words = ["--data", "train.npz", "--test", "test.npz", "--batch", "30", "--task", "regression" if regression else "classification"]

    def draw(self, rows, seed):
        values = drawn(rows * self.steps * self.features, seed)
        width = self.steps * self.features
        return [values[row * width:row * width + self.features * (1 + (row * 5 + row // 8) % self.steps)] for row in range(rows)]

    def write(self, part, truth):
        regression = isinstance(truth[0], float)
        write_sequences(self.stage.directory / f"{part}.npz", self.sequences, truth, self.steps, kind="<f4" if regression else "<i4")

    def batches(self, run):
        """Batches of many rows and of one, with anything behind their ends."""
        given = json.loads((run.path / "model.json").read_text())["pipeline"]["input_shape"]
        if given != [self.steps, self.features]:
            give_up(f"rows are {given}")
        fillings = [[math.nan], [math.inf], [-math.inf], [3e38, -3e38], [7.0, -1000.0, 0.5]]
        batches, row = [], 0
        for number, size in enumerate((15, 9, 1, 1, 1, 1, 1, 1, 1, 1, 8)):
            filling = fillings[number % len(fillings)]
            values, lengths = [], []
            for each in self.sequences[row:row + size]:
                behind = self.steps * self.features - len(each)
                values += each + (filling * behind)[:behind]
                lengths.append(len(each) // self.features)
            batches.append(self.batch(values, lengths))
            row += size
        if row != TEST:
            give_up("some rows are in no batch")
        return batches

    def batch(self, values, lengths):
        shape = [len(lengths), self.steps, self.features]
        return {"features": ("float32", shape, struct.pack(f"<{len(values)}f", *values)),
                "lengths": ("int64", [len(lengths)], struct.pack(f"<{len(lengths)}q", *lengths))}


class TableOfSteps(Sequences):
    """The same as text tables in which each step is a row, with numbers that single precision rounds."""

    def __init__(self, stage):
        super().__init__(stage)
        self.words = ["--data", "train.csv", "--test", "test.csv", "--sequence", "word", "--target", "truth", "--batch", "30"]

    def draw(self, rows, seed):
        return [[value if place % 2 else 1e8 + value for place, value in enumerate(each)] for each in super().draw(rows, seed)]

    def write(self, part, truth):
        lines = ["word,far,near,truth"]
        for row, each in enumerate(self.sequences):
            kind = ("low", "middle", "high")[row % 3]
            lines += [f"w{row},{each[step]!r},{each[step + 1]!r},{kind}" for step in range(0, len(each), 2)]
        (self.stage.directory / f"{part}.csv").write_text("\n".join(lines) + "\n")

    def batch(self, values, lengths):
        shape = [len(lengths), self.steps, self.features]
        return {**super().batch([], lengths), "features": ("float64", shape, struct.pack(f"<{len(values)}d", *values))}


class Run:
    def __init__(self, data):
        self.data, self.stage, self.path = data, data.stage, data.stage.directory / "run"
        self.summary = json.loads((self.path / "summary.json").read_text())

    def export(self, *words):
        """What came of the export; its file is `out`."""
        return export(self.stage, ["run", *words])

    def files(self, kind):
        """The whole ensemble and every member, exported: [(what, file, file with what the run predicts)]."""
        found = [("ensemble", f"all.{kind}", self.path / "predictions.npy")]
        self.export("--format", kind, "--out", f"all.{kind}").expect_success()
        for member in self.summary["members"]:
            index = member["index"]
            found.append((member["net"], f"{index}.{kind}", self.path / f"predictions/test/{index:04}.npy"))
            self.export("--format", kind, "--out", f"{index}.{kind}", "--member", str(index)).expect_success()
        return found


def export(stage, words):
    train, stage.program = stage.program, str(pathlib.Path(stage.program).with_name("ensemble_export"))
    try:
        ended = stage.ranks(1, words)
    finally:
        stage.program = train
    ended.expect_success = lambda: ended.expect(ended.code == 0, "the export failed").expect(not ended.messages(), "it complains")
    return ended


def refuses(stage, words, code, *about):
    train, stage.program = stage.program, str(pathlib.Path(stage.program).with_name("ensemble_export"))
    try:
        stage.refuses(words, code, *about, ranks=1)
    finally:
        stage.program = train


def numbers_in(path):
    """The floats of a .npy file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<H", content[8:10])
    return struct.unpack(f"<{(len(content) - 10 - length) // 4}f", content[10 + length:])


def difference(mine, others):
    """The largest, in units of 1 or of the number itself where that is larger."""
    if len(mine) != len(others):
        give_up(f"{len(others)} numbers where {len(mine)} are wanted")
    return max(math.inf if math.isnan(b) else abs(a - b) / max(1, abs(a)) for a, b in zip(mine, others))


class Comparison:
    """Differences, which are told at the end; the worst decides."""

    def __init__(self, reader):
        self.reader, self.worst = reader, 0

    def take(self, what, mine, others):
        found = difference(mine, others)
        self.worst = max(self.worst, found)
        print(f"{self.reader}: {found:.1e} {what}")

    def end(self):
        if not self.worst <= TOLERANCE:
            give_up(f"{self.reader} computes something else: {self.worst:.1e}")


def compare_outputs(comparison, run, what, mine, outputs):
    """`outputs` {name: numbers} of an ONNX file, against the file with what the run predicts, and its uncertainties."""
    if run.summary["task"] == "classification":
        comparison.take(what, numbers_in(mine), outputs["probabilities"])
    else:
        pairs = [number for pair in zip(outputs["mean"], outputs["variance"]) for number in pair]
        comparison.take(what, numbers_in(mine), pairs)
    if what != "ensemble":
        return
    names = run.summary["uncertainty"]["measures"] if isinstance(run.summary.get("uncertainty"), dict) else []
    names = [each if isinstance(each, str) else each["name"] for each in names]
    values = numbers_in(run.path / "uncertainty.npy")
    for name, own in outputs.items():
        if name in ("entropy", "mutual_information", "aleatoric_variance", "epistemic_variance"):
            columns = [column for column, each in enumerate(names) if each == name]
            columns = columns or [column for column, each in enumerate(names) if each.endswith(f"_{name}")]
            mine = [values[row + column] for row in range(0, len(values), len(names)) for column in columns]
            comparison.take(f"ensemble, {name}", mine, own)


# In ONNX Runtime.


def onnx_runtime(stage, run, files):
    """{output: numbers} of each file."""
    modules = os.environ.get("ENSEMBLE_NODE_MODULES")
    if not modules or shutil.which("node") is None:
        skip("ONNX Runtime is not here: ENSEMBLE_NODE_MODULES names no directory with onnxruntime-node, or there is no node")
    batches = [{name: {"type": kind, "shape": shape, "base64": base64.b64encode(content).decode()}
                for name, (kind, shape, content) in inputs.items()} for inputs in run.data.batches(run)]
    request = {"models": files, "batches": batches}
    (stage.directory / "request.json").write_text(json.dumps(request))
    ended = stage.execute(["node", str(pathlib.Path(__file__).with_name("onnx_runtime.js")), "request.json"], NODE_PATH=modules)
    ended.expect(ended.code == 0, "ONNX Runtime does not read it")
    for line in ended.out.splitlines():
        answer = {}
        for name, numbers in json.loads(line).items():
            content = base64.b64decode(numbers)
            answer[name] = struct.unpack(f"<{len(content) // 4}f", content)
        yield answer


def in_onnx_runtime(stage, data, nets, *words):
    run = data.train(nets, *words)
    comparison = Comparison("ONNX Runtime")
    files = run.files("onnx")
    for (what, _, mine), outputs in zip(files, onnx_runtime(stage, run, [file for _, file, _ in files])):
        compare_outputs(comparison, run, what, mine, outputs)
    comparison.end()


@case
def images_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (12, 10, 2)), IMAGES)


@case
def grey_images_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (9, 7)), IMAGES, "--combine", "geometric", "--calibrate", "temperature")


@case
def sequences_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (7, 5)), SEQUENCES + STEPS, "--combine", "weighted")


@case
def sequences_of_images_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (6, 4, 2)), ["conv(3, 3) relu lstm(5)", "gru(4)"], "--combine", "vote")


@case
def vectors_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (8,)), VECTORS, "--members", "6", "--feature-fraction", "0.6", "--combine", "greedy")


@case
def numbers_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (8,), 2), VECTORS)


@case
def median_numbers_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (8,), 1), VECTORS, "--members", "6", "--loss", "squared", "--combine", "median")


@case
def trimmed_numbers_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (8,), 1), VECTORS, "--members", "6", "--combine", "trimmed")


@case
def scaled_vectors_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (8,)), VECTORS, "--standardize", "features")


@case
def components_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Data(stage, (8,)), VECTORS, "--standardize", "features", "--reduce", "pca:4")


@case
def pixels_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Bytes(stage, (12, 10)), IMAGES[:3])


@case
def scaled_pixels_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Bytes(stage, (12, 10, 3)), IMAGES[:3], "--standardize", "channels")


@case
def tables_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Table(stage), VECTORS)


@case
def sequences_of_different_lengths_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Sequences(stage), RAGGED + RAGGED_STEPS)


@case
def numbers_of_sequences_of_different_lengths_in_onnx_runtime(stage):
    in_onnx_runtime(stage, Sequences(stage, regression=True), RAGGED[1:3] + RAGGED_STEPS[:2], "--standardize", "none", "--feature-fraction", "0.6")


@case
def tables_of_steps_in_onnx_runtime(stage):
    in_onnx_runtime(stage, TableOfSteps(stage), RAGGED[1:3] + RAGGED_STEPS[:2])


# In OpenCV, which has no recurrent layers of this kind.


def opencv(data, path, names):
    with contextlib.suppress(ImportError):
        import cv2
        import numpy

        network = cv2.dnn.readNetFromONNX(str(path))
        network.setInput(numpy.frombuffer(data.features, "<f4").reshape(TEST, *data.shape).copy())
        return {name: output.ravel().tolist() for name, output in zip(names, network.forward(names))}
    skip("OpenCV is not here: python3-opencv")


def in_opencv(stage, data, nets, names, *words):
    run = data.train(nets, *words)
    comparison = Comparison("OpenCV")
    for what, file, mine in run.files("onnx"):
        compare_outputs(comparison, run, what, mine, opencv(data, stage.directory / file, names))
    comparison.end()


@case
def images_in_opencv(stage):
    in_opencv(stage, Data(stage, (12, 10, 2)), IMAGES, ["probabilities", "entropy", "mutual_information"])


@case
def vectors_in_opencv(stage):
    in_opencv(stage, Data(stage, (8,)), VECTORS, ["probabilities", "entropy", "mutual_information"])


@case
def numbers_in_opencv(stage):
    in_opencv(stage, Data(stage, (8,), 2), VECTORS, ["mean", "variance", "aleatoric_variance", "epistemic_variance"])


# In PyTorch.


def safetensors(path):
    """The arrays of a file by name, as bytes with their shape, and its metadata."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    if (8 + length) % 8 or content[8:9] != b"{":
        give_up("the header does not end where numbers may begin")
    arrays, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        if entry["dtype"] != "F32" or first != end or last - first != 4 * math.prod(entry["shape"]):
            give_up(f"{name} is not where it should be: {entry}")
        arrays[name] = (entry["shape"], content[8 + length + first:8 + length + last])
        end = last
    if 8 + length + end != len(content):
        give_up("there is more in the file than its header says")
    return arrays, metadata


def in_torch(stage, data, nets, *words):
    try:
        import torch
        from torch_network import Network
    except ImportError:
        skip("PyTorch is not here: python3-torch")
    run = data.train(nets, *words)
    comparison = Comparison("PyTorch")
    features = torch.frombuffer(bytearray(data.features), dtype=torch.float32).reshape(TEST, *data.shape)
    of_members = []
    for what, file, mine in run.files("safetensors")[1:]:
        arrays, metadata = safetensors(stage.directory / file)
        tensors = {name: torch.frombuffer(bytearray(content), dtype=torch.float32).reshape(shape) for name, (shape, content) in arrays.items()}
        of_members.append(arrays)
        (member,) = json.loads(metadata["members"])
        outputs = 3
        if metadata["task"] == "regression":
            outputs = 2 * len(json.loads(metadata["target_names"]))
        x = features
        if "hidden_features" in member:
            x = x.clone()
            x[:, member["hidden_features"]] = 0
        if x.dim() == 4:
            x = x.permute(0, 3, 1, 2)
        y = Network(member["net"], outputs, tensors)(x)
        if metadata["task"] == "classification":
            y = torch.softmax(y, 1)
        else:
            scale = json.loads(metadata["target_scale"])
            mean, deviation = torch.tensor(scale["mean"]), torch.tensor(scale["deviation"])
            variance = torch.nn.functional.softplus(y[:, 1::2]) + 1e-6
            y = torch.stack([y[:, ::2] * deviation + mean, variance * deviation**2], 2)
        comparison.take(what, numbers_in(mine), y.flatten().tolist())
    together, _ = safetensors(stage.directory / "all.safetensors")
    apart = {f"members.{index}.{name}": array for index, arrays in enumerate(of_members) for name, array in arrays.items()}
    if together != apart:
        give_up("the members together are not what each of them is alone")
    comparison.end()


@case
def images_in_torch(stage):
    in_torch(stage, Data(stage, (12, 10, 2)), IMAGES)


@case
def sequences_in_torch(stage):
    in_torch(stage, Data(stage, (7, 5)), SEQUENCES)


@case
def vectors_in_torch(stage):
    in_torch(stage, Data(stage, (8,)), VECTORS, "--members", "6", "--feature-fraction", "0.6")


@case
def numbers_in_torch(stage):
    in_torch(stage, Data(stage, (8,), 2), VECTORS)


# As files.


@case
def onnx_files_are_well_formed(stage):
    try:
        import onnx
    except ImportError:
        skip("the checker of ONNX is not here: python3-onnx")
    for shape, targets, nets, words in (((12, 10, 2), 0, IMAGES, ()), ((7, 5), 0, SEQUENCES, ("--combine", "vote")),
                                        ((8,), 2, VECTORS, ("--combine", "trimmed", "--members", "6"))):
        shutil.rmtree(stage.directory / "run", ignore_errors=True)
        run = Data(stage, shape, targets).train(nets, *words)
        run.export("--format", "onnx", "--out", "all.onnx").expect_success()
        model = onnx.load(str(stage.directory / "all.onnx"))
        onnx.checker.check_model(model, full_check=True)
        operators = [(each.domain, each.version) for each in model.opset_import]
        if model.ir_version != 7 or operators != [("", 13)] or any("dropout" in node.op_type.lower() for node in model.graph.node):
            give_up(f"{model.ir_version} {operators} is not what was promised, or something drops values")
        metadata = {each.key: each.value for each in model.metadata_props}
        if [each["net"] for each in json.loads(metadata["members"])] != [each["net"] for each in run.summary["members"]]:
            give_up(f"these are other members: {metadata['members']}")
        if json.loads(metadata["input"])["shape"] != list(shape) or metadata["version"] != run.summary["program"]["version"]:
            give_up(f"the file says of itself {metadata}")
        names = metadata.get("class_names") or metadata["target_names"]
        if len(json.loads(names)) != (2 if run.summary["task"] == "regression" else 3):
            give_up(f"these are not the names: {names}")


@case
def onnx_files_of_tables_are_well_formed(stage):
    try:
        import onnx
    except ImportError:
        skip("the checker of ONNX is not here: python3-onnx")
    run = Table(stage).train(VECTORS)
    run.export("--format", "onnx", "--out", "all.onnx").expect_success()
    model = onnx.load(str(stage.directory / "all.onnx"))
    onnx.checker.check_model(model, full_check=True)
    given = json.loads({each.key: each.value for each in model.metadata_props}["input"])
    places = [(column["name"], column["input"], column["place"], column.get("levels")) for column in given["columns"]]
    if given["preprocessed"] or places != [("mass", "numbers", 0, None), ("length", "numbers", 1, None),
                                           ("kind", "categories", 0, ["blue", "green", "red"]), ("width", "numbers", 2, None)]:
        give_up(f"the file says of its input {given}")
    types = [(each.name, each.type.tensor_type.elem_type, each.type.tensor_type.shape.dim[1].dim_value) for each in model.graph.input]
    if types != [("numbers", onnx.TensorProto.DOUBLE, 3), ("categories", onnx.TensorProto.INT64, 1)]:
        give_up(f"these are other inputs: {types}")
    run.export("--format", "safetensors", "--out", "all.safetensors").expect_success()
    _, metadata = safetensors(stage.directory / "all.safetensors")
    pipeline = json.loads((run.path / "model.json").read_text())["pipeline"]
    if json.loads(metadata["preprocessing"]) != pipeline or not json.loads(metadata["input"])["preprocessed"]:
        give_up(f"who has the parameters alone is not told what comes before them: {metadata}")


@case
def onnx_files_of_sequences_of_different_lengths_are_well_formed(stage):
    try:
        import onnx
    except ImportError:
        skip("the checker of ONNX is not here: python3-onnx")
    real, double, whole = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.INT64
    for make, element, said in ((Sequences, real, {"inputs": {"features": "float32", "lengths": "int64"}}),
                                (TableOfSteps, double, {"inputs": {"features": "float64", "lengths": "int64"},
                                                        "channels": ["far", "near"], "sequence": "word"})):
        shutil.rmtree(stage.directory / "run", ignore_errors=True)
        run = make(stage).train(RAGGED + RAGGED_STEPS)
        run.export("--format", "onnx", "--out", "all.onnx").expect_success()
        model = onnx.load(str(stage.directory / "all.onnx"))
        onnx.checker.check_model(model, full_check=True)
        types = [(each.name, each.type.tensor_type.elem_type, [dim.dim_param or dim.dim_value for dim in each.type.tensor_type.shape.dim])
                 for each in model.graph.input]
        if types != [("features", element, ["rows", 8, 2]), ("lengths", whole, ["rows"])]:
            give_up(f"these are other inputs: {types}")
        given = json.loads({each.key: each.value for each in model.metadata_props}["input"])
        if given != {"shape": [8, 2], "preprocessed": False, "lengths": "different", **said}:
            give_up(f"the file says of its input {given}")
        if model.ir_version != 7 or any(each.version != 13 or each.domain for each in model.opset_import):
            give_up("the file is of another version")


@case
def mistakes(stage):
    refuses(stage, [], USAGE, "RUN")
    refuses(stage, ["nowhere", "--format", "onnx", "--out", "x.onnx"], USAGE, "nowhere")
    stage.ranks(1, [*TINY, "--out", "run"]).expect((stage.directory / "run/summary.json").exists(), "the run failed")
    refuses(stage, ["run", "--format", "onx", "--out", "x.onnx"], USAGE, "onx", "did you mean onnx?")
    refuses(stage, ["run", "--out", "x.onnx"], USAGE, "--format")
    refuses(stage, ["run", "--format", "onnx"], USAGE, "--out")
    refuses(stage, ["run", "--format", "onnx", "--out", ""], USAGE, "--out")
    refuses(stage, ["run", "--format", "onnx", "--out", "-"], USAGE, "--out -", "--out model.onnx", "./-")
    refuses(stage, ["run", "--format", "onnx", "--out", "no/x.onnx"], USAGE, "no directory 'no'")
    refuses(stage, ["run", "--format", "onnx", "--out", "run"], USAGE, "is a directory")
    refuses(stage, ["run", "--format", "onnx", "--out", "run/config.toml"], USAGE, "file of the run")
    refuses(stage, ["run", "--format", "onnx", "--out", "x.onnx", "--member", "4"], USAGE, "0, 1, 2, 3")
    refuses(stage, ["run", "--format", "onnx", "--out", "x.onnx", "--member", "-1"], USAGE, "--member")
    member = stage.directory / "run/members/0002.ckpt"
    whole = member.read_bytes()
    member.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    refuses(stage, ["run", "--format", "onnx", "--out", "x.onnx"], DATA, "0002.ckpt", "changed or replaced")
    member.write_bytes((stage.directory / "run/members/0001.ckpt").read_bytes())
    refuses(stage, ["run", "--format", "safetensors", "--out", "x"], DATA, "0002.ckpt", "changed or replaced")
    member.unlink()
    refuses(stage, ["run", "--format", "onnx", "--out", "x.onnx"], DATA, "0002.ckpt")
    export(stage, ["run", "--format", "onnx", "--out", "x.onnx", "--member", "1"]).expect_success()
    member.write_bytes(whole)
    first = (stage.directory / "x.onnx").read_bytes()
    export(stage, ["run", "--format", "onnx", "--out", "x.onnx", "--member", "1"]).expect_success()
    if (stage.directory / "x.onnx").read_bytes() != first:
        give_up("the same export is another file")


if __name__ == "__main__":
    main(CASES)
