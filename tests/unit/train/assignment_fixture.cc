#include "tests/unit/train/assignment_fixture.h"

#include <fstream>
#include <set>
#include <span>
#include <variant>

#include "tests/support/blob_dataset.h"

namespace descent {

AssignmentTest::AssignmentTest() {
  BlobDataset{.samples = kTrainSamples}.Write(directory_.path() / "train");
  BlobDataset{.samples = 301, .seed = 2}.Write(directory_.path() / "test");
  spec_.name = "blobs";
  spec_.model.architecture =
      MlpSpec{.hidden_sizes = {16, 8}, .activation = Activation::kGelu, .dropout = 0.2};
  spec_.data.train.path = directory_.path() / "train";
  spec_.data.validation = DatasetSpec{.path = directory_.path() / "test", .range = {}};
  spec_.batch = {.global = 30, .micro = 3, .logical_workers = 8, .tail = EpochTail::kKeep};
  spec_.steps = 40;
  spec_.seed = 7;
  std::get<AdamWSpec>(spec_.optimizer.algorithm).no_decay = {"*.bias"};
  spec_.optimizer.clip_norm = 1.0;
  spec_.lr_schedule = {.kind = LrScheduleKind::kCosine, .warmup_steps = 5};
  spec_ = WithDefaults(spec_);
}

InProcessOutcome AssignmentTest::Run(const RunOptions& options) {
  const auto stop = [options](const WorkerMessage& message, std::span<StepControl> controls) {
    if (options.on_report) options.on_report(message);
    const auto* steps = std::get_if<StepReports>(&message);
    if (!steps) return;
    for (const RunOptions::SaveRequest& request : options.save_requests)
      if (request.at_step == steps->steps[0].step)
        controls[static_cast<std::size_t>(request.rank)].RequestCheckpoint(request.number);
    if (steps->steps[0].step != options.stop_at_step) return;
    if (options.stop_rank >= 0)
      controls[static_cast<std::size_t>(options.stop_rank)].RequestStop(options.stop_mode);
    if (options.abort_rank >= 0) controls[static_cast<std::size_t>(options.abort_rank)].Abort();
  };
  return RunInProcess({.assign = {.job = options.job,
                                  .generation = 1,
                                  .spec = spec_,
                                  .world_ranks = FirstRanks(options.world_size),
                                  .checkpoint_directory = CheckpointDirectory(),
                                  .start_checkpoint = options.start_checkpoint,
                                  .low_watermark = options.low_watermark},
                       .begin = {.generation = 1,
                                 .shard_plan = MakeShardPlan(spec_, kTrainSamples),
                                 .total_steps = 40},
                       .grants = Grants(options),
                       .instruction_set = options.instruction_set,
                       .shares_memory = options.shares_memory,
                       .is_coordinator_away = options.is_coordinator_away,
                       .keep_last = spec_.checkpoint.keep_last,
                       .profile = profile_,
                       .on_report = stop});
}

std::string AssignmentTest::DigestOf(const RunOptions& options) {
  std::set<std::string> digests;
  for (const AssignmentEnded& ended : Run(options).ended) {
    EXPECT_NE(ended.outcome, EndOutcome::kFailed) << ended.reason << ": " << ended.message;
    digests.insert(ended.state_digest.ToHex());
  }
  EXPECT_EQ(digests.size(), 1u);
  return *digests.begin();
}

std::vector<StepMetrics> AssignmentTest::MetricsOf(const RunOptions& options) {
  return Run(options).Steps();
}

void AssignmentTest::TrainGptOnText() {
  constexpr std::int64_t kContext = 8;
  std::ofstream text(directory_.path() / "text");
  for (std::int64_t i = 0; i < kContext * kTrainSamples + 1; ++i) text << "to be or not"[i % 12];
  text.close();
  spec_.model.architecture = GptSpec{
      .layers = 2, .heads = 2, .embedding_size = 32, .context_length = kContext, .dropout = 0.1};
  spec_.data.train = {.path = directory_.path() / "text", .format = DataFormat::kText};
  spec_.data.validation.reset();
  spec_.batch.logical_workers = 4;
  spec_ = WithDefaults(spec_);
}

std::vector<GrantSteps> AssignmentTest::Grants(const RunOptions& options) const {
  if (spec_.checkpoint.every_steps > 0)
    return ScheduledGrants(spec_, {.first = options.first_step, .last = options.last_step});
  const std::int64_t middle = (options.first_step + options.last_step) / 2;
  const std::int64_t length =
      options.evaluate_every > 0 ? options.evaluate_every : middle - options.first_step;
  std::vector<GrantSteps> grants;
  for (std::int64_t first = options.first_step; first < options.last_step;) {
    const bool is_final = first + 2 * length > options.last_step && first >= middle;
    const std::int64_t last = is_final ? options.last_step : first + length;
    grants.push_back({.generation = 1,
                      .first = first,
                      .last = last,
                      .evaluate = true,
                      .save_checkpoint = is_final || options.saves_in_the_middle,
                      .is_final = is_final});
    first = last;
  }
  return grants;
}

}  // namespace descent
