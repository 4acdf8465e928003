#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>

namespace descent {

// Everything that a simulation draws, in one order, from one seed.
class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : engine_(seed) {}

  // From first to last; both may come.
  std::int64_t Number(std::int64_t first, std::int64_t last) {
    return first +
           static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(last - first + 1));
  }
  int Small(int first, int last) { return static_cast<int>(Number(first, last)); }
  // From 0, below 1.
  double Part() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  bool Happens(double probability) { return Part() < probability; }
  std::chrono::microseconds Seconds(double first, double last) {
    return Micros(first + (last - first) * Part());
  }
  // Between two of what happens at any time alike.
  std::chrono::microseconds Gap(double mean_seconds) {
    return Micros(-std::log(1.0 - Part()) * mean_seconds);
  }

 private:
  static std::chrono::microseconds Micros(double seconds) {
    return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
  }

  std::mt19937_64 engine_;
};

}  // namespace descent
