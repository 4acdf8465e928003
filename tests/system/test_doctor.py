"""descent doctor: what it says of this machine, and of one that is ill."""

import json
import os
import socket

from harness import SystemTest


class Doctor(SystemTest):

    def examine(self, *arguments, **options):
        """What was found, by check."""
        done = self.descent("doctor", "-o", "json", *arguments, **options)
        return {check["check"]: check for check in json.loads(done.stdout)["checks"]}

    def test_a_machine_that_runs_the_tests_is_well(self):
        found = self.examine()

        self.assertEqual(found["mpirun"]["verdict"], "OK", found["mpirun"])
        self.assertIn("two ranks start", found["mpirun"]["found"])
        self.assertNotIn("FAIL", [check["verdict"] for check in found.values()])
        for check in ("shared memory", "state directory", "port 9090", "port 9091", "port 8080",
                      "coordinator", "instructions", "cores", "memory", "open files", "gpus",
                      "huge pages"):
            self.assertIn(check, found)

    def test_it_leaves_nothing_behind(self):
        before = sorted(self.directory.rglob("*"))

        said = self.descent("doctor").stdout

        self.assertEqual(sorted(self.directory.rglob("*")), before)
        self.assertRegex(said, r"(?m)^mpirun +OK ")

    def test_a_machine_without_mpirun_fails_with_what_to_install(self):
        self.environment["PATH"] = "/nonexistent"

        found = self.examine(code=1)

        self.assertEqual(found["mpirun"]["verdict"], "FAIL")
        self.assertIn("openmpi-bin", found["mpirun"]["fix"])

    def test_an_mpirun_that_starts_nothing_fails_with_what_it_says(self):
        broken = self.directory / "bin"
        broken.mkdir()
        (broken / "mpirun").write_text("#!/bin/sh\necho no network; exit 3\n")
        (broken / "mpirun").chmod(0o755)
        self.environment["PATH"] = f"{broken}:{os.environ['PATH']}"

        found = self.examine(code=1)

        self.assertIn("no network", found["mpirun"]["found"])

    def test_a_state_directory_that_cannot_be_written_fails(self):
        found = self.examine("--state-dir", "/proc/descent", code=1)

        self.assertEqual(found["state directory"]["verdict"], "FAIL")
        self.assertIn("--state-dir", found["state directory"]["fix"])

    def test_a_coordinator_that_runs_is_found_with_its_version(self):
        self.start_coordinator()
        version = self.descent("version").stdout.split()[1]

        found = self.examine()

        self.assertIn(version, found["coordinator"]["found"])
        self.kill_coordinator()
        self.assertEqual(self.examine(code=1)["coordinator"]["verdict"], "FAIL")

    def test_a_port_that_somebody_has_is_told_with_who_it_is(self):
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", 8080))
            except OSError:
                self.skipTest("somebody else has port 8080")
            listener.listen()

            found = self.examine()

        self.assertEqual(found["port 8080"]["verdict"], "WARN")
        self.assertIn(f"pid {os.getpid()}", found["port 8080"]["found"])
        self.assertIn("--http", found["port 8080"]["fix"])
