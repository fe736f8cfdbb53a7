"use strict";
// Axes, and what lies between them: lines with bands, symbols, a pointer that reads the nearest values.
Object.assign(report, (() => {
  const letter = 6.8; // width of a digit at 12 px, about

  // Marks of y: of a logarithmic axis powers of ten alone, of names all.
  function places(y, count) {
    if (!y.ticks) return y.domain();
    return y.base ? y.ticks(count).filter((value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9) : y.ticks(count);
  }

  // An SVG with axes in `place`. x, y: scales with their domains, whose ranges are set here. Titles say quantity and
  // unit; that of y stands above the axis, so that nobody has to turn the head. left: at least so much room for marks;
  // upright: lines at the marks of x too; x_whole: no marks between whole numbers. Returns what is drawn on, and its size.
  function axes(place, options) {
    const { x, y, x_title, y_title, height = 260, x_share, y_share, x_format, y_format, right = 12, bare_y } = options;
    const width = Math.max(place.clientWidth, 200);
    const y_count = Math.max(3, Math.round(height / 55));
    const y_marks = y_format || (y.ticks ? report.marks(y, y_count, y_share) : String);
    const names = places(y, y_count);
    const left = Math.ceil(d3.max(names, (value, i) => y_marks(value, i).length) * letter) + 12;
    const margin = { top: y_title ? 28 : 10, right, bottom: x_title ? 44 : 26, left: Math.max(left, options.left || 0) };
    const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
    x.range([0, inner.width]);
    y.range(y.ticks ? [inner.height, 0] : [0, inner.height]);

    const svg = d3.select(place).append("svg").attr("viewBox", `0 0 ${width} ${height}`);
    const body = svg.append("g").attr("transform", `translate(${margin.left},${margin.top})`);
    if (y.ticks) {
      body.selectAll(".gridline").data(names).join("line").attr("class", "gridline")
        .attr("x2", inner.width).attr("y1", y).attr("y2", y);
    }
    const x_count = Math.max(2, Math.min(10, Math.round(inner.width / 70)));
    if (options.upright) {
      body.selectAll(".upright").data(x.ticks(x_count)).join("line").attr("class", "gridline upright")
        .attr("x1", x).attr("x2", x).attr("y2", inner.height);
    }
    const x_axis = d3.axisBottom(x).tickSizeOuter(0).tickSizeInner(4).ticks(x_count);
    if (options.x_whole) x_axis.tickValues(x.ticks(x_count).filter(Number.isInteger));
    if (x.ticks) x_axis.tickFormat(x_format || report.marks(x, x_count, x_share));
    body.append("g").attr("class", "axis").attr("transform", `translate(0,${inner.height})`).call(x_axis);
    const y_axis = d3.axisLeft(y).tickValues(names).tickSize(bare_y || y.ticks ? 0 : 4).tickPadding(8).tickFormat(y_marks);
    body.append("g").attr("class", "axis bare").call(y_axis);
    if (y_title) svg.append("text").attr("class", "name").attr("y", 12).text(y_title);
    if (x_title) {
      svg.append("text").attr("class", "name").attr("x", margin.left + inner.width).attr("y", height - 6)
        .attr("text-anchor", "end").text(x_title);
    }
    return { svg, body, width: inner.width, height: inner.height, left: margin.left, x, y };
  }

  // points: [x, y] or, with a band, [x, y, low, high]; what is null is a gap.
  function line(frame, points, look, curve = d3.curveLinear) {
    const { body, x, y } = frame;
    const group = body.append("g").style("--series", look.color);
    if (points.some((point) => point.length > 2)) {
      const area = d3.area().defined((point) => point[2] != null && point[3] != null).curve(curve)
        .x((point) => x(point[0])).y0((point) => y(point[2])).y1((point) => y(point[3]));
      group.append("path").attr("class", "band").attr("d", area(points));
    }
    const path = d3.line().defined((point) => point[1] != null).curve(curve)
      .x((point) => x(point[0])).y((point) => y(point[1]));
    group.append("path").attr("class", `line ${look.dash}`).attr("d", path(points));
    return group;
  }

  // A symbol for each of `points`, at [x, y].
  function symbols(frame, points, look, size = 48, kind = "mark") {
    return frame.body.append("g").style("--series", look.color).selectAll("path").data(points.filter((point) => point[1] != null)).join("path")
      .attr("class", kind).attr("d", report.shape(look, size))
      .attr("transform", (point) => `translate(${frame.x(point[0])},${frame.y(point[1])})`);
  }

  // Follows the pointer over the frame and shows text(x value) of the nearest of `values`.
  function reader(frame, values, text) {
    const { body, width, height, x } = frame;
    const rule = body.append("line").attr("class", "reference").attr("y2", height).attr("visibility", "hidden");
    body.append("rect").attr("width", width).attr("height", height).attr("fill", "transparent")
      .on("pointermove", function () {
        const at = x.invert(d3.mouse(this)[0]);
        const nearest = values[d3.scan(values, (a, b) => Math.abs(a - at) - Math.abs(b - at))];
        rule.attr("visibility", null).attr("x1", x(nearest)).attr("x2", x(nearest));
        report.show_tip(text(nearest), d3.event);
      })
      .on("pointerleave", () => {
        rule.attr("visibility", "hidden");
        report.hide_tip();
      });
  }

  return { axes, line, symbols, reader };
})());
