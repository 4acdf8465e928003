#include "common/mapping_list.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace descent {
namespace {

// Of fixed size, as a signal handler may take neither a lock nor memory.
struct Mapping {
  std::atomic<bool> is_taken = false;
  std::atomic<const std::byte*> start = nullptr;  // set last, and cleared first
  std::size_t size = 0;
  std::array<char, 256> path = {};  // the end of it, with a NUL behind it
};

constinit std::array<Mapping, 1024> mappings = {};
struct sigaction previous = {};

void Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

const Mapping* FindMapping(const void* address) {
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  for (const Mapping& mapping : mappings) {
    const auto start = reinterpret_cast<std::uintptr_t>(mapping.start.load());
    if (start != 0 && place >= start && place - start < mapping.size) return &mapping;
  }
  return nullptr;
}

// Returns to the same instruction, whose error then meets what was there before.
void OnBusError(int, siginfo_t* facts, void*) {
  if (const Mapping* const mapping = FindMapping(facts->si_addr)) {
    Write("error: ");
    Write(mapping->path.data());
    Write(
        " cannot be read any more: it was cut short, or its disk failed; a file must stay as it is "
        "while a job reads it\n");
  }
  sigaction(SIGBUS, &previous, nullptr);
}

}  // namespace

void AddMapping(std::span<const std::byte> bytes, const std::filesystem::path& path) {
  for (Mapping& mapping : mappings) {
    if (mapping.is_taken.exchange(true)) continue;
    const std::string& name = path.native();
    const std::size_t shown = std::min(name.size(), mapping.path.size() - 1);
    std::memcpy(mapping.path.data(), name.data() + name.size() - shown, shown);
    mapping.path[shown] = '\0';
    mapping.size = bytes.size();
    mapping.start = bytes.data();
    return;
  }
}

void RemoveMapping(std::span<const std::byte> bytes) {
  for (Mapping& mapping : mappings) {
    if (mapping.start != bytes.data()) continue;
    mapping.start = nullptr;
    mapping.is_taken = false;
    return;
  }
}

void ExplainBusErrors() {
  struct sigaction action = {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, &previous);
}

}  // namespace descent
