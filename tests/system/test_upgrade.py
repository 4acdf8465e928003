"""What former releases left behind, this one goes on with: tests/upgrade/VERSION, each made by
tests/upgrade/make_fixture.py with the programs of that release."""

import csv
import io
import json
import pathlib
import shutil
import sqlite3

from harness import SystemTest

ROOT = pathlib.Path(__file__).resolve().parents[1] / "upgrade"
FIXTURES = sorted(path.parent for path in ROOT.glob("*/expected.json"))
CHECKPOINT_ROOT = "/proc/self/cwd/checkpoints"  # as make_fixture.py has it


def schema_of(store):
    connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


class Upgrade(SystemTest):

    def start(self, *command, **options):
        # Where the recorded checkpoints are found.
        return super().start(*command, cwd=self.directory, **options)

    def start_coordinator(self, *options):
        return super().start_coordinator(options=("--checkpoint-root", CHECKPOINT_ROOT, *options))

    def start_workers_of(self, instruction_set):
        return self.start_workers(2, "--isa", instruction_set)

    def copy(self, fixture):
        for part in ("state", "checkpoints"):
            shutil.rmtree(self.directory / part, ignore_errors=True)
            shutil.copytree(fixture / part, self.directory / part)

    def check_history(self, job):
        """All that was told before is told still."""
        rows = list(csv.DictReader(io.StringIO(self.descent("metrics", "export",
                                                            job["job"]).stdout)))
        for name, points in job["metrics"].items():
            found = [[int(row["step"]), row[name]] for row in rows if row[name]]
            self.assertEqual(found[:len(points)], points, name)
        events = json.loads(self.descent("events", job["job"], "-o", "json").stdout)
        found = [[event["type"], event["message"]] for event in events]
        self.assertEqual(found[:len(job["events"])], job["events"])

    def test_suspended_jobs_of_former_releases_end_with_the_digest_that_those_had_given_them(self):
        self.assertNotEqual(FIXTURES, [], "tests/upgrade has no release")
        for fixture in FIXTURES:
            with self.subTest(fixture.name):
                expected = json.loads((fixture / "expected.json").read_text())
                self.copy(fixture)
                coordinator = self.start_coordinator()
                for job in expected["jobs"]:
                    self.check_history(job)
                    self.assertEqual(len(self.descent("logs", job["job"]).stdout.splitlines()),
                                     job["log_lines"])
                    self.assertEqual(self.job(job["job"])["state"], "JOB_STATE_SUSPENDED")
                    self.descent("checkpoint", "verify", f"{job['job']}/latest")
                workers = self.start_workers_of(expected["instruction_set"])

                for job in expected["jobs"]:
                    self.descent("resume", job["job"])
                self.descent("wait", *(job["job"] for job in expected["jobs"]))

                for job in expected["jobs"]:
                    ended = self.job(job["job"])
                    self.assertEqual(ended["stateDigest"], job["digest"], job["is"])
                    self.assertEqual(int(ended["currentAttempt"]["startStep"]), job["step"])
                    self.check_history(job)
                self.stop(workers)
                self.stop(coordinator)

    def test_the_store_of_a_former_release_is_kept_before_its_schema_is_changed(self):
        for fixture in FIXTURES:
            with self.subTest(fixture.name):
                self.copy(fixture)
                former = schema_of(self.directory / "state/state.db")
                coordinator = self.start_coordinator()
                self.stop(coordinator)

                present = schema_of(self.directory / "state/state.db")
                kept = list((self.directory / "state").glob("state.db.schema-*"))

                self.assertEqual(former, json.loads((fixture / "expected.json").read_text())["schema"])
                if former == present:
                    self.assertEqual(kept, [])
                else:
                    self.assertEqual([path.name for path in kept], [f"state.db.schema-{former}"])
                    self.assertEqual(schema_of(kept[0]), former)

    def test_the_fixtures_have_manifests_of_every_format_that_was_written(self):
        formats = {json.loads(manifest.read_text())["format"]
                   for fixture in FIXTURES for manifest in fixture.glob("checkpoints/*/*/manifest.json")}

        self.assertLessEqual({2, 3}, formats)
