#include "tests/fuzz/fuzz_target.h"

namespace descent {
namespace {

std::uint64_t taken_inputs = 0;

}  // namespace

std::vector<FuzzTarget>& FuzzTargets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

void NoteTaken() { ++taken_inputs; }
std::uint64_t TakenInputs() { return taken_inputs; }

std::uint8_t TakeByte(std::string_view& bytes) {
  if (bytes.empty()) return 0;
  const auto first = static_cast<std::uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  return first;
}

std::string_view TakePart(std::string_view& bytes, char separator) {
  const std::string_view part = bytes.substr(0, bytes.find(separator));
  bytes.remove_prefix(part.size() == bytes.size() ? part.size() : part.size() + 1);
  return part;
}

}  // namespace descent
