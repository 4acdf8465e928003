"""Failpoints are in the programs of the build that is made for them, and leave no trace in others."""

import os
import pathlib
import unittest

import failpoints

BIN = pathlib.Path(os.environ["DESCENT_BIN"])
IS_FAULT_BUILD = os.environ["DESCENT_HAS_FAILPOINTS"] == "1"


class Failpoints(unittest.TestCase):

    def test_a_name_is_that_of_one_place(self):
        self.assertEqual([name for name, count in failpoints.places().items() if count > 1], [])

    def test_a_name_says_more_than_a_word(self):
        """Or it would be found in a program by chance."""
        self.assertEqual([name for name in failpoints.places() if name.count(".") < 2], [])

    @unittest.skipIf(IS_FAULT_BUILD, "of builds without failpoints")
    def test_other_builds_have_no_trace_of_them(self):
        marks = [*failpoints.MARKS, *(name.encode() for name in failpoints.places())]
        programs = failpoints.programs(BIN)
        self.assertNotEqual(programs, [])

        traces = [(path.name, mark) for path in programs for mark in marks
                  if mark in path.read_bytes()]

        self.assertEqual(traces, [])

    @unittest.skipUnless(IS_FAULT_BUILD, "of builds with failpoints")
    def test_each_is_in_a_program_that_a_job_needs(self):
        programs = [(BIN / name).read_bytes() for name in failpoints.PROGRAMS]

        missing = [name for name in failpoints.places()
                   if not any(name.encode() + b"\0" in program for program in programs)]

        self.assertEqual(missing, [])
