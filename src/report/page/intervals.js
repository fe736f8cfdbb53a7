"use strict";
// Values below one another, each with its interval; an upright stroke is what it is held against.
report.chart("intervals", (plot, data) => {
  const { rows, share, reference } = data;
  const values = rows.flatMap((row) => [row.value, row.low, row.high, row.target]).concat(reference);
  const x = d3.scaleLinear().domain(report.padded(values, 0.06, share));
  const room = Math.max(8, Math.floor(plot.clientWidth / 18)); // letters of a name that leave enough for the chart
  const short = (name) => (name.length > room ? `${name.slice(0, room - 1)}…` : name);
  const y = d3.scaleBand().domain(d3.range(rows.length)).padding(0.3);
  const step = rows.length > 20 ? 18 : 26;
  const frame = report.axes(plot, {
    x,
    y,
    x_title: data.x,
    x_share: share,
    height: rows.length * step + 54,
    y_format: (i) => short(rows[i].name),
    right: 16,
    bare_y: true,
    upright: true,
  });
  const { body, height } = frame;
  if (reference != null) {
    body.append("line").attr("class", "reference").attr("x1", x(reference)).attr("x2", x(reference)).attr("y2", height);
  }
  const lines = body.selectAll(".row").data(rows).join("g").attr("class", "row").style("--series", "var(--one)")
    .attr("transform", (row, i) => `translate(0,${y(i) + y.bandwidth() / 2})`);
  lines.filter((row) => row.low != null && row.high != null).append("line").attr("class", "line")
    .attr("x1", (row) => x(row.low)).attr("x2", (row) => x(row.high));
  lines.filter((row) => row.target != null).append("line").attr("class", "target")
    .attr("x1", (row) => x(row.target)).attr("x2", (row) => x(row.target)).attr("y1", -8).attr("y2", 8);
  lines.filter((row) => row.value != null).append("path").attr("class", (row) => (row.stands_out ? "mark" : "ring"))
    .attr("d", report.shape(report.style(0), 54)).attr("transform", (row) => `translate(${x(row.value)},0)`);
  lines.append("rect").attr("width", frame.width).attr("height", step).attr("y", -step / 2).attr("fill", "transparent");
  report.tips(lines, (row) => {
    const show = (value) => report.shown(value, share);
    const interval = row.low == null ? "" : `\n${show(row.low)} to ${show(row.high)}`;
    return `${row.name}\n${show(row.value)}${interval}${row.target == null ? "" : `\nheld against ${show(row.target)}`}`;
  });
});
