#!/usr/bin/env python3
"""The closing lines of tests/run, from what CTest has written down: summarise.py JUNIT.xml.

One line for each test, or case of a test, that was skipped, with its reason; then "N passed, M failed, K skipped". A test that
CTest could not start is written down as skipped; only one that skipped itself or is disabled counts as such here. Fails unless
M is 0 and N is not.
"""
import re
import sys
import xml.etree.ElementTree

CASE = re.compile(r"^skipped: ([^\s:]+/[^\s:]+): (.*)$", re.MULTILINE)  # as tests/skips.hpp prints it


def reason_in(output):
    """The last line that a skipped test has written."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].removeprefix("skipped: ") if lines else "says no reason"


def summarise(report):
    """Counts of what passed and failed, and lines about what was skipped."""
    passed = failed = 0
    skipped = []
    for entry in report.iter("testcase"):
        name, status = entry.get("name"), entry.get("status")
        output = entry.findtext("system-out") or ""
        mark = entry.find("skipped")
        skips_itself = mark is not None and mark.get("message", "").startswith("SKIP_")
        cases = CASE.findall(output)
        if status == "disabled":
            skipped.append(f"{name}: is disabled")
        elif skips_itself and not cases:
            skipped.append(f"{name}: {reason_in(output)}")
        elif status == "run":
            passed += 1
        elif not skips_itself:
            failed += 1
        skipped += [f"{name} ({case}): {reason}" for case, reason in cases]
    return passed, failed, skipped


def main():
    passed, failed, skipped = summarise(xml.etree.ElementTree.parse(sys.argv[1]))
    for line in skipped:
        print(f"skipped: {line}")
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
