#!/usr/bin/python3
"""The whole job in eager PyTorch: train members on MNIST in several processes of one thread each, then combine them.

Prints one JSON object: accuracy of the members on the test set, of their average and of their vote, and seconds.
"""

import argparse
import gzip
import json
import multiprocessing
import time
from pathlib import Path

START = time.perf_counter()

from peer import network, notation, optimizer, set_up, sizes, torch, train_step  # noqa: E402

import numpy as np  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="directory with the four IDX files, plain or .gz")
    parser.add_argument("--net", default="784-512-512-10")
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--members", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--validation-fraction", type=float, default=1 / 12, help="evaluated after each epoch")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def read_idx(directory, name):
    path = directory / name
    opened = path.open("rb") if path.exists() else gzip.open(f"{path}.gz")
    with opened as file:
        content = file.read()
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def read_set(directory, prefix):
    images = read_idx(directory, f"{prefix}-images-idx3-ubyte")
    labels = read_idx(directory, f"{prefix}-labels-idx1-ubyte")
    features = torch.from_numpy(images.reshape(len(images), -1).astype(np.float32)).div_(255)
    return features, torch.from_numpy(labels.astype(np.int64))


@torch.no_grad()
def probabilities(model, features):
    model.eval()
    return torch.cat([torch.softmax(model(part), dim=1) for part in features.split(1000)])


def train_member(given, member, train, validation):
    torch.manual_seed(given.seed * 1000 + member)
    features, labels = train
    layer_sizes = sizes(given.net)
    model = network(notation(layer_sizes, given.dropout), layer_sizes[:1], layer_sizes[-1])
    # On networks of this size foreach is the faster form here, see step.py.
    update = optimizer("adam", model.parameters(), given.lr, foreach=True)
    loss = torch.nn.CrossEntropyLoss()
    for _ in range(given.epochs):
        model.train()
        for chosen in torch.randperm(len(labels)).split(given.batch):
            train_step(model, loss, update, features[chosen], labels[chosen])
        accuracy(probabilities(model, validation[0]), validation[1])
    return model


def accuracy(scores, labels):
    return (scores.argmax(dim=1) == labels).double().mean().item()


def work(given, process, train, validation, test):
    """Trains every member of this process; their probabilities on the test set as {member: array}."""
    members = range(process, given.members, given.processes)
    return {
        member: probabilities(train_member(given, member, train, validation), test[0]).numpy() for member in members
    }


def main():
    given = arguments()
    set_up()
    features, labels = read_set(given.data, "train")
    test = read_set(given.data, "t10k")
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(given.seed))
    held_out = round(given.validation_fraction * len(labels))
    validation = features[order[:held_out]], labels[order[:held_out]]
    train = features[order[held_out:]], labels[order[held_out:]]

    # Forked, so that all processes share the data; this one trains too.
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    children = [
        context.Process(target=lambda p=process: answers.put(work(given, p, train, validation, test)))
        for process in range(1, given.processes)
    ]
    for child in children:
        child.start()
    scores = work(given, 0, train, validation, test)
    for _ in children:
        scores |= answers.get()
    for child in children:
        child.join()

    members = torch.stack([torch.from_numpy(scores[member]) for member in range(given.members)])
    votes = torch.nn.functional.one_hot(members.argmax(dim=2), members.shape[2]).sum(dim=0)
    mean = members.mean(dim=0)
    each = [accuracy(member, test[1]) for member in members]
    print(json.dumps({
        "members": [round(value, 4) for value in each],
        "mean_member": sum(each) / len(each),
        "average": accuracy(mean, test[1]),
        "vote": accuracy(votes + mean / 2, test[1]),  # ties go to the larger mean probability
        "samples_per_s": given.members * given.epochs * len(train[1]) / (time.perf_counter() - START),
        "seconds": time.perf_counter() - START,
    }))


if __name__ == "__main__":
    main()
