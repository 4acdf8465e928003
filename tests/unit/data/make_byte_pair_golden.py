#!/usr/bin/env python3
"""Records what Hugging Face's `tokenizers` makes of texts with a small GPT-2 vocabulary.

    pip install tokenizers; python3 make_byte_pair_golden.py > golden_byte_pair.json

The vocabulary is trained here, on the texts below and those of this repository.
"""

import json
import pathlib

import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs"
TEXTS = [
    "",
    "Hello, world! It's we've I'll they're she'd I'm don't 'tis",
    "IT'S DON'T 'S 'LL ’s it’s",  # contractions are of lower case and of the plain apostrophe
    "a  b   c    d\n\n e \n\t f   ",
    " \t\n  ",
    "x = 3.14159; y_1 = 10_000 + 2²/½ Ⅷ ٣٤ १२",  # \p{N} is more than digits
    "naïve café Ångström ß e\u0301 straße Größe",  # a combining mark is no letter
    "Привет, мир! Ελληνικά שלום مرحبا हिन्दी",
    "日本語のテキスト 中文文本 한국어",
    "emoji 👍🏽 👨‍👩‍👧‍👦 🇩🇪 ❤️",
    "spaces:\u00a0nbsp\u2003em\u3000ideographic\u180emongolian\u200bzero\u2028line\u0085next",
    "control \x00 \x01 \x1c\x1d\x1e\x1f \x7f end",
    "<|endoftext|> is text",
    "a" * 300,
    "aaa bbb aaab abab ababab aabbaabb" * 5,
    "tab\tand\rreturn\r\nand\x0bvertical\x0cfeed",
    "!!! ??? ... --- ''' \"\"\" ```code``` @#$%^&*()",
    "the gradient of the loss is the sum of the gradients of the samples",
]


def corpus():
    yield from TEXTS
    for path in sorted(DOCS.glob("*.md")):
        yield path.read_text()


def main():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    trainer = trainers.BpeTrainer(vocab_size=600, show_progress=False,
                                  special_tokens=["<|endoftext|>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    # As GPT-2's own encode_ordinary has it: a special token in a text is text.
    model = json.loads(tokenizer.to_str())["model"]
    plain = Tokenizer(models.BPE(model["vocab"], [tuple(merge) for merge in model["merges"]]))
    plain.pre_tokenizer = tokenizer.pre_tokenizer
    texts = []
    for text in TEXTS:
        pieces = [text[first:last] for _, (first, last) in
                  plain.pre_tokenizer.pre_tokenize_str(text)]
        texts.append({"text": text, "pieces": pieces, "tokens": plain.encode(text).ids})
    print(json.dumps({"tokenizers": tokenizers.__version__, "vocab": model["vocab"],
                      "merges": [" ".join(merge) for merge in model["merges"]], "texts": texts},
                     ensure_ascii=True, separators=(",", ":")))


main()
