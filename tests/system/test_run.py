"""`descent run`: everything on this machine, the job's outcome as exit code, nothing left behind."""

import signal
import subprocess

from harness import BIN, DIGEST, SystemTest, processes_of, write_idx


class Run(SystemTest):

    def test_a_run_ends_with_accuracy_checkpoint_and_digest(self):
        done = self.run_job(self.job_file, "--workers", 2)

        self.digest_of(done)
        self.assertRegex(done.stdout, r"test accuracy: (0\.9\d+|1\.0+)\n")
        self.assertRegex(done.stdout, r"checkpoint.*/step-200")
        self.assertEqual(processes_of(self.directory), [])

    def test_two_runs_on_one_machine_are_not_in_each_others_way(self):
        runs = [self.start(BIN / "descent", "run", self.job_file, "--workers", 2, "--state-dir",
                           self.directory / f"state-{number}") for number in range(2)]

        for run in runs:
            self.assertEqual(run.wait(120), 0, run.log.read_text())

        self.assertEqual(len({DIGEST.search(run.log.read_text()).group(1) for run in runs}), 1)

    def test_two_classes_are_learned_by_one_logit(self):
        write_idx(self.directory / "two", 203, classes=2)
        halves = ("--set", f"data.train.path={self.directory}/two", "--set",
                  f"data.validation.path={self.directory}/two", "--set",
                  f"data.test.path={self.directory}/two", "--set", "model.loss=binary_cross_entropy")

        alone = self.run_job(self.job_file, "--workers", 1, *halves)
        shared = self.run_job(self.job_file, "--workers", 2, *halves)

        self.assertEqual(self.digest_of(shared), self.digest_of(alone))
        self.assertRegex(alone.stdout, r"test accuracy: (0\.9\d+|1\.0+)\n")

    def test_logistic_regression_tells_the_classes_apart(self):
        regression = ("--set", "model={logistic_regression: {}, label_smoothing: 0.05}")

        alone = self.run_job(self.job_file, "--workers", 1, *regression)
        shared = self.run_job(self.job_file, "--workers", 3, *regression)

        self.assertEqual(self.digest_of(shared), self.digest_of(alone))
        self.assertRegex(alone.stdout, r"test accuracy: (0\.9\d+|1\.0+)\n")

    def test_the_initializer_decides_how_a_job_begins(self):
        first_step = ("--workers", 1, "--set", "stop_at_step=1", "--set")

        by_default = self.run_job(self.job_file, *first_step, "seed=1")
        pytorch = self.run_job(self.job_file, *first_step, "model.init=pytorch",
                               "--set", "seed=1")
        gpt2 = self.run_job(self.job_file, *first_step, "model.init=gpt2", "--set", "seed=1")

        self.assertEqual(self.digest_of(pytorch), self.digest_of(by_default))
        self.assertNotEqual(self.digest_of(gpt2), self.digest_of(by_default))

    def test_a_job_that_stops_early_ends_alike_on_any_number_of_workers(self):
        impatient = ("--set", "early_stopping={metric: accuracy, patience: 2, min_delta: 0.9}",
                     "--set", "evaluate.every_steps=10",
                     "--set", "checkpoint={every_steps: 25, best: {metric: accuracy}}")

        alone = self.run_job(self.job_file, "--workers", 1, *impatient)
        shared = self.run_job(self.job_file, "--workers", 2, *impatient)

        self.assertEqual(self.digest_of(shared), self.digest_of(alone))
        for done in alone, shared:
            self.assertRegex(done.stdout + done.stderr,
                             r"stopped after step 30 of 200: 2 evaluations did not improve "
                             r"validation/accuracy 0\.\d+ of step 10")
            self.assertRegex(done.stdout, r"checkpoint.*/step-30")

    def test_ctrl_c_cancels_the_run_and_leaves_no_process(self):
        run = self.start(BIN / "descent", "run", self.job_file, "--workers", "2", "--set",
                         "steps=2000000", "--state-dir", self.directory / "state")
        self.wait_until(lambda: "step" in run.log.read_text())

        run.send_signal(signal.SIGINT)

        self.assertEqual(run.wait(20), 8, run.log.read_text())
        self.assertIn("cancel", run.log.read_text())
        self.assertEqual(self.wait_until(lambda: processes_of(self.directory), is_wanted=False), [])

    def test_a_run_that_is_killed_takes_all_its_processes_along(self):
        run = self.start(BIN / "descent", "run", self.job_file, "--workers", "2", "--set",
                         "steps=2000000", "--state-dir", self.directory / "state")
        self.wait_until(lambda: "step" in run.log.read_text())

        run.kill()
        run.wait()

        self.assertEqual(self.wait_until(lambda: processes_of(self.directory), is_wanted=False), [])

    def test_a_run_without_its_launcher_says_so_and_ends(self):
        run = self.start(BIN / "descent", "run", self.job_file, "--workers", "2", "--set",
                         "steps=2000000", "--state-dir", self.directory / "state")
        self.wait_until(lambda: "step" in run.log.read_text())
        launchers = [pid for pid, command in processes_of(self.directory)
                     if command.startswith(f"{BIN}/descent-launch -n")]
        self.assertEqual(len(launchers), 1)

        subprocess.run(["kill", "-9", str(launchers[0])], check=True)

        self.assertEqual(run.wait(60), 1)
        self.assertIn("launcher", run.log.read_text())
