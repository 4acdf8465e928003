#include "worker/train/train_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <barrier>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "worker/collective/in_process_collective.h"
#include "worker/collective/shared_memory_collective.h"

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kStateSize = 40000;

ParameterLayout StateLayout() {
  ParameterLayout layout;
  layout.slots = {{.name = "a", .shape = {100, 90}, .offset = 0, .size = 9000},
                  {.name = "b", .shape = {30992}, .offset = 9008, .size = 30992}};
  layout.buckets = {{0, 9008}, {9008, kStateSize}};
  layout.element_count = kStateSize;
  return layout;
}

std::vector<float> Wave(double phase) {
  std::vector<float> values(kStateSize);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(std::sin(phase + 0.01 * static_cast<double>(i)));
  for (std::size_t i = 9000; i < 9008; ++i) values[i] = 0;
  return values;
}

enum class Kind { kReplicated, kShardedByMessages, kShardedInSharedMemory };

// Calls `body` on each of three ranks' states, fresh and started, at the same time.
void RunRanks(Kind kind, const std::function<void(TrainState&, Collective&)>& body,
              const OptimizerSpec& optimizer = {}, std::optional<EmaSpec> ema = std::nullopt) {
  InProcessGroup group(3);
  const SharedMemoryRoom room = SharedMemoryRoom::Make(3).value();
  const ParameterLayout layout = StateLayout();
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < 3; ++rank)
    ranks.emplace_back([&, rank] {
      const std::unique_ptr<Collective> collective =
          kind == Kind::kShardedInSharedMemory
              ? SharedMemoryRoom::Join(room.invitation(), rank).value()
              : MakeInProcessCollective(group, rank);
      const UpdateKind update =
          kind == Kind::kReplicated ? UpdateKind::kReplicated : UpdateKind::kSharded;
      TrainState state = TrainState::Create({.layout = layout,
                                             .optimizer = optimizer,
                                             .ema = ema,
                                             .update = update,
                                             .collective = *collective})
                             .value();
      ASSERT_TRUE(state.Start(Wave(0)).ok());
      body(state, *collective);
    });
  for (std::thread& rank : ranks) rank.join();
}

void Update(TrainState& state, double phase) {
  const UpdateStep step = state.BeginUpdate(0.01, 1);
  const std::vector<float> grads = Wave(phase);
  for (const IndexRange& range : state.UpdateRanges())
    state.UpdateRange(step, range,
                      std::span(grads).subspan(static_cast<std::size_t>(range.first),
                                               static_cast<std::size_t>(range.size())));
}

constexpr Kind kKinds[] = {Kind::kReplicated, Kind::kShardedByMessages,
                           Kind::kShardedInSharedMemory};

// One parameter is frozen, so that its values must get into the other set of a sharded state.
std::vector<OptimizerSpec> Optimizers() {
  const std::vector<ParameterGroup> frozen = {{.match = {"a"}, .is_frozen = true}};
  return {{.algorithm = AdamWSpec{}},
          {.algorithm = AdamSpec{.weight_decay = 0.1}},
          {.algorithm = SgdSpec{}},
          {.algorithm = SgdSpec{.momentum = 0.9, .nesterov = true}, .groups = frozen},
          {.algorithm = LionSpec{.weight_decay = 0.1}, .groups = frozen}};
}

TEST(TrainStateTest, EveryKindOfUpdateGivesTheSameDigestOnEveryRank) {
  for (const OptimizerSpec& optimizer : Optimizers())
    for (const std::optional<EmaSpec> ema : {std::optional<EmaSpec>(), std::optional(EmaSpec{})}) {
      std::vector<std::string> digests(3 * std::size(kKinds));
      for (std::size_t kind = 0; kind < std::size(kKinds); ++kind)
        RunRanks(
            kKinds[kind],
            [&](TrainState& state, Collective& collective) {
              for (int step = 1; step <= 5; ++step) {
                Update(state, step);
                ASSERT_TRUE(state.FinishUpdate().ok());
              }
              ASSERT_TRUE(state.Gather().ok());
              digests[3 * kind + static_cast<std::size_t>(collective.rank())] =
                  state.ComputeDigest().ToHex();
            },
            optimizer, ema);

      for (const std::string& digest : digests)
        EXPECT_EQ(digest, digests[0]) << OptimizerStateOf(optimizer, ema);
    }
}

std::vector<std::string> NamesOf(const std::vector<TensorView>& tensors) {
  std::vector<std::string> names;
  for (const TensorView& tensor : tensors) names.push_back(tensor.name);
  return names;
}

TEST(TrainStateTest, ACheckpointHasTheMomentsOfTheOptimizer) {
  const OptimizerSpec sgd = {.algorithm = SgdSpec{.momentum = 0.9}};
  RunRanks(
      Kind::kReplicated,
      [](TrainState& state, Collective&) {
        EXPECT_THAT(NamesOf(state.OptimizerTensors()),
                    ElementsAre("sgd.momentum.a", "sgd.momentum.b"));
      },
      sgd);
  RunRanks(Kind::kReplicated,
           [](TrainState& state, Collective&) { EXPECT_THAT(state.OptimizerTensors(), IsEmpty()); },
           {.algorithm = SgdSpec{}});
}

TEST(TrainStateTest, TheModelOfACheckpointIsTheAverageAndTheWeightsLieBesideIt) {
  RunRanks(
      Kind::kShardedByMessages,
      [](TrainState& state, Collective&) {
        for (int step = 1; step <= 2; ++step) {
          Update(state, step);
          ASSERT_TRUE(state.FinishUpdate().ok());
        }
        ASSERT_TRUE(state.Gather().ok());

        const std::vector<TensorView> model = state.ParameterTensors();
        const std::vector<TensorView> optimizer = state.OptimizerTensors();

        EXPECT_THAT(NamesOf(model), ElementsAre("a", "b"));
        EXPECT_THAT(NamesOf(optimizer), ElementsAre("weights.a", "weights.b"));
        EXPECT_EQ(model[0].values.data(), state.evaluated_parameters().data());
        EXPECT_EQ(optimizer[0].values.data(), state.parameters().data());
        // Plain descent: after steps of -0.01 grads the average is half a step behind.
        const float behind = model[0].values[5] - optimizer[0].values[5];
        EXPECT_NEAR(behind, 0.5 * 0.01 * Wave(2)[5], 1e-6);
      },
      {.algorithm = SgdSpec{}}, EmaSpec{.decay = 0.5});
}

TEST(TrainStateTest, ARankLostDuringAShardedUpdateLeavesTheStateBeforeItOnTheOthers) {
  for (const Kind kind : {Kind::kShardedByMessages, Kind::kShardedInSharedMemory}) {
    std::barrier all_have_finished_a_step(3);
    RunRanks(kind, [&](TrainState& state, Collective& collective) {
      Update(state, 1);
      ASSERT_TRUE(state.FinishUpdate().ok());
      const std::vector<float> before(state.parameters().begin(), state.parameters().end());
      all_have_finished_a_step.arrive_and_wait();
      Update(state, 2);

      if (collective.rank() == 1) return collective.Abort();
      EXPECT_EQ(state.FinishUpdate().code(), Code::kAborted);

      EXPECT_EQ(state.steps_done(), 1);
      EXPECT_EQ(std::vector<float>(state.parameters().begin(), state.parameters().end()), before);
    });
  }
}

TEST(TrainStateTest, AShardedRankUpdatesItsSlicesAlone) {
  RunRanks(Kind::kShardedByMessages, [](TrainState& state, Collective&) {
    std::int64_t updated = 0;
    for (const IndexRange& range : state.UpdateRanges()) updated += range.size();

    EXPECT_LT(updated, kStateSize / 2);
    EXPECT_LT(state.memory_bytes(), (2 + 4) * kStateSize * 4);
  });
}

}  // namespace
}  // namespace descent
