#include "worker/train/checkpoint_saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <span>
#include <thread>

#include "common/file.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/checkpoint/state_digest.h"

namespace descent {
namespace {

using testing::IsEmpty;

// A model of one tensor, and one moment of it.
class CheckpointSaverTest : public testing::Test {
 protected:
  CheckpointSaverTest() : weights_(300'000, 1.5F), means_(300'000, 0.25F) {}

  std::vector<TensorView> Parameters() const { return {{"weight", {300'000}, weights_}}; }
  std::vector<TensorView> Optimizer() const { return {{"adamw.mean.weight", {300'000}, means_}}; }
  Digest StateDigestNow() const { return StateDigest(Parameters(), Optimizer()); }

  static CheckpointDescription DescriptionOf(std::int64_t step) {
    return {.job = "tiny-1", .step = step, .epoch = 2, .generation = 1, .instruction_set = "avx2"};
  }
  static ModelDescription Model() {
    return {.model = {.architecture = MlpSpec{.hidden_sizes = {4}}},
            .format = {.feature_count = 3, .class_count = 2}};
  }

  CheckpointSaver::Options Options() {
    return {.root = root(),
            .model = Model(),
            .parameters = Parameters(),
            .optimizer = Optimizer(),
            .pool = pool_};
  }
  void Start(CheckpointSaver& saver, std::int64_t step) {
    saver.Start({.description = DescriptionOf(step),
                 .digest = StateDigestNow(),
                 .parameters = Parameters(),
                 .optimizer = Optimizer()},
                {});
  }
  // As a step does.
  void ChangeState() {
    std::ranges::fill(weights_, -7.0F);
    std::ranges::fill(means_, -8.0F);
  }
  std::filesystem::path root() const { return directory_.path() / "job"; }

  const TemporaryDirectory directory_;
  ThreadPool pool_{2};
  std::vector<float> weights_, means_;
};

TEST_F(CheckpointSaverTest, ItsBytesAreThoseOfAWriteThatTrainingWaitsForAlthoughTheStateChanges) {
  const std::vector<TensorView> parameters = Parameters();
  const std::vector<TensorView> optimizer = Optimizer();
  const PublishedCheckpoint waited_for = PublishCheckpoint(directory_.path() / "waited_for",
                                                           {.description = DescriptionOf(120),
                                                            .model = Model(),
                                                            .state_digest = StateDigestNow(),
                                                            .parameters = parameters,
                                                            .optimizer = optimizer},
                                                           {})
                                             .value();
  CheckpointSaver saver(Options());

  Start(saver, 120);
  ChangeState();
  const Result<CheckpointWritten> written = saver.Finish();

  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written.value().state_digest, waited_for.state_digest);
  EXPECT_EQ(written.value().bytes, waited_for.bytes);
  EXPECT_EQ(written.value().directory, root() / "step-120");
  for (const std::string& name : ListDirectory(waited_for.directory).value())
    EXPECT_EQ(ReadFile(root() / "step-120" / name).value(),
              ReadFile(waited_for.directory / name).value())
        << name;
}

// Who started it would otherwise never come to let it go on.
TEST_F(CheckpointSaverTest, TrainingGoesOnWhileItIsWritten) {
  std::promise<void> may_write;
  CheckpointSaver::Options options = Options();
  options.publish = [go_on = may_write.get_future().share()](
                        const std::filesystem::path& place, const CheckpointContents& contents,
                        std::span<const std::int64_t> kept_steps) {
    go_on.wait();
    return PublishCheckpoint(place, contents, kept_steps);
  };
  CheckpointSaver saver(options);
  const Digest saved = StateDigestNow();

  Start(saver, 10);
  ChangeState();

  EXPECT_TRUE(saver.is_in_flight());
  EXPECT_FALSE(saver.has_ended());
  may_write.set_value();
  EXPECT_EQ(saver.Finish().value().state_digest, saved);
}

TEST_F(CheckpointSaverTest, ItTellsHowLongItTookAndHowLongTrainingWaited) {
  CheckpointSaver saver(Options());
  const MonotonicTime begin = MonotonicNow();
  saver.Start({.description = DescriptionOf(10),
               .digest = StateDigestNow(),
               .parameters = Parameters(),
               .optimizer = Optimizer(),
               .begin = begin - std::chrono::seconds(100)},
              {});

  const Result<CheckpointWritten> written = saver.Finish();

  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_GE(written.value().blocking_seconds, 100);
  EXPECT_GT(written.value().write_seconds, 0);
  EXPECT_LE(written.value().write_seconds, SecondsBetween(begin, MonotonicNow()));
}

TEST_F(CheckpointSaverTest, TheSameMemoryServesTheNextCheckpoint) {
  CheckpointSaver saver(Options());
  Start(saver, 10);
  ASSERT_TRUE(saver.Finish().ok());
  ChangeState();
  const Digest changed = StateDigestNow();

  Start(saver, 20);

  EXPECT_TRUE(saver.is_in_flight());
  EXPECT_EQ(saver.Finish().value().state_digest, changed);
  EXPECT_FALSE(saver.is_in_flight());
  EXPECT_TRUE(VerifyCheckpoint(root() / "step-10").ok());
  EXPECT_TRUE(VerifyCheckpoint(root() / "step-20").ok());
}

TEST_F(CheckpointSaverTest, WhoLooksFindsOutThatAWriteHasEnded) {
  CheckpointSaver saver(Options());
  EXPECT_FALSE(saver.has_ended());
  Start(saver, 10);

  while (!saver.has_ended()) std::this_thread::yield();

  EXPECT_TRUE(saver.Finish().ok());
  EXPECT_FALSE(saver.has_ended());
}

TEST_F(CheckpointSaverTest, AWriteThatFailsIsToldOnceAndLeavesNothing) {
  CheckpointSaver saver(Options());
  {
    const FileSizeLimit limit(64);
    Start(saver, 10);
    EXPECT_EQ(saver.Finish().status().code(), Code::kUnavailable);
  }

  EXPECT_FALSE(saver.is_in_flight());
  EXPECT_THAT(ListDirectory(root()).value(), IsEmpty());
}

TEST_F(CheckpointSaverTest, ACopyThatIsNotTheStateOfTheDigestIsDataLoss) {
  CheckpointSaver saver(Options());

  saver.Start({.description = DescriptionOf(10),
               .digest = {.high = 1, .low = 2},
               .parameters = Parameters(),
               .optimizer = Optimizer()},
              {});

  EXPECT_EQ(saver.Finish().status().code(), Code::kDataLoss);
  EXPECT_THAT(ListDirectory(root()).value(), IsEmpty());
}

TEST_F(CheckpointSaverTest, WhoDropsItWaitsForTheWrite) {
  {
    CheckpointSaver saver(Options());
    Start(saver, 10);
  }

  EXPECT_TRUE(VerifyCheckpoint(root() / "step-10").ok());
}

}  // namespace
}  // namespace descent
