#pragma once

#include <cstdint>
#include <span>

#include "common/sample_format.h"

namespace descent {

// A model is compared with answers: each label of a sample is one, and all of its numbers to
// predict are one together. Labels that are kIgnoredLabel do not count.

// The counted answers of `samples` samples with these labels, [samples, L]; none: they have numbers
// to predict.
std::int64_t CountAnswers(std::span<const std::int32_t> labels, std::int64_t samples);

// What means over samples divide by: counted answers by the answers of one sample. It is the number
// of samples exactly where all answers count, and of texts need not be whole.
double CountedSamples(std::int64_t counted_answers, const SampleFormat& format);

}  // namespace descent
