"""Results of compare.py: a file for each machine, and a chart of all of them."""

import json
import re
from datetime import date
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent / "results"
# What products choose their kernels by, from the best on, and how we call it.
INSTRUCTION_SETS = {"amx_bf16": "AMX", "avx512_bf16": "AVX512_BF16", "avx512f": "AVX-512", "avx2": "AVX2"}


def best_of(instructions):
    """The name of the best of them; `instructions` as /proc/cpuinfo calls them."""
    return next((name for flag, name in INSTRUCTION_SETS.items() if flag in instructions), "no vectors")


def file_of(processor, instructions):
    """Where the results of such a machine stand."""
    words = re.findall(r"[a-z0-9]+", f"{processor} {best_of(instructions)}".lower())
    return DIRECTORY / f"{'-'.join(words)}.json"


def record(processor, instructions, cores, rows):
    """Puts the figures in the place of those that the machine had for the same cases; returns the file."""
    path = file_of(processor, instructions)
    old = json.loads(path.read_text())["cases"] if path.exists() else []
    kept = {case["case"]: case for case in old}
    for row in rows:
        kept[row["case"]] = {key: value for key, value in row.items() if key not in ("runs", "least")}
        kept[row["case"]]["measured"] = date.today().isoformat()
    DIRECTORY.mkdir(exist_ok=True)
    path.write_text(json.dumps({"processor": processor, "instruction_set": best_of(instructions), "cores": cores,
                                "cases": list(kept.values())}, indent=1, ensure_ascii=False) + "\n")
    return path


def draw(path):
    """Bars of how many times as fast as the other side each case is on each machine, with marks at the limit."""
    from matplotlib import pyplot, rcParams

    rcParams["svg.fonttype"] = "none"
    rcParams["svg.hashsalt"] = "speed"
    grey = "#808080"  # reads on white and on black alike
    for part in "text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color":
        rcParams[part] = grey
    machines = [json.loads(file.read_text()) for file in sorted(DIRECTORY.glob("*.json"))]
    names = list(dict.fromkeys(case["case"] for machine in machines for case in machine["cases"]))
    colors, hatches = ("#2e86de", "#e67e22", "#27ae60", "#8e44ad"), ("", "//", "..", "xx")
    height = 0.8 / len(machines)
    figure, axes = pyplot.subplots(figsize=(8, 0.6 + len(names) * (0.16 + 0.2 * len(machines))))
    for at, machine in enumerate(machines):
        cases = {case["case"]: case for case in machine["cases"]}
        places = [(place, cases[name]) for place, name in enumerate(names) if name in cases]
        y = [place + (at - (len(machines) - 1) / 2) * height for place, _ in places]
        axes.barh(y, [case["ratio"] for _, case in places], height * 0.9, color=colors[at % len(colors)],
                  hatch=hatches[at % len(hatches)], edgecolor="white", linewidth=0,
                  label=f"{machine['processor']}, {machine['instruction_set']}")
        axes.plot([case["limit"] for _, case in places], y, "|", color=grey, markersize=12, markeredgewidth=2,
                  label="if a step were its products alone" if at == 0 else None)
        for place, (_, case) in zip(y, places):
            axes.text(case["ratio"], place, f" {case['ratio']:.1f}", va="center", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log", base=2)
    axes.set_xlim(left=1)
    ticks = [1, 2, 4, 8, 16, 32]
    axes.set_xticks(ticks, [f"{tick}×" for tick in ticks])
    axes.set_xlabel("times as fast as eager PyTorch, on one core where no processes are named\n(rows that name bf16: as our own single precision)", fontsize=9)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower right", framealpha=0, fontsize=8)
    for side in "top", "right":
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None}, transparent=True)
