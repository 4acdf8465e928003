#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

// Makes inputs out of known ones: the i-th is a function of the seed, of i and of the corpus, on
// every machine.
class Mutator {
 public:
  // At least one input, though it may be empty.
  Mutator(std::vector<std::string> corpus, std::uint64_t seed);

  // The corpus itself comes first, unchanged; then one to eight changes of one of it: bits and
  // bytes flipped, numbers that parsers trip over, pieces removed, repeated, cut off, or taken from
  // another input.
  std::string Input(std::uint64_t index) const;

 private:
  const std::vector<std::string> corpus_;
  const std::uint64_t seed_;
};

}  // namespace descent
