#pragma once

#include <functional>
#include <string_view>

#include "common/status.h"

namespace descent {

// Cuts a text into the pieces that GPT-2 encodes each on its own, one after the other, without a
// gap: contractions, words, numbers, other characters, each with a space before it, and white
// space:
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// with \s as Unicode's White_Space. The classes are those of the regular expression library's
// version of Unicode. `text` is UTF-8 (FindInvalidUtf8), and `take` looks at it.
// Source: Radford et al. 2019, "Language models are unsupervised multitask learners", encoder.py.
// kInternal: the library fails. Any thread.
Status SplitLikeGpt2(std::string_view text, const std::function<void(std::string_view)>& take);

}  // namespace descent
