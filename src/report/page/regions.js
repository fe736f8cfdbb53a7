"use strict";
// The plane of two features, coloured by the class that a network chooses and how sure it is of it.
report.chart("regions", (plot, data) => {
  const { columns, rows, classes, points } = data;
  let masks = 0; // so many have a name
  report.legend(plot, classes.map((name, i) => ({ name, kind: "mark", style: report.style(i) })));
  const places = report.panels(plot, data.maps);
  data.maps.forEach((map, i) => draw(places[i], map));

  function draw(place, map) {
    const x = d3.scaleLinear().domain(data.x_domain);
    const y = d3.scaleLinear().domain(data.y_domain);
    const frame = report.axes(place, { x, y, x_title: data.x, y_title: `${map.name} (${data.y} upwards)`, height: 260 });
    const { body, width, height } = frame;
    // One picture for each class, of the class's colour: what is opaque says how sure the network is.
    const least = 1 / classes.length;
    classes.forEach((name, label) => {
      if (!map.labels.includes(label)) return;
      const mask = picture((cell) => {
        const sure = (map.percents[cell] / 100 - least) / (1 - least);
        return map.labels[cell] === label ? 40 + 150 * Math.max(0, sure) : 0;
      });
      const id = `mask-${++masks}`;
      body.append("mask").attr("id", id).append("image").attr("href", mask).attr("width", width).attr("height", height)
        .attr("preserveAspectRatio", "none").style("image-rendering", "pixelated");
      body.append("rect").attr("width", width).attr("height", height).attr("mask", `url(#${id})`)
        .style("fill", report.style(label).color);
    });
    edges(frame, map);
    classes.forEach((name, label) => {
      const some = points.filter((point) => point[2] === label);
      report.symbols(frame, some, report.style(label), points.length > 20 ? 22 : 110, "mark outlined");
    });
  }

  // White where amount(cell) is 255, black where it is 0; the first row of the picture is the last of the grid.
  function picture(amount) {
    const canvas = document.createElement("canvas");
    canvas.width = columns;
    canvas.height = rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let row = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column) {
        const value = amount((rows - 1 - row) * columns + column);
        image.data.set([value, value, value, 255], 4 * (row * columns + column));
      }
    }
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  // A line between cells of different classes.
  function edges(frame, map) {
    const step_x = frame.width / columns;
    const step_y = frame.height / rows;
    const path = d3.path();
    for (let row = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column) {
        const label = map.labels[row * columns + column];
        const top = frame.height - (row + 1) * step_y;
        if (column + 1 < columns && map.labels[row * columns + column + 1] !== label) {
          path.moveTo((column + 1) * step_x, top);
          path.lineTo((column + 1) * step_x, top + step_y);
        }
        if (row + 1 < rows && map.labels[(row + 1) * columns + column] !== label) {
          path.moveTo(column * step_x, top);
          path.lineTo((column + 1) * step_x, top);
        }
      }
    }
    frame.body.append("path").attr("class", "edge").attr("d", path.toString());
  }
});
