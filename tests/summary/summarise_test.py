#!/usr/bin/env python3
"""Holds summarise.py against reports as CTest writes them, and against a program whose cases are skipped: [PROGRAM]."""
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from summarise import CASE, summarise


def entry(name, status, output="", inside=""):
    return f'<testcase name="{name}" status="{status}">{inside}<system-out>{output}</system-out></testcase>'


def summary(*entries):
    return summarise(xml.etree.ElementTree.fromstring(f"<testsuite>{''.join(entries)}</testsuite>"))


SKIPPED = '<skipped message="SKIP_RETURN_CODE=77"/>'


class Summary(unittest.TestCase):
    def test_counts(self):
        self.assertEqual(summary(entry("a", "run"), entry("b", "fail", inside='<failure message=""/>'), entry("c", "run")), (2, 1, []))

    def test_what_could_not_be_started_has_failed(self):
        self.assertEqual(summary(entry("a", "notrun", inside='<skipped message="Unable to find executable"/>')), (0, 1, []))

    def test_every_skip_has_a_reason(self):
        found = summary(entry("a", "notrun", "begins\nskipped: no such thing here\n\n", SKIPPED), entry("b", "disabled"),
                        entry("c", "notrun", "", SKIPPED))
        self.assertEqual(found, (0, 0, ["a: no such thing here", "b: is disabled", "c: says no reason"]))

    def test_cases_skipped_inside_of_what_passed(self):
        output = "Running 3 test cases...\nskipped: bf16_tests/first: no bf16\nskipped: bf16_tests/third: no bf16 &amp; more\n"
        self.assertEqual(summary(entry("compute.bf16", "run", output)),
                         (1, 0, ["compute.bf16 (bf16_tests/first): no bf16", "compute.bf16 (bf16_tests/third): no bf16 & more"]))
        self.assertEqual(summary(entry("x", "notrun", "skipped: s/c: why\n", SKIPPED)), (0, 0, ["x (s/c): why"]))
        self.assertEqual(summary(entry("x", "fail", "skipped: s/c: why\n")), (0, 1, ["x (s/c): why"]))


class Program(unittest.TestCase):
    """What a test program says of cases that it cannot try."""

    def run_suite(self, suite):
        done = subprocess.run([PROGRAM, f"--run_test={suite}"], capture_output=True, text=True, check=False)
        return done.returncode, CASE.findall(done.stdout)

    def test_some_cases_skipped(self):
        self.assertEqual(self.run_suite("some_tests"), (0, [("some_tests/impossible", "not here")]))

    def test_all_cases_skipped(self):
        self.assertEqual(self.run_suite("none_tests"), (77, [("none_tests/impossible", "not here")]))

    def test_failure_beside_skips(self):
        code, cases = self.run_suite("failing_tests")
        self.assertNotIn(code, (0, 77))
        self.assertEqual(len(cases), 1)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
