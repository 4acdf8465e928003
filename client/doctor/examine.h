#pragma once

#include <string>

#include "client/api/endpoint.h"
#include "client/doctor/facts.h"

namespace descent {

struct ExamineOptions {
  std::string state_directory;
  Endpoint coordinator;
  bool is_coordinator_named = false;
};

// Looks at this machine. Needs no rights, leaves nothing behind, and blocks for at most half a
// minute: an mpirun that hangs is ended.
MachineFacts Examine(const ExamineOptions& options);

// The directory, or the nearest one above it that is there: its file system, and whether it can be
// written and locked.
DirectoryFacts ExamineDirectory(const std::string& path);

// Whether somebody could listen at 127.0.0.1, and who does.
PortFacts ExaminePort(int port, const std::string& flag);

}  // namespace descent
