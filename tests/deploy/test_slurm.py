"""The batch scripts of deploy/slurm, on a real Slurm: a job that is preempted and requeued ends with the
digest of one that nobody disturbed."""

import os
import pathlib
import re

from harness import BIN, SystemTest
from slurm_cluster import SlurmCluster, why_impossible

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "deploy/slurm"
DESCRIBED_DIGEST = re.compile(r"^State digest: +([0-9a-f]{32})$", re.MULTILINE)


class Slurm(SystemTest):

    def setUp(self):
        reason = why_impossible()
        if reason is not None:
            self.skipTest(f"this machine cannot have a Slurm: {reason}")
        super().setUp()
        # Slurm hands the environment of sbatch on to the job.
        self.environment.update(PATH=f"{BIN}:{os.environ['PATH']}", DESCENT_SLURM=str(SCRIPTS),
                                DESCENT_DIR=str(self.directory / "jobs"),
                                OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        # Slurm ends what a step of it has left running: then Open MPI may leave its own files behind.
        node_files = self.directory / "node-tmp"
        node_files.mkdir()
        self.slurm = SlurmCluster(self.directory / "slurm",
                                  dict(self.environment, TMPDIR=str(node_files)))
        self.slurm.start()
        self.lengthen_job()

    def tearDown(self):
        if hasattr(self, "slurm"):
            self.slurm.stop()
        super().tearDown()

    def lengthen_job(self):
        """Into one that runs for some seconds, and saves seldom by itself."""
        text = self.job_file.read_text().replace("steps: 200", "steps: 4000")
        text = text.replace("every_steps: 50", "every_steps: 200")
        self.job_file.write_text(text.replace("every_steps: 60", "every_steps: 1500"))

    def undisturbed_digest(self):
        return self.digest_of(self.descent("run", self.job_file, "--workers", 1,
                                           "--state-dir", self.directory / "other-state"))

    def submit_alone(self):
        self.output = self.directory / "output"
        return self.slurm.submit(f"--output={self.output}", SCRIPTS / "descent-alone.sbatch",
                                 self.job_file)

    def text(self):
        return self.output.read_text() if self.output.exists() else ""

    def wait_for_step(self, step):
        """Until that of the training is begun, or a later one."""
        self.wait_until(lambda: any(int(number) >= step for number in re.findall(
            r"phase begun phase=evaluate step=(\d+)", self.text())), 60)

    def wait_for_slurm(self, number, state, seconds=120):
        def is_there():
            found = self.slurm.job(number)
            if found["JobState"] in ("FAILED", "CANCELLED", "NODE_FAIL") and state != found["JobState"]:
                self.fail(f"{found}\n{self.text()}\n{self.slurm.text_of_logs()}")
            return found["JobState"] == state
        self.wait_until(is_there, seconds)
        return self.slurm.job(number)

    def test_a_job_that_slurm_tells_to_end_is_saved_requeued_and_ends_with_the_same_digest(self):
        number = self.submit_alone()
        self.wait_for_step(200)

        # What --signal=B:TERM@120 sends two minutes before the time is over.
        self.slurm.run("scancel", "--batch", "--signal=TERM", number)
        done = self.wait_for_slurm(number, "COMPLETED")

        self.assertEqual(done["Restarts"], "1", self.text())
        # Nothing was computed twice: the second turn went on where the first had stopped.
        starts = [int(step) for step in re.findall(r"start_step=(\d+)", self.text())]
        stops = [int(step) for step in re.findall(r"outcome=stopped step=(\d+)", self.text())]
        self.assertEqual(set(starts), {0, *stops}, self.text())
        self.assertEqual(DESCRIBED_DIGEST.findall(self.text())[-1], self.undisturbed_digest())

    def test_a_job_that_slurm_requeues_without_a_word_ends_with_the_same_digest(self):
        number = self.submit_alone()
        self.wait_for_step(200)

        self.slurm.run("scontrol", "requeue", number)
        done = self.wait_for_slurm(number, "COMPLETED")

        self.assertEqual(done["Restarts"], "1", self.text())
        self.assertEqual(DESCRIBED_DIGEST.findall(self.text())[-1], self.undisturbed_digest())

    def test_a_pool_for_one_job_of_another_coordinator_ends_with_its_outcome(self):
        self.start_coordinator()
        job = self.submit()
        self.slurm.environment["DESCENT_COORDINATOR"] = self.addresses["worker"]
        self.output = self.directory / "output"

        number = self.slurm.submit(f"--output={self.output}", SCRIPTS / "descent-pool.sbatch", job)
        self.wait_for_slurm(number, "COMPLETED")

        self.assertEqual(self.job(job)["state"], "JOB_STATE_SUCCEEDED")
        self.assertEqual(self.job(job)["stateDigest"], self.undisturbed_digest())

    def test_a_job_that_fails_fails_in_slurm_and_is_not_requeued(self):
        self.job_file.write_text(self.job_file.read_text().replace("lr: 3e-3", "lr: 1e30"))

        number = self.submit_alone()
        done = self.wait_for_slurm(number, "FAILED")

        self.assertEqual((done["Restarts"], done["ExitCode"]), ("0", "3:0"), self.text())
