"""A GPT that learns from token files, as nanoGPT and llm.c write them."""

import re
import struct

from harness import SystemTest

JOB = """\
name: tokens
model: {{gpt: {{layers: 1, heads: 2, embedding_size: 32, context_length: 16, dropout: 0}}}}
data:
  {vocabulary}
  train: {{path: "{data}/train-*.bin", format: tokens, stride: 3}}
  validation: {{path: "{data}/validation.bin", format: tokens}}
batch: {{global: 16, logical_workers: 2}}
steps: 150
seed: 3
optimizer: {{adamw: {{lr: 1e-2}}}}
"""
# One way to go on from every 16 bytes: little is to be learned.
VERSE = b"the small bird flew over the hill and down to the sea.\n"


def header(count):
    return struct.pack("<256i", 20240520, 1, count, *[0] * 253)


def uint16(text):
    return struct.pack(f"<{len(text)}H", *text)


class Tokens(SystemTest):

    def setUp(self):
        super().setUp()
        # Half of it with llm.c's header, half as nanoGPT has it: bytes as tokens.
        (self.directory / "train-1.bin").write_bytes(header(len(VERSE) * 12) + uint16(VERSE * 12))
        (self.directory / "train-2.bin").write_bytes(uint16(VERSE * 12))
        (self.directory / "validation.bin").write_bytes(uint16(VERSE * 3))

    def write_job(self, vocabulary):
        self.job_file.write_text(JOB.format(vocabulary=vocabulary, data=self.directory))

    def test_a_gpt_learns_them_and_goes_on_by_its_tokenizer(self):
        self.write_job("tokenizer: byte")

        done = self.run_job(self.job_file, "--workers", 2)

        self.assertIn("descent generate tokens-", done.stderr)
        job = re.search(r"/checkpoints/(tokens-[a-z0-9]{5})/", done.stdout).group(1)
        text = self.descent("generate", f"{job}/latest", "--state-dir", self.directory / "state",
                            "--prompt", "the small ", "--temperature", 0, "--tokens", 40).stdout
        self.assertEqual(text, VERSE[:50].decode() + "\n")

    def test_tokens_without_a_tokenizer_train_alike_and_generate_nothing(self):
        self.write_job("tokenizer: byte")
        named = self.run_job(self.job_file, "--workers", 1, "--set", "steps=10")
        self.write_job("vocabulary_size: 256")

        nameless = self.run_job(self.job_file, "--workers", 2, "--set", "steps=10")

        self.assertEqual(self.digest_of(nameless), self.digest_of(named))
        self.assertNotIn("descent generate", nameless.stderr)
        checkpoint = re.search(r"checkpoint: (\S+)", nameless.stdout).group(1)
        refused = self.descent("generate", checkpoint, "--prompt", "the", code=1)
        self.assertIn("its job had no data.tokenizer", refused.stderr)

    def test_all_that_is_wrong_with_the_files_is_listed_before_anything_starts(self):
        (self.directory / "train-2.bin").write_bytes(b"odd")
        self.write_job("vocabulary_size: 115")

        message = self.run_job(self.job_file, code=2).stderr

        self.assertIn("train-2.bin: 3 bytes, must be a multiple of 2", message)
        self.assertIn("validation.bin: token 116 at index 0 (and ", message)
        self.assertIn("must be below the vocabulary's size 115", message)
        self.assertFalse((self.directory / "state").exists(), "nothing is to be created")
