#include "tests/fuzz/fuzz_target.h"

namespace descent {

std::vector<FuzzTarget>& FuzzTargets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

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
