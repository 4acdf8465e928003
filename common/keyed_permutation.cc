#include "common/keyed_permutation.h"

#include "common/check.h"

namespace descent {
namespace {

constexpr int kFeistelRounds = 6;

// Of the smallest power of four that holds `count` values; at least 1, so both halves exist.
int HalfBits(std::int64_t count) {
  int half_bits = 1;
  while ((std::uint64_t{1} << (2 * half_bits)) < static_cast<std::uint64_t>(count)) ++half_bits;
  return half_bits;
}

}  // namespace

KeyedPermutation::KeyedPermutation(PhiloxKey key, std::uint64_t tweak, std::int64_t count)
    : key_(key), tweak_(tweak), count_(count), half_bits_(HalfBits(count)) {
  DESCENT_CHECK(count >= 1);
  DESCENT_CHECK(count <= std::int64_t{1} << 62);
}

std::int64_t KeyedPermutation::At(std::int64_t position) const {
  DESCENT_CHECK(position >= 0);
  DESCENT_CHECK(position < count_);
  std::uint64_t value = Permute(static_cast<std::uint64_t>(position));
  // The domain is less than four times the count, so four tries are the mean at worst; the cycle
  // returns to `position` itself at the latest, so the walk ends.
  while (value >= static_cast<std::uint64_t>(count_)) value = Permute(value);
  return static_cast<std::int64_t>(value);
}

// A round swaps the halves and masks one with a function of the other, which undoes itself
// whatever that function is: so every key gives a permutation.
std::uint64_t KeyedPermutation::Permute(std::uint64_t value) const {
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  auto left = static_cast<std::uint32_t>(value >> half_bits_);
  auto right = static_cast<std::uint32_t>(value & mask);
  for (std::uint32_t round = 0; round < kFeistelRounds; ++round) {
    const PhiloxCounter counter = {right, round, static_cast<std::uint32_t>(tweak_),
                                   static_cast<std::uint32_t>(tweak_ >> 32)};
    const std::uint32_t masked =
        left ^ (Philox4x32(counter, key_)[0] & static_cast<std::uint32_t>(mask));
    left = right;
    right = masked;
  }
  return std::uint64_t{left} << half_bits_ | right;
}

}  // namespace descent
