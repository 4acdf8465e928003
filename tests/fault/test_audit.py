"""The audit finds what it is made to find."""

import pathlib
import tempfile
import unittest

import audit

SAMPLES, BATCH = 5, 2  # three steps an epoch, the last of one sample
EPOCH = [[0, 3], [4, 1], [2]]


def read_by(generation, steps, epoch=EPOCH):
    return {(generation, step): list(epoch[step % len(epoch)]) for step in steps}


class Audit(unittest.TestCase):

    def check(self, starts, read, steps):
        audit.check_samples(audit.lineage(starts, read, steps), read, SAMPLES, BATCH)

    def test_an_undisturbed_job_passes(self):
        self.check([(1, 0)], read_by(1, range(6)), steps=6)

    def test_steps_that_were_computed_again_count_once(self):
        read = {**read_by(1, range(5)), **read_by(2, range(3, 6))}

        self.check([(1, 0), (2, 3)], read, steps=6)

    def test_an_attempt_that_never_began_made_nothing(self):
        read = {**read_by(1, range(5)), **read_by(4, range(3, 6))}

        self.check([(1, 0), (2, 3), (3, 3), (4, 3)], read, steps=6)

    def test_an_attempt_that_only_had_to_end_made_nothing(self):
        self.check([(1, 0), (2, 6)], read_by(1, range(6)), steps=6)

    def test_a_sample_that_is_read_twice_is_found(self):
        read = {**read_by(1, range(3)), **read_by(2, range(2, 6), [[0, 3], [4, 1], [3]])}

        with self.assertRaisesRegex(audit.AuditError, r"samples \[3\] more than once"):
            self.check([(1, 0), (2, 2)], read, steps=6)

    def test_a_sample_that_is_lost_is_found(self):
        read = read_by(1, range(6))
        read[1, 4] = [4]

        with self.assertRaisesRegex(audit.AuditError, "have read 4 samples, must have read 5"):
            self.check([(1, 0)], read, steps=6)

    def test_a_sample_that_is_lost_in_an_epoch_that_is_not_over_is_found(self):
        read = read_by(1, range(5))
        read[1, 4] = [4]

        with self.assertRaisesRegex(audit.AuditError, "have read 3 samples, must have read 4"):
            self.check([(1, 0)], read, steps=5)

    def test_a_step_that_nobody_computed_is_found(self):
        read = {**read_by(1, range(2)), **read_by(2, range(3, 6))}

        with self.assertRaisesRegex(audit.AuditError, "has read step 2"):
            self.check([(1, 0), (2, 3)], read, steps=6)

    def test_ranks_are_read_together_and_half_a_line_is_left_out(self):
        with tempfile.TemporaryDirectory() as directory:
            record = pathlib.Path(directory)
            (record / "samples.3.0").write_text("0 7\n0 9\n1 4\n2 1")
            (record / "samples.3.1").write_text("0 8\n")

            self.assertEqual(audit.read_samples(record), {(3, 0): [7, 9, 8], (3, 1): [4]})

    def test_a_step_that_is_missing_or_repeated_in_the_metrics_is_found(self):
        with self.assertRaisesRegex(audit.AuditError, r"missing \[2\], repeated \[3\]"):
            audit.check_points([(1, "a"), (3, "b"), (3, "b"), (4, "c")], 4)

    def test_another_loss_is_found(self):
        with self.assertRaisesRegex(audit.AuditError, "1 losses differ .* step 2: c, there b"):
            audit.check_values([(1, "a"), (2, "c")], [(1, "a"), (2, "b")])
