"use strict";
// Members as dots along the axis of a metric, as many above one another as lie in the same place; the ensemble as a
// diamond, the mean member as a dashed line.
report.chart("members", (plot, data) => {
  const groups = data.groups.slice(0, 6);
  const by_group = data.groups.length > 1 && data.groups.length <= 6;
  const ensemble = { color: "var(--two)", symbol: d3.symbolDiamond };
  report.legend(plot, [
    ...(by_group ? groups.map((name, i) => ({ name, kind: "ring", style: look(i) })) : [{ name: "member", kind: "ring", style: look(0) }]),
    { name: "ensemble", kind: "mark", style: ensemble },
    { name: "mean member", kind: "reference" },
  ]);
  for (const metric of data.metrics) draw(metric);

  function look(group) {
    const shapes = [d3.symbolCircle, d3.symbolTriangle, d3.symbolSquare, d3.symbolCross, d3.symbolStar, d3.symbolWye];
    const colors = ["--one", "--three", "--four", "--five", "--six", "--muted"];
    return { color: `var(${colors[group % 6]})`, symbol: shapes[group % 6] };
  }

  function draw(metric) {
    const dots = data.members
      .map(([index, group], i) => ({ index, group: by_group ? group : 0, value: metric.values[i] }))
      .filter((dot) => dot.value != null)
      .sort((a, b) => a.value - b.value);
    const x = d3.scaleLinear().domain(report.padded([...metric.values, metric.ensemble, metric.mean], 0.06, metric.share));
    const size = dots.length > 24 ? 36 : 64;
    const step = Math.sqrt(size) + 3;
    x.range([0, plot.clientWidth]);
    const levels = pile(dots, x, step);
    const height = Math.max(46, levels * step + 18);
    const better = metric.better === "higher" ? "more is better" : "less is better";
    const frame = report.axes(d3.select(plot).append("div").node(), {
      x,
      y: d3.scaleLinear().domain([0, 1]),
      y_title: `${metric.name}${metric.share ? ", % of the test rows" : ""} (${better})`,
      y_format: () => "",
      x_share: metric.share,
      height: height + 56,
    });
    frame.body.selectAll(".gridline").remove();
    const middle = frame.height - levels * step / 2 - 9;
    if (metric.mean != null) {
      frame.body.append("line").attr("class", "reference").attr("x1", x(metric.mean)).attr("x2", x(metric.mean))
        .attr("y2", frame.height);
    }
    const marks = frame.body.selectAll(".ring").data(dots).join("path").attr("class", "ring")
      .style("--series", (dot) => look(dot.group).color)
      .attr("d", (dot) => report.shape(look(dot.group), size))
      .attr("transform", (dot) => `translate(${x(dot.value)},${middle - (dot.level - (levels - 1) / 2) * step})`);
    report.tips(marks, (dot) => `member ${dot.index}: ${report.shown(dot.value, metric.share)}` +
      (by_group ? `\n${data.groups[dot.group]}` : ""));
    if (metric.ensemble == null) return;
    const all = frame.body.append("g").style("--series", ensemble.color)
      .attr("transform", `translate(${x(metric.ensemble)},${middle})`);
    all.append("path").attr("class", "mark").attr("d", report.shape(ensemble, 150));
    report.tips(all.datum(metric), () => `ensemble: ${report.shown(metric.ensemble, metric.share)}`);
    const side = x(metric.ensemble) > frame.width / 2 ? -1 : 1;
    all.append("text").attr("class", "name").attr("y", -14).attr("text-anchor", side > 0 ? "start" : "end")
      .text(`ensemble ${report.shown(metric.ensemble, metric.share)}`);
  }

  // Gives every dot the lowest level at which it touches no other; returns how many levels there are.
  function pile(dots, x, step) {
    const ends = [];
    for (const dot of dots) {
      const at = x(dot.value);
      dot.level = ends.findIndex((end) => at - end >= step);
      if (dot.level < 0) dot.level = ends.length;
      ends[dot.level] = at;
    }
    return Math.max(1, ends.length);
  }
});
