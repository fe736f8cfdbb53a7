"use strict";
// Predictions of a number: against the truth, what is left over, and the intervals by their width.
report.chart("predicted", (plot, { rows, target }) => {
  const inside = { color: "var(--one)", symbol: d3.symbolCircle, dash: "" };
  const outside = { color: "var(--two)", symbol: d3.symbolCross, dash: "" };
  report.legend(plot, [
    { name: "truth in its interval", kind: "ring", style: inside },
    { name: "truth outside", kind: "mark", style: outside },
  ]);
  const points = rows.map(([truth, mean, low, high], i) => ({ truth, mean, low, high, i, covered: low <= truth && truth <= high }));
  const places = report.panels(plot, ["truth", "residual", "interval"]);
  const all = points.flatMap((point) => [point.truth, point.mean]);
  const numbers = d3.scaleLinear().domain(report.padded(all)).nice(4);

  const truth = report.axes(places[0], {
    x: numbers.copy(), y: numbers.copy(), x_title: "predicted", y_title: `${target}: truth`, height: 290,
  });
  const [low, high] = numbers.domain();
  truth.body.append("line").attr("class", "reference").attr("x1", truth.x(low)).attr("y1", truth.y(low))
    .attr("x2", truth.x(high)).attr("y2", truth.y(high));
  scatter(truth, (point) => [point.mean, point.truth]);

  const left = points.map((point) => point.truth - point.mean);
  const residual = report.axes(places[1], {
    x: numbers.copy(), y: d3.scaleLinear().domain(report.padded(left.concat(0))).nice(4), x_title: "predicted",
    y_title: "truth − predicted", height: 290,
  });
  residual.body.append("line").attr("class", "reference").attr("x2", residual.width).attr("y1", residual.y(0)).attr("y2", residual.y(0));
  scatter(residual, (point) => [point.mean, point.truth - point.mean]);

  const ends = points.flatMap((point) => [point.low - point.mean, point.high - point.mean, point.truth - point.mean]);
  const interval = report.axes(places[2], {
    x: d3.scaleLinear().domain([0, points.length]), y: d3.scaleLinear().domain(report.padded(ends)).nice(4),
    x_title: "rows, narrowest interval first", y_title: "interval − predicted", height: 290,
  });
  interval.body.selectAll(".interval").data(points).join("line").attr("class", "interval")
    .attr("x1", (point) => interval.x(point.i + 0.5)).attr("x2", (point) => interval.x(point.i + 0.5))
    .attr("y1", (point) => interval.y(point.low - point.mean)).attr("y2", (point) => interval.y(point.high - point.mean));
  scatter(interval, (point) => [point.i + 0.5, point.truth - point.mean]);

  function scatter(frame, place) {
    for (const [look, covered, size] of [[inside, true, 14], [outside, false, 34]]) {
      const some = points.filter((point) => point.covered === covered);
      const marks = report.symbols(frame, some.map((point) => [...place(point), point]), look, size, covered ? "ring fine" : "mark");
      report.tips(marks, ([, , point]) => `truth ${report.number(point.truth)}\npredicted ${report.number(point.mean)}` +
        ` (${report.number(point.low)} to ${report.number(point.high)})`);
    }
  }
});
