#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace descent {

// A function of bytes that anybody may have made: it gives them to a parser and looks, by
// DESCENT_CHECK, at what must hold of its answer. A program has one target (libfuzzer_main.cc) or
// all of them (replay_main.cc).
struct FuzzTarget {
  std::string_view name;
  void (*run)(std::string_view bytes) = nullptr;
};

// Those of this program.
std::vector<FuzzTarget>& FuzzTargets();

// By a target, for each input that its parser takes: one that refuses all would pass every check.
void NoteTaken();
std::uint64_t TakenInputs();  // so far, by this process

struct FuzzRegistration {
  explicit FuzzRegistration(FuzzTarget target) { FuzzTargets().push_back(target); }
};

// DESCENT_FUZZ_TARGET(csv_reader) { … bytes … }
#define DESCENT_FUZZ_TARGET(name)                                                       \
  static void Run_##name(std::string_view bytes);                                       \
  static const ::descent::FuzzRegistration registration_of_##name({#name, Run_##name}); \
  static void Run_##name(std::string_view bytes)

// The first byte, which chooses among ways to call a parser; 0 where there is none.
std::uint8_t TakeByte(std::string_view& bytes);

// What is before the first `separator`, which goes as well; all where there is none.
std::string_view TakePart(std::string_view& bytes, char separator);

}  // namespace descent
