"use strict";
// What each rank did: bars along time, kinds told apart by colour and by how high they stand.
report.chart("timeline", (plot, { end, kinds, ranks }) => {
  // Waiting is what is left over: as pale as it is dull.
  const look = (kind) => (/^(wait|idle)/.test(kinds[kind]) ? { color: "var(--line)" } : report.style(kind));
  const heights = [1, 0.62, 0.36, 0.8, 0.5, 0.24];
  const height_of = (kind) => heights[kind % heights.length];
  report.legend(plot, kinds.map((name, i) => ({ name, kind: "bar", style: look(i), height: height_of(i) })));
  const x = d3.scaleLinear().domain([0, end || 1]);
  const y = d3.scaleBand().domain(ranks.map((rank) => rank.rank)).padding(0.25);
  const step = ranks.length > 32 ? 10 : ranks.length > 12 ? 16 : 24;
  const every = Math.ceil(12 / step);
  const frame = report.axes(plot, {
    x,
    y,
    x_title: "seconds since the start",
    y_title: "rank",
    height: ranks.length * step + 84,
    y_format: (rank, i) => (i % every === 0 ? String(rank) : ""),
    bare_y: true,
  });
  const rows = frame.body.selectAll(".row").data(ranks).join("g").attr("class", "row")
    .attr("transform", (rank) => `translate(0,${y(rank.rank)})`);
  const spans = rows.selectAll("rect").data((rank) => rank.spans.map((span) => [rank.rank, ...span])).join("rect")
    .style("fill", (span) => look(span[1]).color)
    .attr("x", (span) => x(span[2])).attr("width", (span) => Math.max(0.5, x(span[3]) - x(span[2]) - 0.5))
    .attr("y", (span) => y.bandwidth() * (1 - height_of(span[1]))).attr("height", (span) => y.bandwidth() * height_of(span[1]));
  const seconds = d3.format(".2f");
  report.tips(spans, ([rank, kind, from, to]) =>
    `rank ${rank}: ${kinds[kind]}\n${seconds(from)} to ${seconds(to)} s, ${seconds(to - from)} s`);
});
