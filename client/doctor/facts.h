#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace descent {

// What was seen of this machine, without an opinion: client/doctor/findings.h has that. A text
// about trouble is empty where there is none.

struct MpiFacts {
  std::string program;  // empty: not in PATH
  std::string version;  // "mpirun (Open MPI) 4.1.4"
  std::string trouble;  // why two ranks did not start
};

enum class FileSystemKind {
  kLocalDisk,
  kMemory,     // gone when the machine starts again
  kContainer,  // a layer that goes with its container
  kNetwork,
};

struct DirectoryFacts {
  std::string path;         // or the nearest one above it that is there
  std::string file_system;  // "ext4"; a number if it has no name here
  FileSystemKind kind = FileSystemKind::kLocalDisk;
  std::string write_trouble;
  std::string lock_trouble;  // of flock; not tried where nothing can be written
  std::int64_t free_bytes = 0;
};

struct PortFacts {
  int port = 0;
  std::string flag;      // of descent-coordinator: "--listen"
  std::string trouble;   // why nobody can listen there
  std::string listener;  // the program that does; empty: not known
};

struct CoordinatorFacts {
  std::string address;
  bool is_named = false;  // by the user, who then expects one
  std::string version;
  std::string trouble;  // why it cannot be reached
};

struct ProcessorFacts {
  std::set<std::string> flags;          // as the kernel names them: "avx2"
  int cores = 0;                        // that this process may run on
  std::optional<double> cores_allowed;  // by its control group, over all of them
};

struct MemoryFacts {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;
  std::optional<std::int64_t> limit_bytes;  // of the control group
};

struct GpuFacts {
  std::vector<std::string> models;
  std::string trouble;  // why those that are there cannot be used
};

struct MachineFacts {
  MpiFacts mpi;
  DirectoryFacts shared_memory;  // /dev/shm
  DirectoryFacts state;
  std::vector<PortFacts> ports;
  CoordinatorFacts coordinator;
  ProcessorFacts processor;
  MemoryFacts memory;
  std::int64_t open_files_max = 0;
  GpuFacts gpus;
  std::string huge_pages;  // "always", "madvise" or "never"; empty: the system has none
};

}  // namespace descent
