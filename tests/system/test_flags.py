"""The flags of every command, the config file, and commands that take several jobs."""

import json

from harness import BIN, SystemTest
from terminal import Terminal


class Flags(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def write_config(self, text):
        file = self.directory / "config-home/descent/config.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def on_terminal(self, *arguments):
        terminal = Terminal([BIN / "descent", *arguments], self.environment)
        self.addCleanup(terminal.close)
        return terminal

    def finished(self, count):
        jobs = [self.submit() for _ in range(count)]
        self.descent("cancel", *jobs)
        return jobs

    def test_a_flag_counts_before_the_environment_and_that_before_the_config_file(self):
        here, nowhere = self.addresses["user"], "127.0.0.1:1"
        self.environment.pop("DESCENT_SERVER")
        config = self.write_config(f"server: {here}\n")

        told = self.descent("ls", "-v").stderr
        self.environment["DESCENT_SERVER"] = nowhere
        self.descent("ls", code=7)
        self.descent("ls", "--server", here)

        self.assertIn(f"config file: {config}", told)
        self.assertIn(f"coordinator: {here}", told)

    def test_a_config_file_that_is_wrong_is_refused_with_its_lines(self):
        config = self.write_config("server: x:1\ntoken: secret\n")

        said = self.descent("ls", code=2).stderr

        self.assertIn(f"1 problem in {config}", said)
        self.assertIn("line 2  token", said)
        self.assertIn("token_file", said)

    def test_credentials_of_the_config_file_are_for_its_server_alone(self):
        self.write_config(f"server: 127.0.0.1:1\ntls_ca: {self.directory}/missing.pem\n")

        self.descent("ls")  # the environment names another server
        self.environment.pop("DESCENT_SERVER")

        self.assertIn("missing.pem", self.descent("ls", code=2).stderr)

    def test_json_lines_have_an_item_a_line(self):
        jobs = [self.submit() for _ in range(2)]

        lines = self.descent("ls", "-o", "jsonl").stdout.splitlines()
        one = self.descent("describe", jobs[0], "-o", "jsonl").stdout.splitlines()

        self.assertEqual([json.loads(line)["name"] for line in lines],
                         [f"jobs/{job}" for job in reversed(jobs)])
        self.assertEqual([json.loads(line)["name"] for line in one], [f"jobs/{jobs[0]}"])

    def test_a_wide_list_has_more_columns(self):
        self.submit("--label", "team=nlp")

        self.assertNotIn("LABELS", self.descent("ls").stdout)
        self.assertRegex(self.descent("ls", "-o", "wide").stdout, r"LABELS\n.* team=nlp\n")

    def test_commands_that_change_jobs_answer_with_their_names(self):
        self.start_workers(1)
        first, second = (self.submit("--set", "steps=2000000") for _ in range(2))
        self.wait_for_state(first, "RUNNING")
        names = f"{first}\n{second}\n"

        self.assertEqual(self.descent("update", first, second, "--priority", 60, "-o", "name").stdout, names)
        self.assertEqual(self.descent("suspend", second, "-o", "name").stdout, f"{second}\n")
        self.assertEqual(self.descent("resume", second, "-o", "name").stdout, f"{second}\n")
        self.assertEqual(self.descent("stop", first, "-o", "name").stdout, f"{first}\n")
        self.wait_for_state(first, "SUCCEEDED")
        self.assertEqual(self.descent("cancel", second, "-o", "name").stdout, f"{second}\n")
        self.wait_for_state(second, "CANCELLED")
        self.assertEqual(self.descent("delete", first, second, "-o", "name").stdout, names)

    def test_a_deletion_answers_with_what_was_deleted(self):
        first, second = self.finished(2)

        done = self.descent("delete", first, "nobody", second, "--json", code=5)

        self.assertEqual(json.loads(done.stdout), [{"name": f"jobs/{first}"}, {"name": f"jobs/{second}"}])

    def test_a_deletion_is_asked_about_on_a_terminal_alone(self):
        kept, asked, confirmed, unasked, elsewhere = self.finished(5)

        for typed, job, code in (("n\n", kept, 1), ("\n", kept, 1), ("y\n", asked, 0)):
            terminal = self.on_terminal("delete", job)
            terminal.wait_for("[y/N]")
            terminal.type(typed)
            self.assertEqual(terminal.wait(), code, terminal.shown)
        self.assertEqual(self.on_terminal("delete", confirmed, "--yes").wait(), 0)
        self.assertEqual(self.on_terminal("delete", unasked, "--no-input").wait(), 0)
        self.descent("delete", elsewhere)

        self.assertEqual(self.descent("ls", "-o", "name").stdout, f"{kept}\n")

    def test_several_jobs_are_asked_about_at_once_though_one_is_not_there(self):
        self.start_workers(1)
        first = self.submit("--follow")
        second = self.submit("--follow")
        both = [first, second]

        described = json.loads(self.descent("describe", *both, "--json").stdout)
        events = json.loads(self.descent("events", *both, "--json").stdout)
        attempts = self.descent("attempts", first, "nobody", second, code=5)
        lines = self.descent("logs", *both).stdout.splitlines()
        logged = [json.loads(line) for line in self.descent("logs", *both, "--json").stdout.splitlines()]

        self.assertEqual([job["name"] for job in described], [f"jobs/{job}" for job in both])
        self.assertEqual([one["job"] for one in events], [f"jobs/{job}" for job in both])
        self.assertEqual(events[0]["events"], json.loads(self.descent("events", first, "--json").stdout))
        self.assertIn("nobody", attempts.stderr)
        self.assertRegex(attempts.stdout, rf"(?s)\A{first}:\n#.*{second}:\n#")
        self.assertEqual({line.split()[0] for line in lines}, set(both))
        self.assertEqual({line["job"] for line in logged}, {f"jobs/{job}" for job in both})
        self.assertEqual(len(self.descent("update", *both, "--priority", 60).stderr.splitlines()), 2)

    def test_the_logs_of_several_jobs_are_followed_side_by_side(self):
        jobs = [self.submit(), self.submit()]
        follower = self.start(BIN / "descent", "logs", "-f", *jobs)
        self.start_workers(1)

        self.assertEqual(follower.wait(120), 0, follower.log.read_text())

        for job in jobs:
            self.assertRegex(follower.log.read_text(), rf"(?m)^{job}  .*outcome=completed")

    def test_a_description_has_the_history_and_where_each_attempt_began(self):
        self.start_workers(1)
        first = self.submit("--follow")
        fork = self.descent("fork", first, "--from", 180, "-q").stdout.strip()
        self.wait_for_state(fork, "SUCCEEDED")

        described = self.descent("describe", fork).stdout
        [attempt] = json.loads(self.descent("attempts", fork, "--json").stdout)

        self.assertEqual(attempt["start_checkpoint"], f"jobs/{first}/checkpoints/180")
        self.assertRegex(described, rf"\n1 +1 +{first}/180 +180\.\.200 ")
        self.assertRegex(described, r"\nEvents(, the newest 10 of \d+)?:\nAGE +EVENT")
        self.assertIn("Completed", described.partition("\nEvents")[2])
