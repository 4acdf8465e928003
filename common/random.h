#pragma once

#include <array>
#include <cstdint>

namespace descent {

// Philox-4x32 with 10 rounds: a keyed bijection of 128-bit counters that passes for random.
// Randomness is a function of (key, counter), never of history, so any rank can draw any number.
// Source: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3".
using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;
std::array<std::uint32_t, 4> Philox4x32(PhiloxCounter counter, PhiloxKey key);

// What a random number is for. Part of the key, so two purposes never share a stream.
enum class RandomPurpose : std::uint32_t {
  kInit = 1,
  kDropout = 2,
  kSampleOrder = 3,
  kGenerate = 4,
  kAugmentation = 5,
  kBlockOrder = 160,  // within blocks of samples
  kSplit = 161,       // which samples are taken out of the training set
  kSynthetic = 162,
};

// The key of one purpose under a job's seed.
PhiloxKey MakePhiloxKey(std::uint64_t seed, RandomPurpose purpose);

// [0, 1) with 24 random bits, from one 32-bit word.
inline float ToUniformFloat(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// Standard normal from one word: the quantile of (word + 1/2) / 2^32, good to 1.2e-9 relative.
// Equal bits on every machine, because it uses no function of the C library, whose last bits differ
// with the CPU. Source: Acklam 2003, "An algorithm for computing the inverse normal cumulative
// distribution function".
double ToNormal(std::uint32_t word);

}  // namespace descent
