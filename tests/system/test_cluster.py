"""What an operator does: cordon and drain workers, ask what fits, back the coordinator up."""

import json
import shutil
import urllib.request

from harness import SystemTest

# Long enough to be met in the middle; every step costs a few milliseconds.
LONG = ("--set", "steps=3000", "--set", "checkpoint.every_steps=300", "--set", "checkpoint.keep_last=100",
        "--set", "evaluate.every_steps=0", "--set", "model.mlp.hidden_sizes=[256,256]")


class Cluster(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def workers_once(self, count):
        """The names of the workers, by world rank, once so many are there and ready."""
        def ready():
            listed = json.loads(self.descent("worker", "ls", "--json").stdout)
            states = [worker["state"] for worker in listed]
            return listed if states == ["WORKER_STATE_READY"] * count else None
        return [worker["name"].removeprefix("pools/").replace("/workers/", "/")
                for worker in self.wait_until(ready)]

    def states(self):
        return {worker["world_rank"]: worker["state"].removeprefix("WORKER_STATE_")
                for worker in json.loads(self.descent("worker", "ls", "--json").stdout)}

    def step_of(self, job):
        return int(self.job(job).get("progress", {}).get("step", 0))

    def ranks_of(self, job):
        """The world ranks of its workers."""
        return [int(worker.rpartition("/")[2]) for worker in self.job(job)["currentAttempt"]["workers"]]

    def test_a_job_on_a_drained_worker_goes_on_elsewhere_and_ends_with_the_same_bits(self):
        settings = (*LONG, "--set", "workers.max=2", "--set", "restarts.max=0")
        self.start_workers(3)
        workers = self.workers_once(3)
        undisturbed = self.submit("--follow", *settings)
        job = self.submit(*settings)
        self.wait_until(lambda: self.step_of(job) > 0)
        self.assertEqual(self.ranks_of(job), [0, 1])

        said = self.descent("worker", "drain", workers[0]).stderr
        self.wait_until(lambda: self.job(job)["currentAttempt"]["attempt"] == 2)

        self.assertIn(f"job {job} saves its state and moves", said)
        self.assertEqual(self.ranks_of(job), [1, 2])
        self.assertEqual(self.states(), {0: "CORDONED", 1: "READY", 2: "READY"})
        self.descent("watch", job)
        self.assertEqual(self.job(job)["stateDigest"], self.job(undisturbed)["stateDigest"])
        reasons = [event["reason"] for event in
                   json.loads(self.descent("events", job, "--json").stdout)]
        self.assertEqual(reasons.count("Drained"), 2, reasons)

    def test_a_drain_that_waits_ends_once_the_worker_is_idle(self):
        self.start_workers(3)
        workers = self.workers_once(3)
        job = self.submit("--set", "steps=2000000", "--set", "workers.max=2")
        self.wait_until(lambda: self.step_of(job) > 0)
        self.assertEqual(self.ranks_of(job), [0, 1])

        too_late = self.descent("worker", "drain", workers[0], "--wait", "--timeout", "0s", code=124)
        done = self.descent("worker", "drain", workers[0], "--wait", "--json")

        self.assertIn(f"{workers[0]} (job {job})", too_late.stderr)
        [worker] = json.loads(done.stdout)
        self.assertEqual(worker["state"], "WORKER_STATE_CORDONED")
        self.assertEqual(worker.get("job", ""), "")
        self.descent("worker", "drain", workers[0], "--timeout", "1s", code=2)

    def test_several_workers_that_are_drained_do_not_get_each_others_job(self):
        self.start_workers(3)
        workers = self.workers_once(3)
        job = self.submit("--set", "steps=2000000", "--set", "workers.max=1")
        self.wait_until(lambda: self.step_of(job) > 0)

        self.descent("worker", "drain", workers[0], workers[1])
        self.wait_until(lambda: self.job(job)["currentAttempt"]["attempt"] == 2)

        self.assertEqual(self.ranks_of(job), [2])

    def test_a_cordon_outlives_the_coordinator_and_is_why_a_job_waits(self):
        self.start_workers(2)
        workers = self.workers_once(2)
        self.descent("worker", "cordon", workers[1])
        self.kill_coordinator()
        self.start_coordinator_again()
        self.wait_until(lambda: self.states() == {0: "READY", 1: "CORDONED"})

        job = self.submit("--set", "workers.min=2")
        waits = self.descent("describe", job).stdout
        self.descent("worker", "uncordon", workers[1])

        self.assertIn("has 1 that takes jobs, and 1 worker is cordoned", waits)
        self.wait_for_state(job, "SUCCEEDED")

    def test_workers_and_pools_are_listed_and_found_by_their_names(self):
        self.start_workers(2)
        workers = self.workers_once(2)
        pool, _, _ = workers[0].rpartition("/")
        host = json.loads(self.descent("worker", "ls", "--json").stdout)[0]["host"]

        by_host = self.descent("worker", "cordon", f"{host}/1", "-o", "name")
        table = self.descent("worker", "ls").stdout
        nowhere = self.descent("worker", "drain", f"{pool}/7", code=5)

        self.assertEqual(by_host.stdout, f"{workers[1]}\n")
        self.assertRegex(table, rf"{workers[1]} +{host} +[0-9]+ +CORDONED")
        self.assertIn("descent worker ls", nowhere.stderr)
        self.assertEqual(self.descent("pool", "ls", "-o", "name").stdout, f"{pool}\n")
        self.assertRegex(self.descent("pool", "ls").stdout, rf"{pool} +READY +2 +1 +1 +-")
        self.assertIn("1 of 2 workers", self.descent("pool", "describe", pool).stdout)
        self.descent("pool", "describe", "no-pool", code=5)

    def test_a_worker_tells_what_it_uses(self):
        self.start_workers(1)
        self.workers_once(1)

        def with_use():
            worker = json.loads(self.descent("worker", "ls", "--json").stdout)[0]
            return worker if "cpu_utilization" in worker else None
        worker = self.wait_until(with_use)

        self.assertGreater(int(worker["resident_bytes"]), 0)
        self.assertGreater(int(worker["host_memory_bytes"]), int(worker["resident_bytes"]))
        self.assertEqual((worker["slot"], worker["device"]), ("cpu:0", "cpu"))
        self.assertRegex(self.descent("worker", "ls").stdout, r" \d+% +[\d.]+ MB / [\d.]+ [GT]B ")
        self.assertRegex(self.get("/metrics"),
                         r'descent_worker_resident_memory_bytes\{pool="\w+",worker="[^"]+/0"\} \d')

    def test_the_dashboard_is_where_the_command_says(self):
        address = self.descent("dashboard").stdout.strip()

        with urllib.request.urlopen(address, timeout=10) as page:
            self.assertIn(b"<title>", page.read())

    def test_a_dry_run_says_where_a_job_would_start_and_what_it_would_wait_for(self):
        unknown = self.descent("submit", self.job_file, "--dry-run")
        self.start_workers(1)
        self.workers_once(1)

        free = self.descent("submit", self.job_file, "--dry-run").stdout
        name = self.descent("submit", self.job_file, "--dry-run", "-o", "name").stdout
        job = self.submit("--set", "steps=2000000")
        self.wait_until(lambda: self.step_of(job) > 0)
        busy = self.descent("submit", self.job_file, "--dry-run").stdout
        waiting = self.submit()
        too_large = (self.job_file, "--set", "workers.min=2")
        refused = self.descent("submit", *too_large, code=2)
        self.descent("submit", *too_large, "--allow-infeasible")

        self.assertIn("no workers are attached -> would wait", unknown.stdout)
        self.assertRegex(free, r"placement now: pool \w+, 1 of 1 cpu slots free -> would start at "
                         r"once, 1 worker on [\w.-]+\n")
        self.assertRegex(name, r"\Ablobs-[a-z0-9]{5}\n\Z")
        self.assertIn(f"waits for job {job} to end -> would wait", busy)
        self.assertRegex(self.descent("describe", waiting).stdout, rf"Blocked by: +{job}")
        self.assertRegex(refused.stderr, r'--set workers.min=2 +2 requested, the largest pool ".*" has 1 '
                         r"\(GANG_INFEASIBLE\)")
        self.assertIn("--allow-infeasible", refused.stderr)

    def test_a_job_that_no_pool_can_hold_is_told_beside_the_other_problems_of_its_file(self):
        self.start_workers(1)
        self.workers_once(1)
        text = self.job_file.read_text().replace("min: 1,", "min: 3,")
        self.job_file.write_text(text)
        line = text[:text.index("\nworkers:")].count("\n") + 2

        alone = self.descent("submit", self.job_file, code=2).stderr
        self.job_file.write_text(text.replace("optimizer:", "optimiser:"))
        beside = self.descent("submit", self.job_file, code=2).stderr

        for said in (alone, beside):
            self.assertRegex(said, rf"line +{line}  workers.min +3 requested, the largest pool .* has 1 "
                             r"\(GANG_INFEASIBLE\)")
        self.assertIn("1 problem in", alone)
        self.assertIn("optimiser", beside)
        self.assertNotIn("1 problem in", beside)

    def test_a_dry_run_shows_the_hash_of_the_spec_memory_and_checkpoints(self):
        shown = self.descent("submit", self.job_file, "--dry-run").stdout
        unseen = self.descent("submit", self.job_file, "--dry-run", "--set",
                              "data.train.path=/nowhere/at/all/train").stdout
        parameters = 64 * 32 + 32 + 32 * 16 + 16 + 16 * 4 + 4

        job = self.descent("submit", self.job_file, "-q").stdout.strip()
        self.assertIn(f"(sha256 {self.described(job)['spec_sha256'][:12]}…)", shown)
        self.assertIn(f"model mlp {parameters:,} parameters, ", shown)
        self.assertRegex(shown, r"memory per worker about [0-9.]+ [kM]B; checkpoint about [0-9.]+ kB, at "
                         r"most 3 kept")
        self.assertRegex(shown, r"9 steps/epoch, 200 steps")
        self.assertIn("not checked here: the data are not on this machine", unseen)
        self.assertEqual(len(unseen.splitlines()), 5)

    def test_a_dry_run_checks_the_data_where_they_are(self):
        for path in self.directory.glob("train-labels*"):
            path.unlink()

        for form in ("table", "json", "name"):
            refused = self.descent("submit", self.job_file, "--dry-run", "-o", form, code=2)
            self.assertIn("train-labels-idx1-ubyte", refused.stderr)
            self.assertEqual(refused.stdout, "")

    def test_a_coordinator_that_is_started_on_a_backup_knows_the_jobs_and_goes_on(self):
        pool = self.start_workers(2)
        done = self.submit("--follow", *LONG)
        job = self.submit(*LONG)
        self.wait_until(lambda: self.step_of(job) > 400)

        directory = self.descent("server", "backup", "before").stdout.strip()
        later = self.submit()
        self.kill_without_launcher(pool)
        self.kill_coordinator()
        state, old = self.directory / "state", self.directory / "old"
        state.rename(old)
        shutil.copytree(old / "backups/before", state)
        shutil.move(old / "checkpoints", state)
        self.start_coordinator_again()
        self.start_workers(2)

        self.assertEqual(directory, str(state / "backups/before"))
        self.assertEqual(self.job(done)["state"], "JOB_STATE_SUCCEEDED")
        self.descent("describe", later, code=5)
        self.descent("watch", job)
        self.assertEqual(self.job(job)["stateDigest"], self.job(done)["stateDigest"])
        reply = json.loads(self.get(f"/v1/jobs/{job}/metrics?names=train/loss&max_points=10000"))
        self.assertEqual([int(point["step"]) for point in reply["series"][0]["points"]],
                         list(range(1, 3001)))

    def test_a_backup_goes_nowhere_else_and_replaces_nothing(self):
        self.descent("server", "backup", "first")

        again = self.descent("server", "backup", "first", code=6)
        outside = self.descent("server", "backup", "../first", code=2)
        nameless = json.loads(self.descent("server", "backup", "--json").stdout)

        self.assertIn("BACKUP_EXISTS", again.stderr)
        self.assertIn("no name of a backup", outside.stderr)
        self.assertRegex(nameless["name"], "^[0-9]{8}T[0-9]{6}Z$")

    def test_the_coordinator_says_what_it_is_and_how_it_is(self):
        self.start_workers(1)
        self.workers_once(1)

        info = self.descent("server", "info").stdout
        status = self.descent("server", "status").stdout

        self.assertRegex(info, rf"State: +{self.directory}/state\n")
        self.assertRegex(info, r"Tokens: +not asked for")
        self.assertRegex(status, r"Server: +[0-9.]+, up for")
        self.assertRegex(status, r"READY +1 +1 +0 +-")
