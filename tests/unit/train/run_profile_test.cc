#include "worker/train/run_profile.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/unit/train/assignment_fixture.h"
#include "worker/train/plan_cache.h"

namespace descent {
namespace {

using Json = nlohmann::json;

// A run of 40 steps of which the steps 5 to 9 are recorded.
class RunProfileTest : public AssignmentTest {
 protected:
  RunProfileTest() {
    profile_ = {.directory = directory_.path() / "profile", .steps = 5, .warmup_steps = 5};
    std::filesystem::create_directory(profile_.directory);
  }

  // What a rank's file holds of one thread.
  std::vector<Json> EventsOf(int rank, int thread) const {
    const std::string file = "/1-" + std::to_string(rank) + ".json";
    std::vector<Json> events;
    const Json trace = Json::parse(ReadFile(profile_.directory + file).value());
    for (const Json& event : trace["traceEvents"])
      if (event["ph"] == "X" && event["tid"] == thread) events.push_back(event);
    return events;
  }

  static double End(const Json& event) {
    return event["ts"].get<double>() + event["dur"].get<double>();
  }
};

TEST_F(RunProfileTest, EveryRankRecordsTheSameSteps) {
  Run({.world_size = 3});

  for (int rank = 0; rank < 3; ++rank) {
    std::vector<int> steps;
    for (const Json& event : EventsOf(rank, 0))
      if (event["cat"] == "step") steps.push_back(event["args"]["number"]);
    EXPECT_THAT(steps, testing::ElementsAre(5, 6, 7, 8, 9)) << "rank " << rank;
  }
}

TEST_F(RunProfileTest, EventsOfAThreadNestAndDoNotOverlapOtherwise) {
  Run({.world_size = 2});

  for (int thread = 0; thread < 3; ++thread) {
    std::vector<Json> events = EventsOf(0, thread);
    EXPECT_FALSE(events.empty());
    std::ranges::sort(events, {}, [](const Json& event) {
      return std::pair(event["ts"].get<double>(), -event["dur"].get<double>());
    });
    std::vector<double> open_until;
    for (const Json& event : events) {
      while (!open_until.empty() && open_until.back() <= event["ts"]) open_until.pop_back();
      const double enclosing_end = open_until.empty() ? End(event) : open_until.back();
      EXPECT_LE(End(event), enclosing_end + 1e-3) << event;
      open_until.push_back(End(event));
    }
  }
}

TEST_F(RunProfileTest, EveryStepOfThePlanAppearsWithItsLayer) {
  spec_.batch = {.global = 24, .micro = 3, .logical_workers = 8};
  profile_.warmup_steps = 1;  // none of the five is the short last one of an epoch
  Run({.world_size = 1});

  ThreadPool pool(1);
  PlanCache plans =
      PlanCache::Create(spec_.model, {.feature_count = 36, .class_count = 4}, pool).value();
  std::vector<std::string> wanted;
  for (const PlanStep& step : plans.PlanFor(PlanKind::kTrainWrite, 3).value()->steps())
    wanted.push_back(step.text + " of " + step.layer);
  std::vector<std::string> found;
  for (const Json& event : EventsOf(0, 0))
    if (event["cat"] == "forward" || event["cat"] == "backward")
      found.push_back(event["args"]["text"].get<std::string>() + " of " +
                      event["args"].value("layer", ""));
  // Eight micro-batches in each of the five steps.
  ASSERT_EQ(found.size(), 5 * 8 * wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], wanted[i % wanted.size()]);
  EXPECT_THAT(wanted, testing::Contains(testing::EndsWith(" of layers.0")));
}

TEST_F(RunProfileTest, EachBucketIsReducedOnTheCommunicationThread) {
  Run({.world_size = 2});

  std::vector<std::string> phases;
  for (const Json& event : EventsOf(1, 1)) phases.push_back(event["cat"]);
  EXPECT_EQ(std::ranges::count(phases, "bucket"), 5);
  EXPECT_EQ(std::ranges::count(phases, "losses"), 5);
}

TEST_F(RunProfileTest, ARunThatIsTooShortIsRecordedToItsEnd) {
  EXPECT_EQ(RecordedSteps({.steps = 20, .warmup_steps = 5}, {.first = 0, .last = 100}),
            (IndexRange{.first = 5, .last = 25}));
  EXPECT_EQ(RecordedSteps({.steps = 20, .warmup_steps = 5}, {.first = 90, .last = 100}),
            (IndexRange{.first = 90, .last = 100}));
  EXPECT_EQ(RecordedSteps({.steps = 8, .warmup_steps = 5}, {.first = 90, .last = 100}),
            (IndexRange{.first = 92, .last = 100}));
}

TEST_F(RunProfileTest, ChangesNoBit) {
  const std::string recorded = DigestOf({.world_size = 2});
  profile_ = {};

  EXPECT_EQ(DigestOf({.world_size = 2}), recorded);
}

TEST_F(RunProfileTest, AFileThatCannotBeWrittenDoesNotFailTheJob) {
  profile_.directory = directory_.path() / "nowhere";

  EXPECT_EQ(Run({.world_size = 1}).ended[0].outcome, EndOutcome::kCompleted);
}

TEST(TraceTrackTest, WhatDoesNotFitIsCountedAndLeftOut) {
  constexpr TraceLabel kLabel = {"phase", "name"};
  TraceTrack track("thread", /*capacity=*/2);
  track.SetOpen(true);

  for (int number = 0; number < 5; ++number) const TraceSpan span(&track, kLabel, number);

  ASSERT_EQ(track.events().size(), 2u);
  EXPECT_EQ(track.events()[1].number, 1);
  EXPECT_EQ(track.left_out_count(), 3u);
}

}  // namespace
}  // namespace descent
