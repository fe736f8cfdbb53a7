"use strict";
// What all charts are made with. A chart is a function of a place on the page and its data, registered under the name
// that its figure has: report.chart("members", (plot, data) => …). It is called again when the page's width changes.
const report = (() => {
  const charts = new Map();

  // Styles that tell series apart without colour too: each has a dash and a symbol of its own.
  const styles = [
    { color: "var(--one)", dash: "", symbol: d3.symbolCircle },
    { color: "var(--two)", dash: "dashed", symbol: d3.symbolDiamond },
    { color: "var(--three)", dash: "dotted", symbol: d3.symbolTriangle },
    { color: "var(--four)", dash: "dash-dot", symbol: d3.symbolSquare },
    { color: "var(--five)", dash: "dashed", symbol: d3.symbolCross },
    { color: "var(--six)", dash: "dotted", symbol: d3.symbolStar },
  ];
  const style = (i) => styles[i % styles.length];

  // The outline of a symbol of a style, `size` square pixels large.
  const shape = (look, size) => d3.symbol().type(look.symbol).size(size)();

  const percent = (value, digits = 2) => (value == null ? "–" : `${(100 * value).toFixed(digits)} %`);

  // Four significant digits, as the tables have them.
  const number = (value) => (value == null ? "–" : d3.format(".4~r")(value).replace("-", "−"));
  const shown = (value, share) => (share ? percent(value) : number(value));

  // Marks of an axis: shares as per cent with as many digits as the step between marks asks for.
  function marks(scale, count, share) {
    if (!share) {
      const format = scale.tickFormat(count);
      return (value) => format(value).replace("-", "−");
    }
    const [first, second] = scale.ticks(count);
    const step = 100 * Math.abs(second - first) || 1;
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return (value) => (100 * value).toFixed(digits);
  }

  // A power of ten: "10⁻³".
  const power = (value) => `10${String(Math.round(Math.log10(value))).replace(/./g, (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)])}`;

  // A little more than the range of the values, so that nothing lies on the edge; not below 0 where no value is, and
  // of shares not above 1.
  function padded(values, room = 0.06, share = false) {
    const [low, high] = d3.extent(values.filter((value) => value != null));
    if (low === undefined) return [0, 1];
    const more = (high - low || Math.abs(high) || 1) * room;
    return [low >= 0 ? Math.max(0, low - more) : low - more, share && high <= 1 ? Math.min(1, high + more) : high + more];
  }

  // entries: {name, style, kind: "line" | "band" | "mark" | "ring" | "reference" | "bar"}, shown above a chart.
  function legend(plot, entries) {
    const items = d3.select(plot).append("ul").attr("class", "legend").selectAll("li").data(entries).join("li");
    items.each(function (entry) {
      const svg = d3.select(this).append("svg").attr("viewBox", "0 0 28 12").attr("aria-hidden", "true");
      swatch(svg.style("--series", entry.style ? entry.style.color : "var(--muted)"), entry);
    });
    items.append("span").text((entry) => entry.name);
  }

  function swatch(svg, { kind, style: look, height }) {
    if (kind === "bar") {
      svg.append("rect").attr("width", 28).attr("y", 12 * (1 - height)).attr("height", 12 * height).style("fill", look.color);
    }
    if (kind === "band") svg.append("rect").attr("class", "band").attr("width", 28).attr("height", 12);
    if (kind === "reference") svg.append("path").attr("class", "reference").attr("d", "M0,6H28");
    if (kind === "line" || kind === "band") svg.append("path").attr("class", `line ${look.dash}`).attr("d", "M0,6H28");
    if (kind === "mark" || kind === "ring") {
      svg.append("path").attr("class", kind).attr("transform", "translate(14,6)").attr("d", shape(look, 60));
    }
  }

  let tip = null;

  function show_tip(text, event) {
    tip = tip || d3.select(document.body).append("div").attr("class", "tip").node();
    tip.textContent = text;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, window.innerWidth - width - 8);
    const above = event.clientY - height - 14;
    tip.style.left = `${Math.max(8, x)}px`;
    tip.style.top = `${above > 8 ? above : event.clientY + 18}px`;
  }

  function hide_tip() {
    if (tip) tip.hidden = true;
  }

  // Shows text(datum) beside the pointer while it is over an element of the selection.
  function tips(selection, text) {
    selection
      .on("pointermove", (datum) => show_tip(text(datum), d3.event))
      .on("pointerleave", hide_tip);
  }

  // A place for each of the small charts that stand side by side where there is room.
  function panels(plot, items) {
    return d3.select(plot).append("div").attr("class", "panels").selectAll("div").data(items).join("div").nodes();
  }

  return {
    chart: (name, draw) => charts.set(name, draw),
    charts,
    style,
    shape,
    percent,
    number,
    shown,
    marks,
    power,
    padded,
    legend,
    tips,
    show_tip,
    hide_tip,
    panels,
  };
})();
