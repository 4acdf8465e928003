#include "coordinator/metric_store.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

const WallTime kStoreTime{std::chrono::seconds(1'700'000'000)};

class MetricStoreTest : public testing::Test {
 protected:
  std::vector<MetricCurve> Query(const MetricQuery& query) {
    Result<std::vector<MetricCurve>> curves = store_.Query(query);
    EXPECT_TRUE(curves.ok()) << curves.status();
    return std::move(curves).value();
  }
  // train/loss of step n is n, for n in [first, last].
  void RecordSteps(std::int64_t first, std::int64_t last) {
    RecordMetrics metrics{.job_id = "a"};
    for (std::int64_t step = first; step <= last; ++step)
      metrics.points.push_back({"train/loss", step, static_cast<double>(step)});
    ASSERT_TRUE(store_.Record(metrics, kStoreTime).ok());
  }

  const TemporaryDirectory directory_;
  MetricStore store_{directory_.path()};
};

TEST_F(MetricStoreTest, AJobWithoutMetricsHasNoCurves) {
  EXPECT_TRUE(Query({.job_id = "a"}).empty());
}

TEST_F(MetricStoreTest, CurvesComeBackByNameAndStep) {
  ASSERT_TRUE(store_
                  .Record({"a", {{"train/loss", 2, 0.5}, {"lr", 1, 0.1}, {"train/loss", 1, 0.75}}},
                          kStoreTime)
                  .ok());

  const std::vector<MetricCurve> curves = Query({.job_id = "a"});

  ASSERT_EQ(curves.size(), 2u);
  EXPECT_EQ(curves[0].name, "lr");
  EXPECT_EQ(curves[1].name, "train/loss");
  ASSERT_EQ(curves[1].points.size(), 2u);
  EXPECT_EQ(curves[1].points[0].step, 1);
  EXPECT_EQ(curves[1].points[0].value, 0.75);
  EXPECT_EQ(curves[1].points[1].step, 2);
  EXPECT_EQ(curves[1].bucket_steps, 1);
}

TEST_F(MetricStoreTest, APointSaysWhenItWasRecorded) {
  RecordSteps(1, 1);

  EXPECT_EQ(Query({.job_id = "a"})[0].points[0].time, 1'700'000'000);
}

TEST_F(MetricStoreTest, NewsOfAllNamesAreOfOneMoment) {
  constexpr std::int64_t kSteps = 300;
  std::thread writer([this] {
    for (std::int64_t step = 1; step <= kSteps; ++step)
      ASSERT_TRUE(
          store_.Record({"a", {{"lr", step, 1}, {"train/loss", step, 1}}}, kStoreTime).ok());
  });

  std::int64_t last = 0;
  while (last < kSteps) {
    const Result<std::vector<MetricCurve>> news = store_.ReadNews({.job_id = "a"});
    if (!news.ok() || news.value().empty()) continue;  // its file is being made
    last = news.value()[0].points.back().step;
    EXPECT_EQ(news.value().size(), 2u);
    EXPECT_EQ(news.value().back().points.back().step, last);
  }

  writer.join();
}

TEST_F(MetricStoreTest, AStepIsStoredOnce) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 1, 0.5}}}, kStoreTime).ok());
  ASSERT_TRUE(
      store_.Record({"a", {{"train/loss", 1, 0.25}, {"train/loss", 2, 0.125}}}, kStoreTime).ok());

  const std::vector<MetricCurve> curves = Query({.job_id = "a"});

  ASSERT_EQ(curves[0].points.size(), 2u);
  EXPECT_EQ(curves[0].points[0].value, 0.5);
  EXPECT_EQ(curves[0].points[1].value, 0.125);
}

TEST_F(MetricStoreTest, JobsDoNotMix) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 1, 0.5}}}, kStoreTime).ok());

  EXPECT_TRUE(Query({.job_id = "b"}).empty());
}

TEST_F(MetricStoreTest, MetricsSurviveReopening) {
  RecordSteps(1, 3);

  const Result<std::vector<MetricCurve>> curves =
      MetricStore(directory_.path()).Query({.job_id = "a"});

  ASSERT_TRUE(curves.ok()) << curves.status();
  EXPECT_EQ(curves.value()[0].points.size(), 3u);
}

TEST_F(MetricStoreTest, OnlyTheNamedCurvesComeBack) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 1, 0.5}, {"lr", 1, 0.1}}}, kStoreTime).ok());

  const std::vector<MetricCurve> curves = Query({.job_id = "a", .names = {"lr"}});

  ASSERT_EQ(curves.size(), 1u);
  EXPECT_EQ(curves[0].name, "lr");
}

TEST_F(MetricStoreTest, PointsBeforeTheFirstStepAreLeftOut) {
  RecordSteps(1, 10);

  const std::vector<MetricCurve> curves = Query({.job_id = "a", .first_step = 8});

  ASSERT_EQ(curves[0].points.size(), 3u);
  EXPECT_EQ(curves[0].points[0].step, 8);
}

TEST_F(MetricStoreTest, ALongCurveComesAsMeansOverBuckets) {
  RecordSteps(0, 99);

  const MetricCurve curve = Query({.job_id = "a", .points_max = 30})[0];

  EXPECT_EQ(curve.bucket_steps, 4);
  ASSERT_EQ(curve.points.size(), 25u);
  EXPECT_EQ(curve.points[0].step, 3);
  EXPECT_EQ(curve.points[0].value, 1.5);  // mean of 0, 1, 2, 3
  EXPECT_EQ(curve.points[24].step, 99);
}

TEST_F(MetricStoreTest, ACurveNeverHasMorePointsThanAskedFor) {
  RecordSteps(3, 1000);

  for (const int points_max : {1, 2, 7, 100, 997})
    EXPECT_LE(Query({.job_id = "a", .points_max = points_max})[0].points.size(),
              static_cast<std::size_t>(points_max));
}

TEST_F(MetricStoreTest, AValueThatIsNotANumberComesBackAsOne) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 1, std::nan("")}}}, kStoreTime).ok());

  EXPECT_TRUE(std::isnan(Query({.job_id = "a"})[0].points[0].value));
}

TEST_F(MetricStoreTest, AnInfiniteValueComesBackInfinite) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 1, INFINITY}}}, kStoreTime).ok());

  EXPECT_TRUE(std::isinf(Query({.job_id = "a"})[0].points[0].value));
}

TEST_F(MetricStoreTest, MoreJobsThanOpenFilesAreRecorded) {
  for (int job = 0; job < 100; ++job)
    ASSERT_TRUE(store_.Record({std::to_string(job), {{"train/loss", 1, 0.5}}}, kStoreTime).ok());

  EXPECT_EQ(Query({.job_id = "0"}).size(), 1u);
}

TEST_F(MetricStoreTest, OfManyOpenFilesTheLeastRecentlyUsedIsClosed) {
  const auto record = [this](const std::string& job, std::int64_t step) {
    ASSERT_TRUE(store_.Record({job, {{"train/loss", step, 0.5}}}, kStoreTime).ok());
  };
  const auto is_open = [this](const std::string& job) {
    return std::filesystem::exists(store_.FileOf(job).string() + "-wal");
  };
  record("a", 1);
  record("b", 1);
  for (int i = 0; i < 62; ++i) record("more-" + std::to_string(i), 1);
  record("a", 2);
  EXPECT_TRUE(is_open("b"));

  record("one-too-many", 1);

  EXPECT_TRUE(is_open("a"));
  EXPECT_FALSE(is_open("b"));
}

TEST_F(MetricStoreTest, AClosedFileIsOpenedAgainOnDemand) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 1, 0.5}}}, kStoreTime).ok());

  store_.Close("a");

  EXPECT_FALSE(std::filesystem::exists(store_.FileOf("a").string() + "-wal"));
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 2, 0.5}}}, kStoreTime).ok());
  EXPECT_EQ(Query({.job_id = "a"})[0].points.size(), 2u);
}

TEST_F(MetricStoreTest, ASummaryTellsTheEndsAndTheExtremesOfACurve) {
  ASSERT_TRUE(store_
                  .Record({"a",
                           {{"loss", 1, 0.5},
                            {"loss", 2, 0.125},
                            {"loss", 3, 0.75},
                            {"loss", 4, 0.125},
                            {"lr", 1, 0.1}}},
                          kStoreTime)
                  .ok());

  const std::vector<MetricSummary> found = store_.Summarize("a", {}).value();

  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "loss");
  EXPECT_EQ(found[0].points, 4);
  EXPECT_EQ(found[0].first.step, 1);
  EXPECT_EQ(found[0].last.step, 4);
  EXPECT_EQ(found[0].min->step, 2);  // the earlier of two
  EXPECT_EQ(found[0].max->value, 0.75);
}

TEST_F(MetricStoreTest, ACurveWithoutANumberHasNoExtremes) {
  ASSERT_TRUE(store_.Record({"a", {{"loss", 1, std::nan("")}}}, kStoreTime).ok());

  const MetricSummary found = store_.Summarize("a", {"loss"}).value().at(0);

  EXPECT_FALSE(found.min || found.max);
  EXPECT_TRUE(std::isnan(found.last.value));
}

TEST_F(MetricStoreTest, WhoFollowsGetsEachPointOnce) {
  RecordSteps(1, 5);
  MetricNews query{.job_id = "a", .points_max = 3};
  const auto first = store_.ReadNews(query).value();
  query.next_steps["train/loss"] = first.at(0).points.back().step + 1;
  const auto second = store_.ReadNews(query).value();
  query.next_steps["train/loss"] = second.at(0).points.back().step + 1;

  EXPECT_EQ(first[0].points.size(), 3u);
  EXPECT_EQ(second[0].points.size(), 2u);
  EXPECT_EQ(second[0].points[0].step, 4);
  EXPECT_TRUE(store_.ReadNews(query).value().empty());
}

TEST_F(MetricStoreTest, WhatIsLeftOfOtherJobsIsRemovedWithTheFilesBesideIt) {
  RecordSteps(1, 2);
  ASSERT_TRUE(store_.Record({"b.db", {{"train/loss", 1, 0.5}}}, kStoreTime).ok());
  ASSERT_TRUE(store_.Record({"gone", {{"train/loss", 1, 0.5}}}, kStoreTime).ok());
  ASSERT_TRUE(std::filesystem::exists(directory_.path() / "gone.db-wal"));

  ASSERT_TRUE(store_.RemoveAllBut({"a", "b.db"}).ok());

  EXPECT_EQ(Query({.job_id = "a"}).size(), 1u);
  EXPECT_EQ(Query({.job_id = "b.db"}).size(), 1u);
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("gone")) << entry.path();
}

}  // namespace
}  // namespace descent
