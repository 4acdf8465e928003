#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace descent {

// What Open MPI's processes leave on a host when they are killed instead of ending.
struct MpiLeftovers {
  // /tmp/ompi.HOST.UID/pid.PID: sockets and shared files of one mpirun.
  std::filesystem::path session_directory;
  // Of the MPI job in hexadecimal: /dev/shm/vader_segment.HOST.UID.ID.RANK.
  std::string job_id;
};

// Where the processes of an environment ("NAME=value" strings, each ended by a zero byte) leave
// theirs; empty fields if mpirun did not start them.
MpiLeftovers LeftoversOf(std::string_view environment);

// Where an mpirun of this host keeps its session, found by its process number; empty if nowhere.
std::filesystem::path FindSessionDirectory(pid_t mpirun);

// Removes the segments of the job that belong to this user. Nobody needs the names any more: who
// still has them mapped keeps the memory. Blocks.
void RemoveSharedSegments(const std::string& job_id);

// Removes a session directory, and the one above it if it was the last. Blocks.
void RemoveSessionDirectory(const std::filesystem::path& session_directory);

}  // namespace descent
