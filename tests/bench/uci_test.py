#!/usr/bin/env python3
"""Splits, tables and verdicts of bench/uci.py."""

import math
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import uci  # noqa: E402


class Uci(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        rows = "".join(f" {row}.50  {row + 100}   {row + 200}e-1\n" for row in range(30))
        self.give("data", rows + "\n")
        self.give("index_features", "0\n2\n")
        self.give("index_target", "1\n")
        self.give("index_train_0", "".join(f"{float(row):.18e}\n" for row in range(29, 4, -1)))
        self.give("index_test_0", "0\n1\n2\n3\n4\n")

    def tearDown(self):
        self.folder.cleanup()

    def give(self, name, text):
        (self.path / f"{name}.txt").write_text(text)

    def test_a_split_is_what_its_files_say(self):
        train, test = uci.Set(self.path).split(0, validate=False)
        self.assertEqual((train, test), (list(range(29, 4, -1)), [0, 1, 2, 3, 4]))

    def test_validation_reads_training_rows_alone(self):
        train, held_out = uci.Set(self.path).split(0, validate=True)
        self.assertEqual((train, held_out), (list(range(29, 6, -1)), [6, 5]))

    def test_a_split_that_is_no_partition_is_refused(self):
        for rows in ("0\n1\n2\n3\n", "0\n1\n2\n3\n5\n", "0\n1\n2\n3\n4\n30\n"):
            self.give("index_test_0", rows)
            with self.assertRaisesRegex(SystemExit, "split 0: train and test rows are not all rows"):
                uci.Set(self.path).split(0, validate=False)

    def test_a_table_has_the_numbers_as_written_and_the_target_last(self):
        uci.Set(self.path).write(self.path / "t.csv", [3, 0])
        self.assertEqual((self.path / "t.csv").read_text(), "x1,x2,y\n3.50,203e-1,103\n0.50,200e-1,100\n")

    def test_settings_behind_two_dashes_replace_the_chosen_ones(self):
        chosen = [word for pair in uci.CHOSEN.items() for word in pair]
        self.assertEqual(uci.split_settings(["D", "--validate"]), (["D", "--validate"], chosen))
        own, settings = uci.split_settings(["D", "--", "--lr", "7", "--bootstrap"])
        self.assertEqual((own, settings[-3:], settings.count("--lr")), (["D"], ["--lr", "7", "--bootstrap"], 1))

    def test_figures_are_held_against_published_ones_as_these_are_rounded(self):
        self.assertTrue(uci.is_reached(0.0949, 0.09))
        self.assertFalse(uci.is_reached(0.0951, 0.09))
        self.assertTrue(uci.is_reached(-1.196, -1.20))
        self.assertFalse(uci.is_reached(-1.19, -1.20))
        self.assertFalse(uci.is_reached(math.nan, 3.28))


if __name__ == "__main__":
    unittest.main()
