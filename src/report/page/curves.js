"use strict";
// Lines, steps and symbols with bands, in panels side by side; the same name has the same look in all of them.
report.chart("curves", (plot, { panels }) => {
  const named = new Map(panels.flatMap((panel) => panel.curves.map((curve) => [curve.name, curve])));
  if (named.size > 1) {
    report.legend(plot, Array.from(named.values(), (curve) => ({
      name: curve.name,
      kind: curve.kind === "marks" ? "ring" : curve.points.some((point) => point.length > 2) ? "band" : "line",
      style: report.style(curve.look),
    })));
  }
  const places = report.panels(plot, panels);
  panels.forEach((panel, i) => draw(places[i], panel));

  function draw(place, panel) {
    const points = panel.curves.flatMap((curve) => curve.points);
    const x = d3.scaleLinear().domain(report.padded(points.map((point) => point[0]), 0.02, panel.x_share));
    const values_of_y = points.flatMap((point) => point.slice(1));
    const y = panel.y_log
      ? d3.scaleLog().domain(d3.extent(values_of_y.filter((value) => value > 0))).nice()
      : d3.scaleLinear().domain(report.padded(values_of_y, 0.06, panel.y_share)).nice(4);
    const frame = report.axes(place, {
      x,
      y,
      x_title: panel.x,
      y_title: panel.y,
      x_share: panel.x_share,
      x_whole: points.every((point) => Number.isInteger(point[0])),
      y_share: panel.y_share,
      y_format: panel.y_log ? report.power : undefined,
    });
    for (const curve of panel.curves) {
      const look = report.style(curve.look);
      if (curve.kind !== "marks") report.line(frame, curve.points, look, curve.kind === "steps" ? d3.curveStepAfter : d3.curveLinear);
      const alone = curve.points.length === 1;
      if (curve.kind === "marks") report.symbols(frame, curve.points, look, 42, "ring");
      if (alone || (curve.kind === "marked" && curve.points.length <= 16)) report.symbols(frame, curve.points, look, 34);
    }
    const values = Array.from(new Set(points.map((point) => point[0]))).sort(d3.ascending);
    report.reader(frame, values, (at) => [`${panel.x.replace(", %", "")}: ${report.shown(at, panel.x_share)}`, ...panel.curves
      .map((curve) => [curve, curve.points.find((point) => point[0] === at)])
      .filter(([, point]) => point)
      .map(([curve, [, value, low, high]]) => `${curve.name}: ${report.shown(value, panel.y_share)}` +
        (low == null ? "" : ` (${report.shown(low, panel.y_share)} to ${report.shown(high, panel.y_share)})`))].join("\n"));
  }
});
