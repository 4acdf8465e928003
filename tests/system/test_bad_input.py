"""Bad input gets one message that lists every problem, exit code 2, and creates nothing."""

import json
import subprocess

from harness import BIN, SystemTest


class BadInput(SystemTest):

    def refuse(self, *arguments, code=2):
        done = self.run_job(*arguments, code=code)
        self.assertFalse((self.directory / "state").exists(), "nothing is to be created")
        return done.stderr

    def test_all_problems_of_a_job_file_are_listed_with_their_lines(self):
        text = self.job_file.read_text()
        text = text.replace("optimizer:", "optimiser:").replace("global: 50", "global: 0")
        text = text.replace("seed: 3", "seed: three").replace("dropout: 0.1", "dropout: 1.5")
        self.job_file.write_text(text)

        message = self.refuse(self.job_file)

        for wanted in ("optimiser", 'did you mean "optimizer"', "batch.global", "seed", "three",
                       "model.mlp.dropout", "line", "4 problems"):
            self.assertIn(wanted, message)

    def test_more_workers_than_logical_workers_are_refused_with_both_numbers(self):
        message = self.refuse(self.job_file, "--workers", 5)

        self.assertIn("5", message)
        self.assertIn("4", message)
        self.assertIn("logical", message)

    def test_an_argument_that_is_not_utf8_is_named(self):
        done = subprocess.run([BIN / "descent", "describe", b"caf\xe9"], capture_output=True,
                              text=True, env=self.environment)

        self.assertEqual(done.returncode, 2)
        self.assertIn('argument 2, "caf\ufffd", is not a text, must be UTF-8', done.stderr)

    def test_a_missing_job_file_is_named(self):
        self.assertIn("nowhere.yaml", self.refuse(self.directory / "nowhere.yaml"))

    def test_a_missing_data_file_is_named(self):
        for path in self.directory.glob("train-labels*"):
            path.unlink()

        message = self.refuse(self.job_file)

        self.assertIn("train-labels-idx1-ubyte", message)

    def test_problems_of_several_data_files_are_listed_at_once(self):
        images = self.directory / "train-images-idx3-ubyte"
        images.write_bytes(images.read_bytes()[:1000])
        (self.directory / "validation-labels-idx1-ubyte").unlink()

        message = self.refuse(self.job_file)

        self.assertIn("train-images-idx3-ubyte", message)
        self.assertIn("validation-labels-idx1-ubyte", message)

    def test_a_label_out_of_range_is_named_with_its_place(self):
        labels = self.directory / "validation-labels-idx1-ubyte"
        content = bytearray(labels.read_bytes())
        content[8 + 17] = 9
        labels.write_bytes(content)

        message = self.refuse(self.job_file)

        self.assertIn("validation-labels-idx1-ubyte", message)
        self.assertIn("17", message)
        self.assertIn("9", message)

    def test_a_global_batch_larger_than_the_training_set_is_refused(self):
        message = self.refuse(self.job_file, "--set", "batch.global=5000", "--set", "batch.tail=drop")

        self.assertIn("5000", message)
        self.assertIn("403", message)

    def test_a_group_of_parameters_that_the_model_does_not_have_is_refused_with_near_names(self):
        message = self.refuse(self.job_file, "--set",
                              "optimizer.groups=[{match: [layer.0.bias], freeze: true}]")

        self.assertIn("optimizer.groups[0].match[0]", message)
        self.assertIn("layers.0.bias", message)

    def test_an_invalid_job_is_not_submitted(self):
        self.start_coordinator()
        self.job_file.write_text(self.job_file.read_text().replace("global: 50", "global: -1"))

        self.descent("submit", self.job_file, code=2)

        self.assertEqual(json.loads(self.get("/v1/jobs")).get("jobs", []), [])

    def test_an_unreachable_coordinator_exits_with_7(self):
        self.descent("ls", "--server", "127.0.0.1:1", code=7)

    def test_every_program_refuses_an_option_that_it_does_not_have_with_2(self):
        for program in ("descent", "descent-coordinator", "descent-launch", "descent-worker"):
            done = subprocess.run([BIN / program, "--nope"], capture_output=True, text=True,
                                  timeout=60, env=self.environment, stdin=subprocess.DEVNULL)

            self.assertEqual(done.returncode, 2, program)
            self.assertTrue(done.stderr, program)

    def test_an_unknown_job_exits_with_5(self):
        self.start_coordinator()

        self.descent("describe", "nobody", code=5)
