#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/fault/disk_record.h"

namespace descent {

// The files and directories of a disk, by path beneath its root.
struct DiskImage {
  std::map<std::string, std::string> files;
  std::set<std::string> directories;

  // Replaces what is at `root`.
  void WriteTo(const std::filesystem::path& root) const;
};

// What one power loss leaves.
struct CrashState {
  DiskImage image;
  std::size_t operations = 0;    // that had been asked for
  std::size_t acknowledged = 0;  // of the record's acknowledgements, how many had been made
};

struct CrashSearch {
  std::size_t states_wanted = 0;
  std::uint64_t seed = 0;
};

// Calls `check` with states that power loss can leave of what was recorded, each once, until it has
// seen as many as are wanted, there are no more to be found, or it returns false. Returns how often
// it was called.
//
// The power fails after each number of operations. What was done to an inode before its last sync
// is there. Of what came later each operation is kept or lost by itself, so a later one may be
// there without an earlier one; of a write also single sectors, of 512 bytes or 4 KiB, are; what is
// lost of a file that grew is missing or zeros. A name that was made, removed or changed is so
// or not: a rename is never half. Where at most six operations are not synced each choice of whole
// ones is tried, and choices of sectors at random from `seed`; where more are, all at random. An
// operation whose name another one that is lost was to make has no effect.
std::size_t ForEachCrashState(const DiskRecord& record, const CrashSearch& search,
                              const std::function<bool(const CrashState&)>& check);

// After all that was recorded the power fails: of files only what was synced is there, and each
// name is as it was last. File systems with a journal make the name of a file durable with the
// file.
DiskImage ImageOfWhatWasSynced(const DiskRecord& record);

}  // namespace descent
