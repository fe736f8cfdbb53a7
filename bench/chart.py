"""Line charts as SVG, several beside one another, with nothing but the standard library."""

import math
from dataclasses import dataclass, field

WIDTH, HEIGHT = 420, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 48
COLOURS = ["#1b6ca8", "#c8553d", "#3f8f5b", "#8a5fa8", "#a08020"]


@dataclass
class Line:
    name: str
    points: list  # of (x, y)
    dashed: bool = False


@dataclass
class Chart:
    title: str
    x_name: str  # the x axis is logarithmic, of base 2
    y_name: str
    lines: list = field(default_factory=list)
    y_most: float | None = None


def escaped(text):
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def steps(most):
    """Round values from 0 to at least `most`."""
    raw = most / 5
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    return [i * step for i in range(math.ceil(most / step - 1e-9) + 1)]


def panel(chart, left):
    xs = sorted({x for line in chart.lines for x, _ in line.points})
    ticks = steps(chart.y_most or max(y for line in chart.lines for _, y in line.points) or 1)
    low, high = math.log2(xs[0]), math.log2(xs[-1])

    def place(x, y):
        across = (math.log2(x) - low) / (high - low) if high > low else 0.5
        return (left + LEFT + across * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - y / ticks[-1] * (HEIGHT - TOP - BOTTOM))

    def text(x, y, words, anchor="middle", extra=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escaped(words)}</text>'

    parts = [text(left + WIDTH / 2, 20, chart.title, extra='font-weight="bold"'),
             text(left + WIDTH / 2, HEIGHT - 10, chart.x_name),
             text(left + 14, HEIGHT / 2, chart.y_name, extra=f'transform="rotate(-90 {left + 14} {HEIGHT / 2})"')]
    for tick in ticks:
        _, y = place(xs[0], tick)
        parts.append(f'<line x1="{left + LEFT}" x2="{left + WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(text(left + LEFT - 6, y + 4, f"{tick:g}", "end"))
    for x in xs:
        parts.append(text(place(x, 0)[0], HEIGHT - BOTTOM + 16, f"{x:,g}"))
    for i, line in enumerate(chart.lines):
        colour = COLOURS[i % len(COLOURS)]
        points = [place(x, y) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        if not line.dashed:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        y = HEIGHT - BOTTOM - 12 - 15 * (len(chart.lines) - 1 - i)
        parts.append(f'<rect x="{left + WIDTH - RIGHT - 190}" y="{y - 8}" width="10" height="10" fill="{colour}"/>')
        parts.append(text(left + WIDTH - RIGHT - 174, y + 1, line.name, "start"))
    return "\n".join(parts)


def svg(charts, columns=2):
    rows = -(-len(charts) // columns)
    panels = [f'<g transform="translate(0 {HEIGHT * (i // columns)})">\n{panel(chart, WIDTH * (i % columns))}\n</g>'
              for i, chart in enumerate(charts)]
    width, height = WIDTH * min(columns, len(charts)), HEIGHT * rows
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="11">\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(panels) + "\n</svg>\n")
