"""The lecture's experiments: what each one runs, and what was published."""

import dataclasses


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


def plane_runs(folder):
    """The networks of exclusive or, trained on its points in `folder`/xor.csv and asked about a whole plane."""
    data = ["--data", str(folder / "xor.csv"), "--test", str(folder / "grid.csv"), "--standardize", "none", "--batch", "144"]
    return Experiment("planes", "", [Run(name, [*data, "--net", f"xor-{name}", "--members", "1"]) for name in ("sigmoid", "relu")])


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
            run("pca:40", "--reduce", "pca:40"), run("variance:200", "--reduce", "variance:200"),
            run("L2 penalty", "--weight-decay", "1e-2"), run("max-norm", "--max-norm", "1"),
            run("label smoothing", "--label-smoothing", "0.1"), run("dropout", network=dropout),
            run("dropout on inputs", network=f"dropout(0.2) {net}"),
            run("dropout on inputs too", network=f"dropout(0.2) {dropout}"), run("early stopping", "--patience", "5"),
            run("mean of the weights", "--weight-average", "swa"), run("moving mean", "--weight-average", "ema:0.99"),
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
