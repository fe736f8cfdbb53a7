"use strict";
// Before anything is painted: the theme that was chosen last time, and the sign for the style sheet that scripts run.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("ensemble-theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // A browser that keeps nothing for this page shows it as the system says.
  }
})();
