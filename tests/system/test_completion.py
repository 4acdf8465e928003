"""The scripts of `descent completion`, in the shells that they are for."""

import os
import subprocess

from harness import BIN, SystemTest


class Completion(SystemTest):

    def setUp(self):
        super().setUp()
        self.environment["PATH"] = f"{BIN}:{os.environ['PATH']}"

    def shell(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                              env=self.environment, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr)
        return set(done.stdout.split())

    def bash(self, *words):
        typed = " ".join(f"'{word}'" for word in words)
        return self.shell("bash", "-c", 'eval "$(descent completion bash)"\n'
                          f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
                          "_descent; printf '%s\\n' \"${COMPREPLY[@]}\"")

    def fish(self, line):
        return {word for word in self.shell(
            "fish", "--no-config", "-c",
            f"descent completion fish | source; complete -C '{line}' | string replace -r '\\t.*' ''; true")}

    def test_bash_knows_commands_their_commands_and_their_flags(self):
        self.assertEqual(self.bash("descent", "sub"), {"submit"})
        self.assertEqual(self.bash("descent", "--server", "x:1", "metrics", "ex"), {"export"})
        self.assertEqual(self.bash("descent", "submit", "--fol"), {"--follow"})
        self.assertEqual(self.bash("descent", "submit", "--serv"), {"--server"})

    def test_zsh_knows_commands(self):
        found = self.shell("zsh", "-f", "-c", 'eval "$(descent completion zsh)"\n'
                           "COMP_WORDS=(descent metrics ex); COMP_CWORD=2; emulate ksh\n"
                           "_descent; print -l -- ${COMPREPLY[@]}")

        self.assertIn("export", found)

    def test_fish_knows_commands_their_commands_and_their_flags(self):
        self.assertEqual(self.fish("descent sub"), {"submit"})
        self.assertEqual(self.fish("descent metrics ex"), {"export"})
        self.assertEqual(self.fish("descent submit --fol"), {"--follow"})

    def test_workers_and_pools_are_completed_by_name(self):
        self.start_coordinator()
        self.start_workers(1)
        worker = self.wait_until(lambda: self.descent("worker", "ls", "-o", "name").stdout.strip())

        self.assertEqual(self.bash("descent", "worker", "drain", worker[:5]), {worker})
        self.assertEqual(self.fish(f"descent worker drain {worker[:5]}"), {worker})
        self.assertEqual(self.bash("descent", "pool", "describe", worker[:5]), {worker[:-2]})

    def test_jobs_are_completed_by_name(self):
        self.start_coordinator()
        job = self.submit()

        self.assertEqual(self.bash("descent", "describe", job[:5]), {job})
        self.assertEqual(self.fish(f"descent describe {job[:5]}"), {job})
        self.assertEqual(self.descent("ls", "-o", "name").stdout, f"{job}\n")
        self.assertIn("names", self.descent("describe", job, "-o", "name", code=2).stderr)
        self.assertIn(f'name: "jobs/{job}"', self.descent("describe", job, "-o", "yaml").stdout)
