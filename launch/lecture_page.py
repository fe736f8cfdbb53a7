"""lecture.html: what the lecture's experiments have given, as a page with the look and the charts of a run's report.

The build makes the page's shell, build/src/report/shell.html: style, charts and D3 in one file, with places for the rest.
"""

import base64
import hashlib
import html
import json
import math
import re
import struct

GRID = 41  # cells of a plane, each way
LOW, HIGH = -0.5, 1.5  # of a plane; exclusive or has its points at 0 and 1


def element_of_table(columns, rows, texts=1, caption=""):
    """A table whose first `texts` columns hold words, the others numbers; the first cell of a row is its heading."""
    heads = "".join(f"<th scope=col{' class=t' if i < texts else ''}>{html.escape(name)}" for i, name in enumerate(columns))
    body = ""
    for first, *others in rows:
        cells = (f"<td{' class=t' if i < texts else ''}>{html.escape(cell)}" for i, cell in enumerate(others, 1))
        body += f"<tr><th scope=row>{html.escape(first)}{''.join(cells)}\n"
    caption = f"<caption>{html.escape(caption)}</caption>" if caption else ""
    return f'<div class="table" tabindex="0"><table>{caption}<thead><tr>{heads}</thead>\n<tbody>{body}</tbody></table></div>\n'


def element_of_figure(chart, title, note, data, table):
    """A chart of the page's script with its data, and the table behind it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return (f'<figure data-chart="{chart}">\n<h3>{html.escape(title)}</h3>\n<div class="plot"></div>\n'
            f'<script type="application/json">{text}</script>\n<figcaption>{html.escape(note)}</figcaption>\n'
            f'<details class="behind" open><summary>Table</summary>\n{table}</details>\n</figure>\n')


def rounded(value):
    """Five significant digits; None where there is no number."""
    return float(f"{value:.5g}") if isinstance(value, (int, float)) and math.isfinite(value) else None


def percent(value):
    return "–" if value is None else f"{value:.2f} %"


def spread_of(run, found):
    """Ends of the mean member's accuracy ± a deviation of its members, as shares; None for figures of the ensemble."""
    if run.of != "mean member" or found["members"] < 2:
        return None, None
    ends = (found["mean member"] + sign * found["deviation"] for sign in (-1, 1))
    return tuple(rounded(min(max(end / 100, 0), 1)) for end in ends)


def accuracies(experiment, finished, verdict):
    """Accuracies of all runs beside each other, with what was published where that is the same data."""
    rows, lines = [], []
    for run, found in finished:
        low, high = spread_of(run, found)
        name = run.label if run.of == "mean member" else f"{run.label}, {run.of}"
        rows.append({"name": name, "value": rounded(found[run.of] / 100), "low": low, "high": high,
                     "target": run.published and run.published / 100, "stands_out": run.of != "mean member"})
        lines.append([name, verdict(run, found), percent(found["mean member"]), f"{found['deviation']:.2f}", percent(found["average"]),
                      f"{found['loss']:.4f}", f"{found['test NLL']:.3f}", f"{found['seconds']:.0f}"])
    published = any(run.published is not None for run, _ in finished)
    table = element_of_table(["run", "published, obtained", "mean member", "deviation", "average", "training loss", "test NLL", "seconds"],
                             lines, texts=2)
    note = "Rings are the accuracy of the mean member on the test rows, lines reach one standard deviation of the members to both sides."
    if published:
        note += " Upright strokes are the published figures."
    data = {"x": "accuracy on the test rows, %", "share": True, "reference": None, "rows": rows}
    return element_of_figure("intervals", (experiment.lesson or experiment.title).rstrip("."), note, data, table)


def gradients(finished):
    """Sizes of the first batch's gradient by layer, where they were logged."""
    runs = [(run, found["gradients"]) for run, found in finished if found.get("gradients")]
    if not runs:
        return ""
    curves = [{"name": run.label, "look": i, "kind": "marked",
               "points": [[layer, rounded(size) if size > 0 else None] for layer, size in enumerate(sizes, 1)]}
              for i, (run, sizes) in enumerate(runs)]
    layers = max(len(sizes) for _, sizes in runs)
    table = element_of_table(["run", *(f"layer {layer}" for layer in range(1, layers + 1))],
                             [[run.label, *(f"{size:.1e}" for size in sizes)] for run, sizes in runs])
    panel = {"x": "layer, from the input to the output", "y": "size of the gradient", "x_share": False, "y_share": False, "y_log": True,
             "curves": curves}
    return element_of_figure("curves", "How much of the gradient arrives in each layer",
                             "Euclidean norm of the gradient of each layer's weights at the first batch, mean of the members, on a "
                             "logarithmic axis. A gradient of 0 has no place there and is left out.", {"panels": [panel]}, table)


def plane_texts():
    """Exclusive or as a table for training, many times over since some rows are for validation; the grid as one for testing."""
    points = "".join(f"{x},{y},{x ^ y}\n" for x in (0, 1) for y in (0, 1))
    centres = [LOW + (HIGH - LOW) * (i + 0.5) / GRID for i in range(GRID)]
    grid = "".join(f"{x:.6f},{y:.6f},{(i + j) % 2}\n" for j, y in enumerate(centres) for i, x in enumerate(centres))
    return "x1,x2,class\n" + 40 * points, "x1,x2,class\n" + grid


def plane_of(path):
    """Probability of class 1 in each cell of the grid, from predictions.npy: float32, cells × 2."""
    content = path.read_bytes()
    start = 10 + struct.unpack("<H", content[8:10])[0]
    values = struct.unpack(f"<{(len(content) - start) // 4}f", content[start:])
    if len(values) != 2 * GRID * GRID:
        raise ValueError(f"{path} does not hold the predictions of a plane")
    return values[1::2]


def planes(finished):
    """Decision regions of networks that have learnt exclusive or, or have not. finished: name, probabilities."""
    if not finished:
        return ""
    maps, lines = [], []
    for name, ones in finished:
        labels = [int(one > 0.5) for one in ones]
        maps.append({"name": name, "labels": labels, "percents": [round(100 * max(one, 1 - one)) for one in ones]})
        corners = [ones[cell(y) * GRID + cell(x)] for x in (0, 1) for y in (0, 1)]
        lines.append([name, *(f"{one:.3f}" for one in corners), percent(100 * sum(labels) / len(labels))])
    data = {"x": "x1", "y": "x2", "x_domain": [LOW, HIGH], "y_domain": [LOW, HIGH], "columns": GRID, "rows": GRID, "classes": ["0", "1"],
            "maps": maps, "points": [[x, y, x ^ y] for x in (0, 1) for y in (0, 1)]}
    table = element_of_table(["network", "p(1) at 0, 0", "at 0, 1", "at 1, 0", "at 1, 1", "plane of class 1"], lines)
    return element_of_figure("regions", "What the networks have learnt of exclusive or",
                             "Colour is the class that is chosen, the paler the less certain; lines are where it changes. A network whose "
                             "gradient has vanished says the same everywhere. Trained on the four points alone.", data, table)


def cell(value):
    """The column, or row, of the grid in which a coordinate lies."""
    return int((value - LOW) / (HIGH - LOW) * GRID)


def settings(finished):
    rows = [[run.label, " ".join(run.options)] for run, _ in finished]
    table = element_of_table(["run", "options of ensemble_train"], rows, texts=2)
    return f"<details><summary>Options of these runs</summary>\n{table}</details>\n"


def headline(results, verdict):
    """How many of the figures that can be compared with published ones are reproduced."""
    words = [verdict(run, found) for _, finished in results for run, found in finished if run.published is not None]
    good = sum(word.endswith("reproduced") for word in words)
    if not words:
        return "Making deep networks work: the lecture as experiments"
    return f"Making deep networks work: {good} of {len(words)} published figures are reproduced"


def page(shell, results, verdict, maps):
    """The page. results: experiments, each with its finished runs and their figures; maps: planes of exclusive or, by name."""
    title = headline(results, verdict)
    content = f'<header class="top">\n<h1>{html.escape(title)}</h1>\n<p>A lecture on deep networks, run again: what it shows, what was ' \
              "published, and what came out here. Each run is an ensemble; its figures are those of the mean member.</p>\n</header>\n"
    links = ""
    for experiment, finished in results:
        parts = accuracies(experiment, finished, verdict)
        parts += planes(maps) if experiment.name == "xor" else ""
        parts += gradients(finished) + settings(finished)
        content += f'<section id="{experiment.name}">\n<h2>{html.escape(experiment.title)}</h2>\n{parts}</section>\n'
        links += f'<li><a href="#{experiment.name}">{html.escape(experiment.title)}</a></li>\n'
    scripts = re.findall(r"<script>(.*?)</script>", shell, re.DOTALL)
    digests = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts)
    texts = {"policy": f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {digests}", "title": html.escape(title),
             "contents": f"<ol>\n{links}</ol>\n", "content": content.replace(" %", "\u00a0%")}
    return re.sub("@(policy|title|contents|content)@", lambda place: texts[place[1]], shell, count=len(texts))
