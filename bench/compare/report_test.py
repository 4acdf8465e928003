"""What the comparison makes of its times, and how it keeps them: python3 -m unittest report_test"""

import types
import unittest

import processor
import report

CASE = types.SimpleNamespace(name="mlp", goal=1.5)
PAGE = f"# Results\n\n{report.BEGIN}\n{report.END}\n\nMore.\n"


class Report(unittest.TestCase):

    def test_the_ratio_is_the_median_of_the_pairs(self):
        found = report.summarize(CASE, [1.0, 2.0, 4.0], [peer([2.0, 2.0, 12.0])], 1.5,
                                 ("Zen", "2026-01-02"))

        self.assertEqual(found, ["mlp", "2.000", "2.000", "2.00", "1.5", "yes", "1.500", "0.75",
                                 "2.15 fused, contiguous", "", "Zen", "2026-01-02"])

    def test_a_goal_that_is_missed_is_said_to_be(self):
        found = report.summarize(CASE, [10.0], [peer([14.9])], 5.0, ("Zen", "2026-01-02"))

        self.assertEqual(found[3:6], ["1.49", "1.5", "no"])

    def test_of_several_peers_the_fastest_counts_and_the_others_are_named(self):
        slow = types.SimpleNamespace(version="1.13", setting="", milliseconds=[3.0])

        found = report.summarize(CASE, [1.0], [slow, peer([2.0])], 0.5, ("Zen", "2026-01-02"))

        self.assertEqual((found[3], found[8], found[9]),
                         ("2.00", "2.15 fused, contiguous", "1.13: 3.000"))

    def test_one_that_is_far_behind_has_the_time_of_its_trial(self):
        slow = types.SimpleNamespace(version="1.13", setting="", trial=3.0)

        found = report.summarize(CASE, [1.0], [peer([2.0])], 0.5, ("Zen", "2026-01-02"), [slow])

        self.assertEqual((found[3], found[9]), ("2.00", "1.13: 3.000 in its trial"))

    def test_large_times_have_no_digits_that_mean_nothing(self):
        self.assertEqual([report.milliseconds(value) for value in (0.1234, 12.34, 1234.5)],
                         ["0.123", "12.3", "1234"])

    def test_rows_replace_older_ones_of_their_case_and_keep_the_others(self):
        first = report.record(PAGE, ["a", "b"], [row("b", "1"), row("a", "2")])

        second = report.record(first, ["a", "b"], [row("b", "3")])

        self.assertEqual(report.rows_of(second), {"a": row("a", "2"), "b": row("b", "3")})
        self.assertLess(second.index("| a |"), second.index("| b |"))
        self.assertTrue(second.startswith("# Results\n") and second.endswith("\nMore.\n"))

    def test_a_processor_is_named_by_its_architecture(self):
        text = ("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: {}\n"
                "model name\t: AMD EPYC\n\nprocessor\t: 1\n")

        self.assertEqual([processor.name(text.format(model)) for model in (1, 17)],
                         ["AMD Zen 3", "AMD Zen 4"])
        self.assertEqual(processor.name(text.format(1).replace("AuthenticAMD", "Other")),
                         "AMD EPYC (family 25, model 1)")

    def test_a_page_without_a_place_for_the_table_is_refused(self):
        with self.assertRaisesRegex(ValueError, "no place for the table"):
            report.record("# Results\n", ["a"], [row("a", "1")])


def peer(milliseconds):
    return types.SimpleNamespace(version="2.15", setting="fused/contiguous", milliseconds=milliseconds)


def row(name, ours):
    return [name, ours, "2.0", "1.00", "1.5", "no", "1.0", "0.50", "2.15 fused", "", "Zen", "2026-01-02"]


if __name__ == "__main__":
    unittest.main()
