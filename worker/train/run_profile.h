#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "common/profile_options.h"
#include "common/shard_planner.h"
#include "common/trace.h"

namespace descent {

// Records what the threads of one rank do in some steps of a run, and writes it to
// DIRECTORY/<generation>-<rank>.json, in the trace event format of Chrome and Perfetto. The file is
// written when the last of these steps is over, or, if it does not come to that, when the object is
// destroyed; one that cannot be written is a warning and no more. All functions on the training
// thread; the tracks are those of the threads they name.
// Source: "Trace Event Format", Google, 2016; complete events ("X") and metadata ("M").
class RunProfile {
 public:
  struct Options {
    ProfileOptions profile;  // with a directory
    std::int64_t generation = 0;
    int rank = 0;
    IndexRange steps;  // of the run; every rank has the same
  };

  explicit RunProfile(const Options& options);
  ~RunProfile();
  RunProfile(const RunProfile&) = delete;
  RunProfile& operator=(const RunProfile&) = delete;

  // `step` is the next to run. Opens the tracks, or closes them and writes the file.
  void BeginStep(std::int64_t step);

  TraceTrack* training() { return tracks_.data(); }
  TraceTrack* communication() { return &tracks_[1]; }
  TraceTrack* data() { return &tracks_[2]; }

 private:
  void Close();

  const std::filesystem::path file_;
  const int rank_;
  const IndexRange recorded_;
  bool is_over_ = false;
  std::array<TraceTrack, 3> tracks_;
};

// The steps that are recorded of a run of `steps`.
IndexRange RecordedSteps(const ProfileOptions& options, IndexRange steps);

}  // namespace descent
