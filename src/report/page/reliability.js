"use strict";
// Said against observed probabilities, with the diagonal they should lie on; below, how many rows say what.
report.chart("reliability", (plot, { bins, curve, band }) => {
  const fit = report.style(0);
  const bin = report.style(1);
  const with_rows = bins.filter((each) => each[2] > 0 && each[3] != null && each[4] != null);
  report.legend(plot, [
    ...(curve.length > 0 ? [{ name: band.length > 0 ? "isotonic fit, and what chance allows" : "isotonic fit", kind: band.length > 0 ? "band" : "line", style: fit }] : []),
    { name: "bins", kind: "mark", style: bin },
    { name: "as it should be", kind: "reference" },
  ]);
  const place = d3.select(plot).append("div").attr("class", "narrow");
  const x = d3.scaleLinear().domain([0, 1]);
  const width = Math.min(plot.clientWidth, 480);
  const left = 56; // of both, so that probabilities stand below one another
  const above = report.axes(place.append("div").node(), {
    x,
    y: d3.scaleLinear().domain([0, 1]),
    y_title: "right, % of the rows",
    x_share: true,
    y_share: true,
    height: Math.round(width * 0.82),
    left,
  });
  above.body.append("line").attr("class", "reference").attr("x1", above.x(0)).attr("y1", above.y(0))
    .attr("x2", above.x(1)).attr("y2", above.y(1));
  if (band.length > 1) {
    const area = d3.area().x((point) => above.x(point[0])).y0((point) => above.y(point[1])).y1((point) => above.y(point[2]));
    above.body.append("path").attr("class", "band").style("--series", fit.color).attr("d", area(band));
  }
  if (curve.length > 0) report.line(above, curve, fit, d3.curveStepAfter);
  const marks = report.symbols(above, with_rows.map((each) => [each[3], each[4], each]), bin, 52);
  report.tips(marks, (point) => describe(point[2]));

  const most = d3.max(bins, (each) => each[2]) || 1;
  const below = report.axes(place.append("div").node(), {
    x: x.copy(),
    y: d3.scaleLinear().domain([0, most]),
    x_title: "probability of the chosen class, %",
    y_title: "test rows",
    x_share: true,
    height: 150,
    left,
  });
  const bars = below.body.selectAll(".bar").data(bins).join("rect").attr("class", "bar")
    .attr("x", (each) => below.x(each[0]) + 1).attr("width", (each) => Math.max(1, below.x(each[1]) - below.x(each[0]) - 2))
    .attr("y", (each) => below.y(each[2])).attr("height", (each) => below.height - below.y(each[2]));
  report.tips(bars, describe);

  function describe([low, high, rows, confidence, accuracy]) {
    const said = `${report.percent(low, 1)} to ${report.percent(high, 1)}: ${d3.format(",")(rows)} rows`;
    return rows > 0 ? `${said}\nsaid ${report.percent(confidence)}, right ${report.percent(accuracy)}` : said;
  }
});
