"use strict";
// Draws every chart once the page is painted, again when its width changes; the button for the theme; the contents.
(() => {
  const root = document.documentElement;
  const figures = Array.from(document.querySelectorAll("figure[data-chart]"));

  // For charts that show another part of their data when they are asked to.
  report.redraw = (plot) => {
    delete plot.dataset.width;
    draw(plot.closest("figure"));
  };

  function draw(figure) {
    const plot = figure.querySelector(".plot");
    const table = figure.querySelector(".behind");
    if (plot.dataset.width === String(plot.clientWidth)) return;
    plot.dataset.width = plot.clientWidth;
    try {
      plot.textContent = "";
      report.charts.get(figure.dataset.chart)(plot, JSON.parse(figure.querySelector("script").textContent));
      for (const svg of plot.querySelectorAll("svg:not([aria-hidden])")) {
        svg.setAttribute("role", "img");
        svg.setAttribute("aria-label", figure.querySelector("h3").textContent);
      }
      if (!table.classList.contains("ready")) table.open = false;
    } catch (error) {
      figure.classList.add("failed");
      plot.textContent = "";
      console.error(`chart ${figure.dataset.chart}:`, error);
    }
    table.classList.add("ready");
  }

  function draw_all() {
    for (const figure of figures) draw(figure);
    root.dataset.charts = "drawn";
  }

  // One chart at a time, so that the page answers in between.
  function draw_from(next) {
    if (next === figures.length) {
      root.dataset.charts = "drawn";
      return;
    }
    draw(figures[next]);
    setTimeout(() => draw_from(next + 1));
  }
  requestAnimationFrame(() => setTimeout(() => draw_from(0)));

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw_all, 120);
  });
  window.addEventListener("beforeprint", draw_all);
  window.addEventListener("scroll", report.hide_tip, { passive: true });

  const button = document.querySelector(".theme");
  const is_dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  const say = () => {
    button.textContent = is_dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Show in ${is_dark() ? "light" : "dark"} colours`);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = is_dark() ? "light" : "dark";
    try {
      localStorage.setItem("ensemble-theme", root.dataset.theme);
    } catch {
      // Then the choice holds for this page alone.
    }
    say();
  });
  say();

  // The contents name the section that is being read.
  const links = new Map(Array.from(document.querySelectorAll("nav a"), (link) => [link.hash.slice(1), link]));
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(target.id).setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of document.querySelectorAll("main section")) watch.observe(section);
})();
