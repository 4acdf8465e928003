"""What the client says of itself, and how it behaves where nobody looks at a terminal."""

import json
import os
import pathlib
import pty
import re
import subprocess

from harness import BIN, SystemTest


DOCUMENTED = pathlib.Path(__file__).resolve().parents[2] / "docs/command_line.md"


class Help(SystemTest):

    def setUp(self):
        super().setUp()
        self.environment.pop("NO_COLOR", None)

    def on_terminal(self, *arguments, **environment):
        """What a terminal shows of a command."""
        reader, terminal = pty.openpty()
        process = subprocess.Popen([BIN / "descent", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                   stdout=terminal, stderr=terminal,
                                   env={**self.environment, "TERM": "xterm", **environment})
        os.close(terminal)
        shown = b""
        try:
            while part := os.read(reader, 4096):
                shown += part
        except OSError:  # of a terminal that nobody writes to any more
            pass
        os.close(reader)
        process.wait(60)
        return shown.decode()

    def commands(self):
        """The commands that --help lists, each with those below it."""
        def below(*path):
            listed = self.descent(*path, "--help").stdout.partition("Subcommands:")[2]
            listed = listed.partition("\nExamples:")[0]
            for name in re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE):
                yield (*path, name)
                if (*path, name) != ("launch",):
                    yield from below(*path, name)
        return list(below())

    def test_every_command_has_a_help_with_examples(self):
        commands = self.commands()

        self.assertIn(("metrics", "query"), commands)
        self.assertIn(("wait",), commands)
        for command in commands:
            if command == ("launch",):  # the launcher's own
                continue
            said = self.descent(*command, "--help").stdout
            self.assertIn("Examples:\n  ", said, command)
            self.assertIn("See also: ", said, command)

    def test_no_help_has_a_number_that_nobody_can_read(self):
        said = [self.descent(*command, "--help").stdout for command in self.commands()
                if command != ("launch",)]
        for program in ("descent-coordinator", "descent-launch", "descent-worker"):
            said.append(subprocess.run([BIN / program, "--help"], capture_output=True, text=True,
                                       timeout=60, env=self.environment, check=True).stdout)

        for text in said:
            self.assertNotRegex(text, "[0-9]{20}")

    def test_a_number_that_is_out_of_range_is_refused_with_what_it_must_be(self):
        for *command, wanted in (("logs", "job", "--attempt", 0, "a number above 0"),
                                 ("logs", "job", "--rank=-1", "a number of at least 0"),
                                 ("run", self.job_file, "--profile-steps", 0, "a number above 0"),
                                 ("launch", "-n", 1, "--coordinator", "c:1", "--restarts-max=-1",
                                  "a number of at least 0")):
            refused = self.descent(*command, code=2).stderr

            self.assertIn(f", must be {wanted}", refused)
            self.assertNotRegex(refused, "[0-9]{20}")

    def test_exit_codes_are_listed(self):
        said = self.descent("help", "exit-codes").stdout

        listed = re.findall(r"^ *(\d+)  (.*)$", said, re.MULTILINE)
        self.assertEqual([int(code) for code, _ in listed],
                         [0, 1, 2, 3, 4, 5, 6, 7, 8, 75, 124, 130])
        documented = re.findall(r"^\| (\d+) \| (.*) \|$", DOCUMENTED.read_text(), re.MULTILINE)
        self.assertEqual(documented, listed)

    def test_the_version_is_told_in_each_form(self):
        version = self.descent("version").stdout

        self.assertRegex(version, r"^descent \d+\.\d+\.\d+\n$")
        self.assertEqual(self.descent("--version").stdout, version)
        self.assertEqual("descent " + json.loads(self.descent("version", "--json").stdout)["version"],
                         version.strip())

    def test_errors_are_red_on_a_terminal(self):
        self.assertIn("\x1b[1;31merror:", self.on_terminal("submit"))

    def test_no_color_is_heeded(self):
        self.assertNotIn("\x1b", self.on_terminal("submit", NO_COLOR="1"))
        self.assertNotIn("\x1b", self.on_terminal("submit", "--no-color"))
        self.assertIn("\x1b[1;31m", self.on_terminal("submit", NO_COLOR=""))

    def test_nothing_moves_or_shines_where_there_is_no_terminal(self):
        self.assertNotIn("\x1b", self.descent("submit", code=2).stderr)

        done = self.run_job(self.job_file, "--workers", 1)

        self.assertNotRegex(done.stdout + done.stderr, r"[\x1b\r]")

    def test_progress_is_one_line_that_moves_on_a_terminal(self):
        shown = self.on_terminal("run", self.job_file, "--workers", 1, "--set", "steps=6000",
                                 "--state-dir", self.directory / "state")

        self.assertIn("\r\x1b[K", shown)
        self.assertIn("state digest", shown)
        self.assertNotIn("\x1b[K", self.on_terminal("run", self.job_file, "--workers", 1, "--state-dir",
                                                    self.directory / "state", TERM="dumb"))
