"""`descent generate`: a text goes on as the model of a checkpoint would have it."""

import re
import subprocess

from harness import BIN, SystemTest

JOB = """\
name: verses
model: {{gpt: {{layers: 1, heads: 2, embedding_size: 32, context_length: 16, dropout: 0}}}}
data:
  tokenizer: {tokenizer}
  train: {{path: "{texts}/*.txt", format: text, fraction: [0, 0.8], stride: 5}}
  validation: {{path: "{texts}/*.txt", format: text, fraction: [0.8, 1]}}
batch: {{global: 16, logical_workers: 2}}
steps: 150
seed: 3
optimizer: {{adamw: {{lr: 1e-2}}}}
evaluate: {{every_steps: 50}}
checkpoint: {{every_steps: 50, keep_last: 2}}
"""
# One way to go on from every 16 characters: little is to be learned.
VERSE = "the süße bird flew over the hill and down to the sea.\n"


class Generate(SystemTest):

    def train(self, tokenizer, *arguments):
        """The name of a finished job."""
        texts = self.directory / "texts"
        texts.mkdir(exist_ok=True)
        (texts / "a.txt").write_text(VERSE * 30)
        (texts / "b.txt").write_text(VERSE * 10)
        self.job_file.write_text(JOB.format(tokenizer=tokenizer, texts=texts))
        done = self.run_job(self.job_file, "--workers", 2, *arguments)
        self.assertIn("descent generate verses-", done.stderr)
        return re.search(r"/checkpoints/(verses-[a-z0-9]{5})/", done.stdout).group(1)

    def generate(self, checkpoint, *arguments, **options):
        return self.descent("generate", checkpoint, "--state-dir", self.directory / "state",
                            *arguments, **options)

    def test_the_text_goes_on_and_the_seed_decides_how(self):
        job = self.train("char")
        prompt = ("--prompt", "the süße ")

        likeliest = self.generate(f"{job}/latest", *prompt, "--temperature", 0, "--tokens", 40)
        self.assertEqual(likeliest.stdout, VERSE[:49] + "\n")

        wild = ("--temperature", 3, "--tokens", 60)
        text = self.generate(f"{job}/150", *prompt, *wild, "--seed", 1).stdout
        self.assertEqual(len(text), 9 + 60 + 1)
        self.assertEqual(self.generate(f"{job}/150", *prompt, *wild, "--seed", 1).stdout, text)
        self.assertNotEqual(self.generate(f"{job}/150", *prompt, *wild, "--seed", 2).stdout, text)

        self.assertTrue(self.generate(f"{job}/best", *prompt).stdout.startswith("the süße "))

    def test_every_kind_of_gpt_goes_on(self):
        llama = ("positions=rotary", "activation=swiglu", "norm=rms_norm", "head=untied",
                 "biases=none")
        for kind in (llama, ("activation=gelu_tanh",)):
            with self.subTest(kind):
                settings = [argument for setting in kind
                            for argument in ("--set", f"model.gpt.{setting}")]
                job = self.train("char", *settings)

                text = self.generate(f"{job}/latest", "--prompt", "the süße ", "--temperature", 0,
                                     "--tokens", 40).stdout

                self.assertEqual(text, VERSE[:49] + "\n")

    def test_bad_requests_say_what_is_wrong(self):
        job = self.train("char")

        unknown = self.generate(f"{job}/latest", "--prompt", "the\nÄ", code=2)
        self.assertIn('the prompt: line 2: "Ä" (U+00C4), must be one of the', unknown.stderr)
        self.assertEqual(unknown.stdout, "")
        self.assertIn("empty", self.generate(f"{job}/latest", "--prompt", "", code=2).stderr)
        self.assertIn("100, 150",
                      self.generate(f"{job}/77", "--prompt", "the", code=5).stderr)
        self.generate("nobody-12345/latest", "--prompt", "the", code=5)
        self.assertIn("JOB/latest", self.generate("nothing/at-all", "--prompt", "the", code=2).stderr)

    def test_a_directory_needs_no_coordinator_and_bytes_become_utf8(self):
        job = self.train("byte")
        checkpoint = self.directory / "state" / "checkpoints" / job / "step-150"

        done = self.descent("generate", checkpoint, "--prompt", "the s", "--temperature", 5,
                            "--tokens", 200)

        self.assertTrue(done.stdout.startswith("the s"))

    def test_a_damaged_checkpoint_is_refused(self):
        job = self.train("byte")
        checkpoint = self.directory / "state" / "checkpoints" / job / "step-150"
        model = checkpoint / "model.safetensors"
        content = bytearray(model.read_bytes())
        content[-1] ^= 1
        model.write_bytes(content)

        done = self.descent("generate", checkpoint, "--prompt", "the s", code=1)

        self.assertIn("model.safetensors is corrupt", done.stderr)

    def test_a_checkpoint_is_found_through_the_coordinator_that_is_named(self):
        job = self.train("char")
        self.start_coordinator()

        done = self.descent("generate", f"{job}/latest", "--prompt", "the ", "--tokens", 5)

        self.assertEqual(len(done.stdout), 10)

    def test_without_a_coordinator_the_default_state_directory_is_asked(self):
        (self.directory / "state-home").mkdir()
        (self.directory / "state-home" / "descent").symlink_to(self.directory / "state")
        job = self.train("char")

        done = self.descent_alone("generate", f"{job}/latest", "--prompt", "the ", "--tokens", 5)

        self.assertEqual(len(done.stdout), 10)

    def test_a_coordinator_that_is_named_and_does_not_answer_is_an_error(self):
        self.descent("generate", "verses-12345/latest", "--prompt", "the ", "--server",
                     "127.0.0.1:1", code=7)

    def test_a_model_of_images_generates_nothing(self):
        done = self.run_job(self.job_file, "--workers", 1, "--set", "steps=10",
                            "--set", "lr_schedule.cosine.warmup_steps=1")
        checkpoint = re.search(r"checkpoint: (\S+)", done.stdout).group(1)

        refused = subprocess.run([BIN / "descent-worker", "--generate", checkpoint,
                                  "--prompt", "the"], capture_output=True, text=True, timeout=60,
                                 env=self.environment)

        self.assertEqual(refused.returncode, 1)
        self.assertIn("must be a gpt to generate text", refused.stderr)
