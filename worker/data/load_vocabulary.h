#pragma once

#include <cstdint>
#include <optional>

#include "common/data_spec.h"
#include "common/result.h"
#include "worker/data/vocabulary.h"

namespace descent {

// The vocabulary that a job file names: bytes, or what the tokenizer's files say. Nothing without a
// tokenizer, and for `char` without a file, whose characters are those of the training files.
// kInvalidArgument: a line for each problem of each file. Blocks.
Result<std::optional<Vocabulary>> LoadVocabulary(std::optional<Tokenizer> tokenizer,
                                                 const VocabularySpec& spec);

// Below what tokens are: the declared size, or else the vocabulary's; one of them is there.
// kInvalidArgument: the declared size is the smaller one.
Result<std::int64_t> VocabularySize(const VocabularySpec& spec,
                                    const std::optional<Vocabulary>& vocabulary);

}  // namespace descent
