"use strict";
// Fields of a matrix, the more of a colour the larger, with their numbers where there is room for them.
(() => {
  // How opaque a field is that is `at` of the way from the least amount to the largest, and what is read on it.
  const opacity = (at) => 0.08 + 0.92 * at;
  const ink = (at) => (at > 0.5 ? "var(--paper)" : "var(--ink)");

  // Every how many-th name of `count` fits where a field is `size` wide.
  const stride = (count, size, letters) => Math.max(1, Math.ceil((letters * 7 + 4) / size));

  function grid(plot, names, top, left, most_size) {
    const width = Math.max(plot.clientWidth, 240);
    const size = Math.min((width - left - 4) / names.length, most_size);
    const side = size * names.length;
    const svg = d3.select(plot).append("svg").attr("class", "grid").attr("viewBox", `0 0 ${width} ${side + top + 8}`);
    return { size, side, body: svg.append("g").attr("transform", `translate(${left},${top})`) };
  }

  // Names of the lines on the left, and of the columns above, as many as fit.
  function names_of(body, names, size, short) {
    const longest = d3.max(names, (name) => short(name).length);
    const every_row = stride(names.length, size, 1);
    const every_column = stride(names.length, size, longest);
    const middle = (i) => (i + 0.5) * size;
    body.append("g").selectAll("text").data(names).join("text").attr("x", -8).attr("y", (name, i) => middle(i))
      .attr("dy", "0.35em").attr("text-anchor", "end").text((name, i) => (i % every_row === 0 ? short(name) : ""));
    body.append("g").selectAll("text").data(names).join("text").attr("x", (name, i) => middle(i)).attr("y", -8)
      .attr("text-anchor", "middle").text((name, i) => (i % every_column === 0 ? short(name) : ""));
  }

  // A bar that says which colour is which amount.
  function scale_bar(plot, low, high, text) {
    const bar = d3.select(plot).append("div").attr("class", "scale");
    bar.append("span").text(low);
    bar.append("i");
    bar.append("span").text(`${high}  ${text}`);
  }

  report.chart("confusion", (plot, { names, rows }) => {
    const phone = plot.clientWidth < 480;
    const most = phone ? 5 : 12; // letters of a name
    const short = (name) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
    const left = Math.min(d3.max(names, (name) => short(name).length) * 7 + 14, plot.clientWidth / 3);
    const totals = rows.map((row) => d3.sum(row));
    const share = (i, j) => (totals[i] > 0 ? rows[i][j] / totals[i] : 0);
    const cells = rows.flatMap((row, i) => row.map((count, j) => ({ i, j, count, share: share(i, j) })));
    const highest = d3.max(cells, (cell) => (cell.i === cell.j ? 0 : cell.share)) || 1;
    const amount = (cell) => cell.share / highest;
    scale_bar(plot, "0 %", report.percent(highest, 1), "of the line taken for this class");
    const { size, body } = grid(plot, names, 44, left + 16, 52);
    names_of(body, names, size, short);
    body.append("text").attr("class", "name").attr("x", 0).attr("y", -28).text("taken for →");
    body.append("text").attr("class", "name").attr("x", -8).attr("y", -8).attr("text-anchor", "end").text("truth ↓");
    const fields = body.append("g").selectAll("g").data(cells).join("g")
      .attr("transform", (cell) => `translate(${cell.j * size},${cell.i * size})`);
    const gap = size > 12 ? 1 : 0;
    const is_right = (cell) => cell.i === cell.j;
    fields.append("rect").attr("width", size - gap).attr("height", size - gap)
      .attr("class", (cell) => (is_right(cell) ? "right" : cell.count === 0 ? "none" : "amount"))
      .attr("fill-opacity", (cell) => (is_right(cell) || cell.count === 0 ? null : opacity(amount(cell))));
    if (size >= 26) {
      fields.filter((cell) => cell.count > 0).append("text").attr("x", (size - gap) / 2).attr("y", (size - gap) / 2)
        .attr("dy", "0.35em").attr("text-anchor", "middle")
        .style("fill", (cell) => (is_right(cell) ? "var(--ink)" : ink(amount(cell))))
        .text((cell) => (100 * cell.share).toFixed(cell.share < 0.0995 || size > 38 ? 1 : 0));
    }
    report.tips(fields, (cell) => `${names[cell.i]} ${is_right(cell) ? "recognised" : `taken for ${names[cell.j]}`}\n` +
      `${d3.format(",")(cell.count)} rows, ${report.percent(cell.share)}`);
  });

  report.chart("pairs", (plot, { members, measures }) => {
    const chosen = Number(plot.dataset.measure || 0);
    const measure = measures[chosen];
    if (measures.length > 1) {
      const buttons = d3.select(plot).append("div").attr("class", "choice").attr("role", "group");
      buttons.selectAll("button").data(measures).join("button").attr("type", "button")
        .attr("aria-pressed", (each) => String(each === measure)).text((each) => each.name)
        .on("click", (each) => {
          plot.dataset.measure = measures.indexOf(each);
          report.redraw(plot);
        });
    }
    const value = (a, b) => measure.rows[Math.max(a, b)][Math.min(a, b)];
    const cells = members.flatMap((first, a) => members.map((second, b) => ({ a, b, value: a === b ? null : value(a, b) })));
    const [low, high] = d3.extent(cells.filter((cell) => cell.value != null), (cell) => cell.value);
    const amount = (cell) => (low < high ? (cell.value - low) / (high - low) : 1);
    const show = (amount) => (measure.share ? report.percent(amount, 1) : d3.format(".2f")(amount).replace("-", "−"));
    scale_bar(plot, show(low), show(high), measure.text);
    const names = members.map(String);
    const { size, body } = grid(plot, names, 24, d3.max(names, (name) => name.length) * 7 + 14, 44);
    names_of(body, names, size, (name) => name);
    const fields = body.append("g").selectAll("g").data(cells).join("g")
      .attr("transform", (cell) => `translate(${cell.b * size},${cell.a * size})`);
    const gap = size > 12 ? 1 : 0;
    fields.append("rect").attr("width", size - gap).attr("height", size - gap)
      .attr("class", (cell) => (cell.value == null ? "none" : "amount"))
      .attr("fill-opacity", (cell) => (cell.value == null ? null : opacity(amount(cell))));
    if (size >= 34) {
      fields.filter((cell) => cell.value != null).append("text").attr("x", (size - gap) / 2).attr("y", (size - gap) / 2)
        .attr("dy", "0.35em").attr("text-anchor", "middle").style("fill", (cell) => ink(amount(cell)))
        .text((cell) => (measure.share ? (100 * cell.value).toFixed(1) : d3.format(".2f")(cell.value).replace("-", "−")));
    }
    report.tips(fields.filter((cell) => cell.value != null),
      (cell) => `members ${members[cell.a]} and ${members[cell.b]}\n${measure.name} ${show(cell.value)}`);
  });
})();
