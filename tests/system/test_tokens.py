"""A GPT that learns from token files, as nanoGPT and llm.c write them."""

import json
import re
import struct

from harness import SystemTest

JOB = """\
name: tokens
model: {{gpt: {{layers: 2, heads: 2, embedding_size: 32, context_length: 16, dropout: 0}}}}
data:
  {vocabulary}
  train: {{path: "{data}/train-*.bin", format: tokens, stride: 3}}
  validation: {{path: "{data}/validation.bin", format: tokens}}
batch: {{global: 16, logical_workers: 2}}
steps: 300
seed: 3
optimizer: {{adamw: {{lr: 3e-3}}}}
lr_schedule: {{cosine: {{}}}}
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


def symbol(byte):
    """The character by which GPT-2's files write a byte."""
    if 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or byte >= 0xAE:
        return chr(byte)
    others = [b for b in range(256) if not (0x21 <= b <= 0x7E or 0xA1 <= b <= 0xAC or b >= 0xAE)]
    return chr(256 + others.index(byte))


class Tokenize(SystemTest):

    def setUp(self):
        super().setUp()
        vocabulary = {symbol(byte): byte for byte in range(256)}
        merges = ["t h", "th e", "Ġ the"]
        for merge in merges:
            vocabulary[merge.replace(" ", "")] = len(vocabulary)
        (self.directory / "vocab.json").write_text(json.dumps(vocabulary))
        (self.directory / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
        self.text = self.directory / "text.txt"
        self.text.write_bytes(VERSE * 12)
        self.output = self.directory / "out.bin"

    def tokenize(self, *arguments, **options):
        return self.descent("data", "tokenize", self.text, "-o", self.output, *arguments,
                            **options)

    def gpt2(self):
        return ("--tokenizer", "gpt2", "--vocab", self.directory / "vocab.json",
                "--merges", self.directory / "merges.txt")

    def tokens(self):
        content = self.output.read_bytes()
        return list(struct.unpack(f"<{len(content) // 2}H", content))

    def test_bytes_are_their_own_tokens(self):
        done = self.tokenize("--tokenizer", "byte")

        self.assertEqual(self.tokens(), list(VERSE * 12))
        self.assertEqual(done.stdout,
                         f"{self.output}: 660 uint16 tokens below 256, of 1 file\n")

    def test_gpt2_merges_what_its_files_say(self):
        self.text.write_text("the bother of the")

        self.tokenize(*self.gpt2())

        self.assertEqual(self.tokens(), [257, 32, 98, 111, 257, 114, 32, 111, 102, 258])

    def test_characters_are_written_beside_the_tokens(self):
        self.text.write_text("böb")

        self.tokenize("--tokenizer", "char", "--header", "llm.c")

        content = self.output.read_bytes()
        self.assertEqual(content[:1024], header(3))
        self.assertEqual(content[1024:], uint16([0, 1, 0]))
        self.assertEqual((self.directory / "out.bin.characters").read_text(), "bö")

    def test_what_is_wrong_is_said_and_nothing_is_replaced(self):
        self.assertIn("needs --vocab", self.tokenize("--tokenizer", "gpt2", code=2).stderr)
        self.text.write_bytes(b"fine\n\xff")
        self.assertIn("text.txt: line 2: byte 0xff is not UTF-8",
                      self.tokenize(*self.gpt2(), code=2).stderr)
        self.output.write_bytes(b"precious")
        self.text.write_text("fine")
        self.assertIn("out.bin", self.tokenize(*self.gpt2(), code=2).stderr)
        self.assertEqual(self.output.read_bytes(), b"precious")

    def test_a_gpt_learns_alike_from_the_text_and_from_its_tokens_and_goes_on(self):
        self.tokenize(*self.gpt2())
        files = f"tokenizer: gpt2\n  vocab: {self.directory}/vocab.json\n" \
            f"  merges: {self.directory}/merges.txt"
        job = JOB.format(vocabulary=files, data=self.directory)
        job = job.replace(f"{self.directory}/validation.bin", str(self.output))
        self.job_file.write_text(job.replace(f"{self.directory}/train-*.bin", str(self.output)))
        from_tokens = self.run_job(self.job_file, "--workers", 2, "--set", "steps=400")
        job = job.replace("format: tokens", "format: text").replace(str(self.output),
                                                                    str(self.text))
        self.job_file.write_text(job.replace(f"{self.directory}/train-*.bin", str(self.text)))

        from_text = self.run_job(self.job_file, "--workers", 1, "--set", "steps=400")

        self.assertEqual(self.digest_of(from_text), self.digest_of(from_tokens))
        checkpoint = re.search(r"checkpoint: (\S+)", from_text.stdout).group(1)
        text = self.descent("generate", checkpoint, "--prompt", "the small ", "--temperature", 0,
                            "--tokens", 30).stdout
        self.assertTrue(text.startswith("the small bird flew over the hill"), text)
