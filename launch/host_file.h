#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace descent {

// A host of a pool, and how many ranks it takes.
struct HostSlots {
  std::string host;  // as mpirun's host file names it
  int slots = 0;

  bool operator==(const HostSlots&) const = default;
};

// The hosts of a host file of mpirun, in its order, each once. Empty: there is a line that does not
// say its slots, or that means something other than a host by its name; mpirun may know better.
std::vector<HostSlots> ParseHostFile(std::string_view text);

// "a:2,b:1", as mpirun's --host has it.
std::string HostList(const std::vector<HostSlots>& hosts);

int SlotsOf(const std::vector<HostSlots>& hosts);  // of all of them together

}  // namespace descent
