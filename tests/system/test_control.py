"""What a user can ask of a job that exists: suspend, resume, stop, update, delete, and its history."""

import json
import pathlib

from harness import SystemTest


class Control(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator(options=["--min-runtime", 0])

    def submit_long(self, *arguments):
        return self.submit("--set", "steps=2000000", *arguments)

    def wait_for_steps(self, job):
        self.wait_until(lambda: int(self.job(job).get("progress", {}).get("step", 0)) > 0)

    def metrics_of_the_test_set(self, job):
        reply = json.loads(self.get(f"/v1/jobs/{job}/metrics?names=test/loss,test/accuracy"))
        return sorted((series["name"], point["step"], point["value"])
                      for series in reply["series"] for point in series["points"])

    def events_of(self, job):
        return json.loads(self.descent("events", job, "-o", "json").stdout)

    def test_a_job_that_was_suspended_and_resumed_ends_with_the_same_bits(self):
        self.start_workers(2)
        shortened = ("--set", "steps=2000")
        undisturbed = self.submit("--follow", *shortened)
        job = self.submit(*shortened)
        self.wait_for_steps(job)

        said = self.descent("suspend", job).stderr
        suspended = self.wait_for_state(job, "SUSPENDED", "SUCCEEDED")
        self.descent("resume", job)
        self.wait_for_state(job, "SUCCEEDED")

        self.assertEqual(suspended["state"], "JOB_STATE_SUSPENDED")
        self.assertIn(f"descent resume {job}", said)
        self.assertEqual(self.job(job)["stateDigest"], self.job(undisturbed)["stateDigest"])

    def test_a_job_that_is_created_suspended_starts_when_it_is_resumed(self):
        self.start_workers(1)

        said = self.descent("submit", self.job_file, "--suspended")
        job = said.stdout.strip()
        tried = self.descent("submit", self.job_file, "--suspended", "--dry-run").stdout
        other = self.submit("--follow")

        self.assertIn(f"descent resume {job}", said.stderr)
        self.assertIn("placement now: waits for nothing until it is resumed\n", tried)
        self.assertEqual(self.job(other)["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(self.job(job)["state"], "JOB_STATE_SUSPENDED")
        self.descent("resume", job)
        self.wait_for_state(job, "SUCCEEDED")
        self.assertEqual([event["to_state"] for event in self.events_of(job)][:3],
                         ["SUSPENDED", "QUEUED", "STARTING"])
        written = [event["payload"] for event in self.events_of(job)
                   if event["type"] == "CheckpointWritten"]
        self.assertEqual(written[-1]["checkpoint"], f"jobs/{job}/checkpoints/200")
        self.assertEqual((written[-1]["attempt"], written[-1]["workers"]), ("1", "1"))

    def test_a_suspended_job_gives_its_workers_to_the_next(self):
        self.start_workers(1)
        job = self.submit_long()
        self.wait_for_steps(job)

        self.descent("suspend", job)
        next_job = self.submit("--follow")

        self.assertEqual(self.job(next_job)["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(self.job(job)["state"], "JOB_STATE_SUSPENDED")

    def test_a_stopped_job_has_succeeded_with_what_it_has_learned(self):
        self.start_workers(2)
        job = self.submit_long()
        self.wait_for_steps(job)

        self.descent("stop", job)
        stopped = self.wait_for_state(job, "SUCCEEDED", "FAILED")

        self.assertEqual(stopped["stateReason"], "StoppedEarly")
        self.assertEqual(stopped["stateDigest"], stopped["latestCheckpoint"]["stateDigest"])
        self.assertEqual(stopped["progress"]["step"], stopped["latestCheckpoint"]["step"])

    def test_a_stopped_job_is_evaluated_as_one_that_ends_there_also_if_the_coordinator_is_killed(self):
        self.start_workers(2)
        job = self.submit_long()
        self.wait_for_steps(job)

        self.descent("stop", job)
        self.kill_coordinator()
        self.start_coordinator_again()
        stopped = self.wait_for_state(job, "SUCCEEDED", "FAILED")
        step = stopped["progress"]["step"]
        whole = self.submit_long("--set", f"stop_at_step={step}", "--follow")

        self.assertEqual(stopped["stateReason"], "StoppedEarly")
        expected = self.metrics_of_the_test_set(whole)
        self.assertEqual([(name, at) for name, at, _ in expected],
                         [("test/accuracy", step), ("test/loss", step)])
        self.assertEqual(self.metrics_of_the_test_set(job), expected)
        self.assertEqual(stopped["stateDigest"], self.job(whole)["stateDigest"])

    def test_a_job_of_higher_priority_takes_the_workers_of_a_preemptible_one(self):
        self.start_workers(1)
        low = self.submit_long("--priority", 10, "--preemptible")
        self.wait_for_steps(low)

        high = self.submit("--priority", 90, "--follow")

        self.assertEqual(self.job(high)["state"], "JOB_STATE_SUCCEEDED")
        self.wait_for_state(low, "RUNNING")
        reasons = [event["reason"] for event in self.events_of(low)]
        self.assertEqual(reasons.count("Preempted"), 2, reasons)

    def test_a_deadline_ends_a_job_with_its_state_saved(self):
        self.start_workers(1)
        job = self.submit_long("--set", "deadline=1h", "--set", "checkpoint.every_steps=1000000")
        self.wait_for_steps(job)

        self.descent("update", job, "--deadline", "soon", code=2)
        changed = self.descent("update", job, "--deadline", "1s")

        self.assertIn("a deadline of 1s", changed.stdout + changed.stderr)
        failed = self.wait_for_state(job, "FAILED")
        self.assertEqual(failed["stateReason"], "DeadlineExceeded")
        self.assertGreater(int(failed["latestCheckpoint"]["step"]), 0)
        self.assertEqual(failed["spec"]["deadline"], "3600")
        self.assertEqual(failed["attemptCount"], 1)
        self.assertIn("Deadline: ", self.descent("describe", job).stdout)

    def test_a_priority_changes_who_is_served_next(self):
        first = self.submit("--priority", 20)
        second = self.submit("--priority", 20)

        self.descent("update", second, "--priority", 30)

        self.assertEqual(self.job(second)["queueStatus"]["position"], 1)
        self.assertEqual(self.job(first)["queueStatus"]["position"], 2)
        self.assertRegex(self.descent("ls").stdout, rf"{second} +QUEUED +30 ")

    def test_a_list_is_of_the_newest_and_of_the_states_that_are_asked_for(self):
        first, second, third = (self.submit() for _ in range(3))
        self.descent("cancel", second)

        newest = self.descent("ls", "--limit", 2)
        none = self.descent("ls", "--limit", 0, code=2)
        queued = self.descent("ls", "--state", "queued", "--json")

        self.assertNotIn(first, newest.stdout)
        self.assertIn("--all", newest.stderr)
        self.assertIn("2147483647", none.stderr)
        self.assertEqual([job["name"] for job in json.loads(queued.stdout)],
                         [f"jobs/{third}", f"jobs/{first}"])
        self.assertEqual(len(self.descent("ls", "--all").stdout.splitlines()), 4)
        self.assertIn("RUNNING", self.descent("ls", "--state", "done", code=2).stderr)

    def names(self, *arguments):
        return self.descent("ls", "-o", "name", *arguments).stdout.split()

    def test_jobs_are_found_by_their_labels_and_sorted(self):
        nlp = self.submit("--label", "team=nlp", "--label", "stage=dev", "--priority", 10)
        vision = self.submit("--label", "team=vision", "--priority", 90)
        plain = self.submit()

        changed = self.descent("update", nlp, "--label", "stage-", "--label", "owner.x/y=1")

        self.assertEqual(self.names("--filter", "labels.team = nlp"), [nlp])
        self.assertEqual(self.names("--filter", "labels:team AND priority > 50"), [vision])
        self.assertEqual(self.names("--sort", "priority desc"), [vision, plain, nlp])
        self.assertEqual(self.names("--sort", "labels.team", "--limit", 1), [nlp])
        self.assertIn("labels owner.x/y=1, team=nlp", changed.stderr)
        self.assertRegex(self.descent("describe", nlp).stdout, "Labels: +owner.x/y=1, team=nlp\n")
        self.assertEqual(self.described(nlp)["labels"], {"owner.x/y": "1", "team": "nlp"})

    def test_labels_survive_a_restart_of_the_coordinator(self):
        job = self.submit("--label", "team=nlp")

        self.kill_coordinator()
        self.start_coordinator_again()

        self.assertEqual(self.names("--filter", "labels.team = nlp"), [job])

    def test_a_fork_has_the_labels_of_its_job(self):
        self.start_workers(1)
        first = self.submit("--label", "team=nlp", "--label", "run=1", "--follow")

        fork = self.descent("fork", first, "--label", "run=2", "-q").stdout.strip()

        self.assertEqual(self.job(fork)["labels"], {"team": "nlp", "run": "2"})

    def test_labels_filters_and_orders_that_are_wrong_say_so(self):
        job = self.submit()

        refused = {
            "must be KEY=VALUE": ("update", job, "--label", "team"),
            'the value "two words" of team': ("update", job, "--label", "team=two words"),
            'filter, position 1: found "stat"': ("ls", "--filter", "stat = RUNNING"),
            "AND, or the end": ("ls", "--filter", "state = QUEUED OR state = RUNNING"),
            'order_by, position 10: found "down"': ("ls", "--sort", "priority down"),
        }

        for said, command in refused.items():
            self.assertIn(said, self.descent(*command, code=2).stderr, command)
        crowd = [argument for i in range(33) for argument in ("--label", f"l{i}=x")]
        self.assertIn("at most 32", self.descent("update", job, *crowd, code=2).stderr)
        self.assertEqual(self.job(job)["labels"], {})

    def test_a_fork_goes_on_from_a_checkpoint_with_what_was_changed(self):
        self.start_workers(2)
        first = self.submit("--follow")

        done = json.loads(self.descent("fork", first, "--from", 180, "--set", "steps=190", "--json",
                                       "--name", "shorter", "--follow").stdout)
        same = json.loads(self.descent("fork", first, "--from", 180, "--json", "--follow").stdout)

        self.assertEqual(done["name"], "jobs/shorter")
        self.assertEqual(done["forked_from"], f"jobs/{first}/checkpoints/180")
        self.assertEqual(done["progress"]["step"], "190")
        self.assertEqual(same["state_digest"], self.job(first)["stateDigest"])

    def test_a_fork_that_cannot_be_says_why(self):
        self.start_workers(1)
        first = self.submit("--follow")

        other_model = self.descent("fork", first, "--set", "model.mlp.hidden_sizes=[4]", code=6)
        wrong = self.descent("fork", first, "--set", "optimizer.adamw.lr=-1", "--set", "sead=1", code=2)
        missing = self.descent("fork", first, "--from", 7, code=5)

        self.assertIn("model", other_model.stderr)
        self.assertIn("optimizer.adamw.lr", wrong.stderr)
        self.assertIn("sead", wrong.stderr)
        self.assertIn('no checkpoint "7"', missing.stderr)

    def test_a_deleted_job_leaves_nothing_behind(self):
        self.start_workers(1)
        job = self.submit("--follow")
        checkpoints = pathlib.Path(self.job(job)["latestCheckpoint"]["directory"]).parent
        metrics = self.directory / "state" / "metrics" / f"{job}.db"
        self.assertTrue(checkpoints.exists() and metrics.exists())

        self.descent("delete", job)

        self.descent("describe", job, code=5)
        self.descent("events", job, code=5)
        self.assertFalse(checkpoints.exists() or metrics.exists())

    def test_a_deleted_job_leaves_its_checkpoints_where_that_was_asked_for(self):
        self.start_workers(1)
        job = self.submit("--follow")
        kept = pathlib.Path(self.job(job)["latestCheckpoint"]["directory"])

        self.descent("delete", job, "--keep-checkpoints")

        self.descent("describe", job, code=5)
        self.assertTrue((kept / "model.safetensors").exists())
        self.assertIn("JOB_ID_TAKEN", self.descent("submit", self.job_file, "--name", job,
                                                   code=6).stderr)

    def test_a_submission_that_is_repeated_makes_one_job(self):
        first = self.descent("submit", self.job_file, "--request-id", "once", "-o", "name").stdout
        again = self.descent("submit", self.job_file, "--request-id", "once", "-o", "name").stdout
        other = self.descent("submit", self.job_file, "--request-id", "once", "--set", "seed=99",
                             code=6).stderr

        self.assertEqual(again, first)
        self.assertIn("REQUEST_ID_REUSED", other)

    def test_how_long_a_job_is_kept_can_be_changed(self):
        job = self.submit()

        self.descent("update", job, "--retention-days", 30)

        self.assertEqual(self.job(job)["retentionDays"], "30")
        self.assertIn("30 days after its end", self.descent("describe", job).stdout)

    def test_what_a_state_forbids_is_refused_with_what_to_do(self):
        self.start_workers(1)
        job = self.submit_long()
        self.wait_for_steps(job)

        refused = [self.descent(command, job, code=6).stderr for command in ("delete", "resume")]
        nameless = self.descent("suspend", "nobody", code=5)
        excessive = self.descent("update", job, "--priority", 101, code=2)

        self.assertIn(f"job {job} is RUNNING: cancel it first", refused[0])
        self.assertIn("RUNNING, not SUSPENDED", refused[1])
        self.assertIn("nobody", nameless.stderr)
        self.assertIn("priority is 101, must be 0 to 100", excessive.stderr)

    def test_a_filter_cancels_those_that_go_on_and_a_deletion_is_on_record(self):
        mine = [self.submit("--label", "team=nlp") for _ in range(2)]
        other = self.submit()

        done = self.descent("cancel", "--filter", "labels.team = nlp", "-o", "json")

        self.assertEqual({job["name"] for job in json.loads(done.stdout)},
                         {f"jobs/{job}" for job in mine})
        self.assertEqual(self.job(other)["state"], "JOB_STATE_QUEUED")
        self.assertEqual(self.events_of(mine[0])[-1]["actor"], "local")
        self.descent("cancel", code=2)
        self.descent("delete", *mine)
        audit = json.loads(self.descent("server", "audit", "-o", "json").stdout)
        self.assertEqual([(event["type"], event["subject"]) for event in audit],
                         [("JobDeleted", f"jobs/{job}") for job in reversed(mine)])
        self.assertIn("JobDeleted", self.descent("server", "audit", "--limit", "1").stdout)

    def test_the_history_of_a_job_is_told_in_order(self):
        self.start_workers(1)
        job = self.submit("--follow")

        events = self.events_of(job)
        table = self.descent("events", job).stdout
        attempts = json.loads(self.descent("attempts", job, "-o", "json").stdout)

        self.assertEqual([event["to_state"] for event in events if event["type"] != "CheckpointWritten"],
                         ["QUEUED", "STARTING", "RUNNING", "SUCCEEDED"])
        self.assertRegex(table, r"StateChanged +RUNNING -> SUCCEEDED +coordinator +Completed")
        self.assertEqual([attempt["end_reason"] for attempt in attempts], ["Completed"])
        self.assertRegex(self.descent("attempts", job).stdout, r"\n1 +1 +- +0\.\.")
