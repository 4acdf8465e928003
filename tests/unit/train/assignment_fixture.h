#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/job_spec.h"
#include "common/worker_protocol.h"
#include "tests/support/temporary_directory.h"
#include "worker/train/assignment.h"
#include "worker/train/step_control.h"

namespace descent {

class RecordingReporter final : public AssignmentReporter {
 public:
  explicit RecordingReporter(std::function<void(const WorkerMessage&)> on_report)
      : on_report_(std::move(on_report)) {}

  void Report(WorkerMessage message) override {
    messages.push_back(message);
    if (on_report_) on_report_(messages.back());
  }
  void SetPhase(std::string_view, std::int64_t) override {}

  template <typename T>
  std::vector<T> Messages() const {
    std::vector<T> found;
    for (const WorkerMessage& message : messages)
      if (const T* typed = std::get_if<T>(&message)) found.push_back(*typed);
    return found;
  }

  std::vector<WorkerMessage> messages;

 private:
  const std::function<void(const WorkerMessage&)> on_report_;
};

// A job over all ranks of one process, each rank a thread, granted everything in advance.
class AssignmentTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTrainSamples = 203;

  // A network on pictures of blobs, with dropout, V = 8 and samples that fill no batch evenly.
  AssignmentTest();

  struct Outcome {
    std::vector<AssignmentEnded> ended;   // by rank
    RecordingReporter reporter{nullptr};  // rank 0's
  };

  struct RunOptions {
    int world_size = 1;
    std::int64_t first_step = 0;
    std::int64_t last_step = 40;
    std::string start_checkpoint = {};
    std::string instruction_set = "avx2";
    bool shares_memory = false;       // the ranks, through the collective
    std::int64_t evaluate_every = 0;  // 0: in the middle and at the end
    bool saves_in_the_middle = false;
    std::string job = "blobs";
    int stop_rank = -1;             // this rank is told to stop…
    std::int64_t stop_at_step = 0;  // …when rank 0 reports this step
  };

  Outcome Run(const RunOptions& options);

  // The digest that all ranks agree on.
  std::string DigestOf(const RunOptions& options);

  std::vector<StepMetrics> MetricsOf(const RunOptions& options);

  // A GPT of two layers with dropout on kTrainSamples samples of text, instead of the network on
  // pictures.
  void TrainGptOnText();

  std::filesystem::path CheckpointDirectory() const { return directory_.path() / "checkpoints"; }

  TemporaryDirectory directory_;
  JobSpec spec_;

 private:
  void Grant(StepControl& control, const RunOptions& options) const;
  Assign MakeAssign(int rank, const RunOptions& options) const;
};

}  // namespace descent
