"""The commands of docs/api.md for grpcurl, as they stand there, by what stands in for it."""

import json
import pathlib
import re
import shlex
import subprocess
import sys

from harness import SystemTest

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs/api.md"
ADDRESS = "127.0.0.1:9090"  # of the page


def commands():
    """Each by its last word: what is asked for."""
    section = PAGE.read_text().partition("## grpcurl\n")[2].partition("\n## ")[0]
    lines = "\n".join(re.findall(r"^    (.*)$", section, re.MULTILINE)).replace("\\\n", " ")
    return {line.split()[-1]: line for line in lines.splitlines()}


def messages(text):
    found = []
    while text := text.strip():
        message, end = json.JSONDecoder().raw_decode(text)
        found.append(message)
        text = text[end:]
    return found


class ApiPage(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()
        programs = self.directory / "programs"
        programs.mkdir()
        grpcurl = programs / "grpcurl"
        grpcurl.write_text(f"#!/bin/sh\nexec {sys.executable} {shlex.quote(str(HERE / 'grpcurl.py'))} "
                           '"$@"\n')
        grpcurl.chmod(0o755)
        self.environment["PATH"] = f"{programs}:{self.environment['PATH']}"

    def call(self, command):
        """In the directory that has the page's job.yaml."""
        return subprocess.run(["bash", "-c", command.replace(ADDRESS, self.addresses["user"])],
                              cwd=self.directory, env=self.environment, capture_output=True,
                              text=True, timeout=120, check=False)

    def test_every_command_answers_what_the_page_says(self):
        self.start_workers(1)
        answers = {}

        for asked, command in commands().items():
            done = self.call(command)
            self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
            answers[asked.rpartition("/")[2]] = done.stdout

        self.assertIn("descent.v1.JobService\n", answers["list"])
        self.assertIn('"job_file"', answers["descent.v1.CreateJobRequest"])
        self.assertEqual([job["name"] for job in messages(answers["CreateJob"])], ["jobs/mine"])
        listed, = messages(answers["ListJobs"])
        self.assertEqual([job["name"] for job in listed["jobs"]], ["jobs/mine"])
        self.assertEqual(messages(answers["WatchJobs"])[-1]["state"], "JOB_STATE_SUCCEEDED")

    def test_a_field_that_there_is_not_would_be_noticed(self):
        done = self.call(f"""grpcurl -plaintext -d '{{"jobfile": "x"}}' {ADDRESS} """
                         "descent.v1.JobService/CreateJob")

        self.assertNotEqual(done.returncode, 0)
        self.assertIn("jobfile", done.stderr)

    def test_what_the_coordinator_refuses_fails(self):
        done = self.call(f"""grpcurl -plaintext -d '{{"name": "jobs/nobody"}}' {ADDRESS} """
                         "descent.v1.JobService/GetJob")

        self.assertNotEqual(done.returncode, 0)
        self.assertIn("NOT_FOUND", done.stderr)
