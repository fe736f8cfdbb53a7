#!/usr/bin/env python3
"""Looks at pages in a real browser. Arguments: the program make_page, the case."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
from chromium import Chromium, program
from launching import expect

MAKE_PAGE, CASE = sys.argv[1:3]
SAMPLES = ("classification", "many", "regression", "plane")


def made(directory, sample):
    page = directory / f"{sample}.html"
    subprocess.run([MAKE_PAGE, sample, page], check=True)
    return page


def complaints(browser):
    """What the page has said to the console, errors and violations of its policy among it."""
    kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
    return [event["params"] for event in browser.events if event["method"] in kinds]


def requests(browser):
    return [event["params"]["request"]["url"] for event in browser.events if event["method"] == "Network.requestWillBeSent"]


def every_chart_is_drawn(browser, directory):
    """Every figure becomes a drawing, nothing is said to the console, and nothing but the page itself is asked for."""
    for sample in SAMPLES:
        page = made(directory, sample)
        browser.resize(1280)
        browser.open(page)
        figures = browser.evaluate("""Array.from(document.querySelectorAll("figure[data-chart]"), figure => ({
            chart: figure.dataset.chart, failed: figure.classList.contains("failed"),
            shapes: figure.querySelectorAll(".plot svg path, .plot svg rect, .plot svg circle, .plot svg image").length,
            wide: Array.from(figure.querySelectorAll(".plot svg text"), text => text.textContent).join("|"),
            open: figure.querySelector(".behind").open, height: figure.querySelector(".plot").clientHeight}))""")
        expect(len(figures) > 1, f"{sample}: no figures")
        for figure in figures:
            expect(not figure["failed"] and figure["shapes"] > 2 and figure["height"] > 100 and not figure["open"],
                   f"{sample}: {figure}")
            expect("NaN" not in figure["wide"] and "undefined" not in figure["wide"], f"{sample}: {figure}")
        expect(not complaints(browser), f"{sample}: {complaints(browser)}")
        wanted = [page.resolve().as_uri()]
        expect([url for url in requests(browser) if not url.startswith("data:")] == wanted, requests(browser))


def narrow_pages_do_not_scroll_sideways(browser, directory):
    """Neither on a phone nor on a desk anything is wider than the page."""
    for sample in SAMPLES:
        page = made(directory, sample)
        for width in (400, 320, 800, 1280):
            browser.resize(width, mobile=width < 500)
            browser.open(page)
            wide = browser.evaluate("document.documentElement.scrollWidth")
            expect(wide <= width, f"{sample} at {width}: {wide} pixels wide")
            outside = browser.evaluate("""Array.from(document.querySelectorAll(".plot svg text")).filter(text => {
                const box = text.getBoundingClientRect();
                return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
            }).map(text => text.textContent)""")
            expect(not outside, f"{sample} at {width}: outside the page: {outside}")


def charts_follow_the_width(browser, directory):
    """A window that becomes narrow gets charts of its width, with text of the same size."""
    browser.resize(1280)
    browser.open(made(directory, "classification"))
    before = browser.evaluate("document.querySelector('.plot svg[role]').viewBox.baseVal.width")
    browser.resize(400, mobile=True)
    browser.evaluate("new Promise(done => setTimeout(done, 500))")
    after = browser.evaluate("document.querySelector('.plot svg[role]').viewBox.baseVal.width")
    expect(after < 400 < before, (before, after))


def themes(browser, directory):
    """Light and dark as the system asks for, the other one by the button; paper and ink are told apart in both."""
    page = made(directory, "classification")
    ink = "getComputedStyle(document.body).color"
    paper = "getComputedStyle(document.body).backgroundColor"
    seen = {}
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        browser.open(page)
        seen[scheme] = browser.evaluate(f"[{ink}, {paper}]")
    expect(seen["light"][1] == "rgb(255, 255, 255)" and seen["dark"][1] != seen["light"][1], seen)
    browser.evaluate("document.querySelector('.theme').click()")
    expect(browser.evaluate(f"[{ink}, {paper}]") == seen["light"], "the button does not turn dark into light")
    browser.prefer("light")
    browser.evaluate("document.querySelector('.theme').click()")
    expect(browser.evaluate(f"[{ink}, {paper}]") == seen["dark"], "the button does not turn light into dark")


def complete_without_scripts(browser, directory):
    """All tables stand open, and no chart's empty place is seen."""
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    page = made(directory, "classification")
    browser.open(page, drawn=False)
    browser.send("Emulation.setScriptExecutionDisabled", value=False)
    counts = browser.evaluate("""["figure .table", ".plot", "noscript p"].map(what => Array.from(
        document.querySelectorAll(what)).filter(each => each.checkVisibility({contentVisibilityAuto: true})).length)""")
    figures = browser.evaluate("document.querySelectorAll('figure').length")
    expect(counts == [figures, 0, 1], f"tables, plots, notes that are seen: {counts} of {figures} figures")


def foreign_scripts_do_not_run(browser, directory):
    """Should text ever become a script, the policy of the page forbids it."""
    page = made(directory, "regression")
    html = page.read_text(encoding="utf-8")
    page.write_text(html.replace("</h1>", "</h1><script>window.foreign = 1</script>", 1), encoding="utf-8")
    browser.open(page)
    expect(browser.evaluate("typeof window.foreign") == "undefined", "a script that is not the page's was run")
    expect("Content Security Policy" in json.dumps(complaints(browser)), complaints(browser))


def printed(browser, directory):
    """On paper it is light, whatever the screen is, and of a few pages."""
    browser.prefer("dark")
    browser.open(made(directory, "classification"))
    browser.prefer("dark", media="print")
    expect(browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", "dark paper")
    browser.pdf(directory / "page.pdf")
    content = (directory / "page.pdf").read_bytes()
    expect(content.startswith(b"%PDF-") and 1 < content.count(b"/Type /Page\n") < 30, content.count(b"/Type /Page\n"))


def main():
    if program() is None:
        print("skipped: there is no Chromium to look with (Debian: chromium)")
        return 77
    with tempfile.TemporaryDirectory() as directory, Chromium() as browser:
        globals()[CASE](browser, Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
