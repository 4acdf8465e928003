#!/usr/bin/env python3
"""A rank that is killed in the middle of a reduction: every process ends, those that share memory
say who is gone, and nothing is left behind. Called with the program dead_rank."""

import os
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop()
RANKS = 3
END_SECONDS_MAX = 20


def run_with_victim(collective, victim, directory):
    command = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(RANKS),
               "--mca", "btl_vader_backing_directory", directory]
    if os.geteuid() == 0:
        command.append("--allow-run-as-root")
    return subprocess.run(command + [PROGRAM, collective, str(victim)], text=True,
                          capture_output=True, timeout=END_SECONDS_MAX,
                          env=os.environ | {"TMPDIR": directory})


def shared_memory_files():
    """Without those of the MPI programs that other tests run meanwhile: ours are told to keep
    theirs elsewhere."""
    return {name for name in os.listdir("/dev/shm") if not name.startswith("vader_segment.")}


def processes_of_program():
    found = subprocess.run(["pgrep", "-f", f"^{PROGRAM} "], text=True, capture_output=True)
    return found.stdout.split()


class DeadRankTest(unittest.TestCase):
    def check(self, collective, victim):
        shared_before = shared_memory_files()
        with tempfile.TemporaryDirectory() as directory:
            ended = run_with_victim(collective, victim, directory)
            self.assertNotEqual(ended.returncode, 0)
            left = [name for name in os.listdir(directory) if not name.startswith("ompi.")]
            self.assertEqual(left, [])
        self.assertEqual(shared_memory_files() - shared_before, set())
        for _ in range(50):
            if not processes_of_program():
                break
            time.sleep(0.1)
        self.assertEqual(processes_of_program(), [])
        return ended.stdout

    def test_ranks_that_share_memory_say_who_is_gone(self):
        for victim in range(RANKS):
            output = self.check("shared_memory", victim)
            for rank in set(range(RANKS)) - {victim}:
                self.assertIn(f"rank {rank}: Aborted", output)
            self.assertIn(f"the process of rank {victim} has ended", output)

    def test_ranks_that_send_messages_end(self):
        self.check("mpi", 1)

    def test_ranks_that_add_by_mpi_end(self):
        self.check("fastest", 1)


if __name__ == "__main__":
    unittest.main()
