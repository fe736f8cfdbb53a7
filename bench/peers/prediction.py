#!/usr/bin/python3
"""How fast eight networks in eager PyTorch answer on one thread: the mean of their probabilities. Prints one JSON object."""

import argparse
import json
import statistics
import time

from peer import set_up, sizes, torch


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="784-512-512-10")
    parser.add_argument("--members", type=int, default=8)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=11)
    return parser.parse_args()


def network(widths):
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1]).eval()


def main():
    given = arguments()
    set_up()
    widths = sizes(given.net)
    members = [network(widths) for _ in range(given.members)]
    rows = torch.rand(given.rows, widths[0])

    def seconds(x, repeats):
        times = []
        for _ in range(repeats):
            begin = time.perf_counter()
            for batch in x.split(given.batch):
                sum(torch.softmax(member(batch), 1) for member in members) / len(members)
            times.append(time.perf_counter() - begin)
        return statistics.median(times)

    with torch.no_grad():
        many, one = seconds(rows, given.repeats), seconds(rows[:1], 101)
    print(json.dumps({"rows_per_s": round(given.rows / many), "row_ms": round(1e3 * one, 4)}))


main()
