#include "common/random.h"

#include <cmath>
#include <numbers>

namespace descent {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;  // golden ratio
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;  // sqrt(3) - 1

PhiloxCounter Round(const PhiloxCounter& counter, const PhiloxKey& key) {
  const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
  const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
  return {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
          static_cast<std::uint32_t>(product1),
          static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
          static_cast<std::uint32_t>(product0)};
}

}  // namespace

std::array<std::uint32_t, 4> Philox4x32(PhiloxCounter counter, PhiloxKey key) {
  counter = Round(counter, key);
  for (int round = 1; round < 10; ++round) {
    key[0] += kWeyl0;
    key[1] += kWeyl1;
    counter = Round(counter, key);
  }
  return counter;
}

// The seed and the purpose fill 96 bits and a key has 64, so one block of the cipher mixes them.
PhiloxKey MakePhiloxKey(std::uint64_t seed, RandomPurpose purpose) {
  const auto mixed =
      Philox4x32({static_cast<std::uint32_t>(purpose), 0, 0, 0},
                 {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  return {mixed[0], mixed[1]};
}

double ToNormal(std::uint32_t first, std::uint32_t second) {
  // Half a unit away from zero, where the logarithm has no value.
  const double radius_uniform = (static_cast<double>(first) + 0.5) * 0x1p-32;
  const double angle_uniform = static_cast<double>(second) * 0x1p-32;
  return std::sqrt(-2.0 * std::log(radius_uniform)) *
         std::cos(2.0 * std::numbers::pi * angle_uniform);
}

}  // namespace descent
