#pragma once

#include <string_view>

namespace descent {

// What this program was built from, and the libraries that its workers were built with: the build
// system writes it. What is not known, or not used, is "".
struct BuildFacts {
  std::string_view commit;  // "unknown" where the sources are in no git repository
  std::string_view mpi;     // "Open MPI 4.1.4"
  std::string_view cuda;
  std::string_view nccl;
};

extern const BuildFacts kBuildFacts;

}  // namespace descent
