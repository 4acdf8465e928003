#include "worker/checkpoint/safetensors.h"

#include <cstring>
#include <map>
#include <span>
#include <utility>

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {
namespace {

using Tensors = std::map<std::string, std::pair<std::vector<std::int64_t>, std::string>>;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Tensors ByName(const std::vector<SafetensorsEntry>& entries) {
  Tensors tensors;
  for (const SafetensorsEntry& entry : entries)
    tensors[entry.name] = {entry.shape, std::string(TextOf(entry.bytes))};
  DESCENT_CHECK(tensors.size() == entries.size());
  return tensors;
}

// Our own file of the same tensors.
std::string Written(const std::vector<SafetensorsEntry>& entries) {
  std::vector<std::vector<float>> values;
  std::string bytes;
  for (const SafetensorsEntry& entry : entries) {
    std::vector<float>& copy = values.emplace_back(entry.bytes.size() / sizeof(float));
    if (!copy.empty()) std::memcpy(copy.data(), entry.bytes.data(), entry.bytes.size());
    bytes += TextOf(entry.bytes);
  }
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < entries.size(); ++i)
    views.push_back({.name = entries[i].name, .shape = entries[i].shape, .values = values[i]});
  std::string file = EncodeSafetensorsHeader(views);
  file += bytes;
  return file;
}

}  // namespace

DESCENT_FUZZ_TARGET(safetensors) {
  const auto parsed = ParseSafetensors(std::as_bytes(std::span(bytes)));
  if (!parsed.ok()) return;
  NoteTaken();
  std::size_t size = 0;
  for (const SafetensorsEntry& entry : parsed.value()) size += entry.bytes.size();
  DESCENT_CHECK(size <= bytes.size());

  const std::string written = Written(parsed.value());
  const auto again = ParseSafetensors(std::as_bytes(std::span(written)));

  DESCENT_CHECK(again.ok());
  DESCENT_CHECK(ByName(again.value()) == ByName(parsed.value()));
}

}  // namespace descent
