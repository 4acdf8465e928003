#include "coordinator/metric_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

class MetricWriterTest : public testing::Test {
 protected:
  // Of job "a", one report for each step.
  void RecordSteps(std::int64_t first, std::int64_t last) {
    for (std::int64_t step = first; step <= last; ++step)
      writer_->Record({"a", {{"loss", step, 0.5}}});
  }
  std::size_t PointsStored() const {
    const auto curves = store_.Query({.job_id = "a", .names = {}});
    EXPECT_TRUE(curves.ok()) << curves.status();
    return curves.value().empty() ? 0 : curves.value()[0].points.size();
  }

  const TemporaryDirectory directory_;
  MetricStore store_{directory_.path()};
  std::optional<MetricWriter> writer_{std::in_place, store_};
};

TEST_F(MetricWriterTest, AfterTheWaitForAJobItsPointsAreStored) {
  RecordSteps(1, 100);

  writer_->WaitFor("a");

  EXPECT_EQ(PointsStored(), 100u);
}

TEST_F(MetricWriterTest, AJobWithoutPointsIsNotWaitedFor) { writer_->WaitFor("nobody"); }

TEST_F(MetricWriterTest, AFileThatSomebodyElseHasLockedHoldsUpNobodyAndLosesNoPoint) {
  RecordSteps(1, 1);
  writer_->WaitFor("a");
  Result<Database> file = Database::Open(store_.FileOf("a"), Durability::kConsistent);
  ASSERT_TRUE(file.ok() && file.value().Begin().ok());

  RecordSteps(2, 2);
  writer_->WaitForAll();
  RecordSteps(3, 3);
  writer_->WaitFor("a");
  EXPECT_EQ(PointsStored(), 1u);

  file.value().Rollback();
  writer_.reset();
  EXPECT_EQ(PointsStored(), 3u);
}

TEST_F(MetricWriterTest, WhatIsKeptOfALockedFileIsGoneWithItsJob) {
  RecordSteps(1, 1);
  writer_->WaitFor("a");
  Result<Database> file = Database::Open(store_.FileOf("a"), Durability::kConsistent);
  ASSERT_TRUE(file.ok() && file.value().Begin().ok());
  RecordSteps(2, 2);
  writer_->WaitFor("a");

  writer_->Remove("a");

  writer_.reset();
  EXPECT_FALSE(std::filesystem::exists(store_.FileOf("a")));
}

// What a worker forgets once it is told that it may.
TEST_F(MetricWriterTest, WhatComesAfterwardsFindsEverythingStoredThatWasGivenBefore) {
  std::vector<std::size_t> found;
  for (std::int64_t step = 1; step <= 50; ++step) {
    RecordSteps(step, step);
    writer_->AfterAll([this, &found] { found.push_back(PointsStored()); });
  }

  writer_->WaitForAll();

  ASSERT_EQ(found.size(), 50u);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_GE(found[i], i + 1);
}

TEST_F(MetricWriterTest, CallsComeInTheOrderInWhichTheyWereGiven) {
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    if (i % 10 == 0) RecordSteps(i, i);
    writer_->AfterAll([&order, i] { order.push_back(i); });
  }

  writer_->WaitForAll();

  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), 100u);
}

TEST_F(MetricWriterTest, WhereNothingWaitsTheCallIsMadeAtOnce) {
  bool is_called = false;

  writer_->AfterAll([&is_called] { is_called = true; });

  EXPECT_TRUE(is_called);
}

TEST_F(MetricWriterTest, AJobThatIsRemovedWhileItIsWrittenHasOnlyWhatComesAfterwards) {
  RecordSteps(1, 100);

  writer_->Remove("a");

  EXPECT_FALSE(std::filesystem::exists(store_.FileOf("a")));
  RecordSteps(7, 8);
  writer_->WaitForAll();
  EXPECT_EQ(PointsStored(), 2u);
}

TEST_F(MetricWriterTest, ItEndsWhenEverythingIsStored) {
  RecordSteps(1, 100);

  writer_.reset();

  EXPECT_EQ(PointsStored(), 100u);
}

TEST_F(MetricWriterTest, PointsThatCannotBeStoredHoldUpNobody) {
  writer_->Record({"no/such/directory", {{"loss", 1, 0.5}}});
  RecordSteps(1, 1);

  writer_->WaitFor("no/such/directory");
  writer_->WaitForAll();

  EXPECT_EQ(PointsStored(), 1u);
}

}  // namespace
}  // namespace descent
