#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/worker_protocol.h"
#include "tests/support/in_process_job.h"
#include "tests/support/temporary_directory.h"

namespace descent {

// A job over all ranks of one process, each rank a thread, granted everything in advance.
class AssignmentTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kTrainSamples = 203;

  // A network on pictures of blobs, with dropout, V = 8 and samples that fill no batch evenly.
  AssignmentTest();

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
    bool is_coordinator_away = false;  // it records no checkpoint
    int stop_rank = -1;                // this rank is told to stop…
    StopMode stop_mode = StopMode::kGraceful;
    int abort_rank = -1;            // …or to give up…
    std::int64_t stop_at_step = 0;  // …when rank 0 reports this step
    // When rank 0 reports these steps the ranks are asked to save and go on: each once.
    struct SaveRequest {
      int rank = 0;
      std::int64_t at_step = 0;
      std::int64_t number = 1;
    };
    std::vector<SaveRequest> save_requests = {};
    LowWatermark low_watermark = {};                           // of the checkpoints' volume
    std::function<void(const WorkerMessage&)> on_report = {};  // hears every rank's, in its thread
  };

  InProcessOutcome Run(const RunOptions& options);

  // The digest that all ranks agree on.
  std::string DigestOf(const RunOptions& options);

  std::vector<StepMetrics> MetricsOf(const RunOptions& options);

  // A GPT of two layers with dropout on kTrainSamples samples of text, instead of the network on
  // pictures.
  void TrainGptOnText();

  std::filesystem::path CheckpointDirectory() const { return directory_.path() / "checkpoints"; }

  TemporaryDirectory directory_;
  JobSpec spec_;
  ProfileOptions profile_;

 private:
  std::vector<GrantSteps> Grants(const RunOptions& options) const;
};

}  // namespace descent
