// Long curves: the means that stand for many points, and what is stored so that they are found
// fast.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "coordinator/metric_store.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

const WallTime kTime{std::chrono::seconds(1'700'000'000)};
constexpr std::int64_t kSteps = 5000;

// Of no pattern that a power of two could hide.
double ValueOf(std::int64_t step) { return std::sin(static_cast<double>(step)) * 1e3; }

class MetricBucketTest : public testing::Test {
 protected:
  void Record(std::int64_t first, std::int64_t last) {
    RecordMetrics metrics{.job_id = "a", .points = {}};
    for (std::int64_t step = first; step <= last; ++step)
      metrics.points.push_back({"loss", step, ValueOf(step)});
    ASSERT_TRUE(store_.Record(metrics, kTime).ok());
  }
  MetricCurve Query(int points_max, std::int64_t first_step = 0) {
    Result<std::vector<MetricCurve>> curves = store_.Query(
        {.job_id = "a", .names = {}, .first_step = first_step, .points_max = points_max});
    EXPECT_TRUE(curves.ok()) << curves.status();
    return std::move(curves).value().at(0);
  }
  void Execute(std::string_view sql) {
    Result<Database> file = Database::Open(store_.FileOf("a"), Durability::kConsistent);
    ASSERT_TRUE(file.ok()) << file.status();
    const Status done = file.value().Execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }

  const TemporaryDirectory directory_;
  MetricStore store_{directory_.path()};
};

// That each point tells what the steps of its bucket come to, from `first_step` on.
void ExpectMeans(const MetricCurve& curve, std::int64_t first_step = 1) {
  for (const MetricCurve::Point& point : curve.points) {
    const std::int64_t begin = point.step / curve.bucket_steps * curve.bucket_steps;
    double total = 0, low = INFINITY, high = -INFINITY;
    std::int64_t count = 0;
    for (std::int64_t step = std::max(begin, first_step); step <= point.step; ++step, ++count) {
      total += ValueOf(step);
      low = std::min(low, ValueOf(step));
      high = std::max(high, ValueOf(step));
    }
    ASSERT_TRUE(point.spread) << point.step;
    EXPECT_EQ(point.spread->count, count) << point.step;
    EXPECT_EQ(point.spread->min, low) << point.step;
    EXPECT_EQ(point.spread->max, high) << point.step;
    EXPECT_NEAR(point.value, total / static_cast<double>(count), 1e-9) << point.step;
  }
}

TEST_F(MetricBucketTest, AMeanTellsTheLowestAndTheHighestOfItsValuesAndTheirNumber) {
  Record(1, kSteps);

  for (const int points_max : {2000, 1000, 300, 100, 10, 3, 1}) {
    const MetricCurve curve = Query(points_max);
    EXPECT_EQ(curve.points.back().step, kSteps);
    ExpectMeans(curve);
  }
}

TEST_F(MetricBucketTest, APointThatIsNoMeanHasNoSpread) {
  Record(1, 10);

  EXPECT_FALSE(Query(10).points.at(0).spread);
}

TEST_F(MetricBucketTest, ASpikeOfOneStepIsSeenHoweverFewPointsAreAskedFor) {
  Record(1, 2000);
  ASSERT_TRUE(store_.Record({"a", {{"loss", 2001, 1e9}}}, kTime).ok());
  Record(2002, kSteps);

  for (const int points_max : {1000, 100, 1}) {
    double highest = 0;
    for (const MetricCurve::Point& point : Query(points_max).points)
      highest = std::max(highest, point.spread->max);
    EXPECT_EQ(highest, 1e9) << points_max;
  }
}

TEST_F(MetricBucketTest, AFirstStepInTheMiddleOfABucketLeavesOutWhatIsBeforeIt) {
  Record(1, kSteps);

  for (const std::int64_t first_step : {2, 100, 255, 257, 4321})
    for (const int points_max : {300, 20, 2})
      ExpectMeans(Query(points_max, first_step), first_step);
}

TEST_F(MetricBucketTest, AStepThatIsReportedAgainIsCountedOnce) {
  Record(1, 1000);
  Record(900, 1200);
  Record(1, 40);

  ExpectMeans(Query(100));
  ExpectMeans(Query(4));
}

// A coordinator that was killed gets other parts of the same steps.
TEST_F(MetricBucketTest, TheSameBitsComeOutInWhateverPartsStepsAreReported) {
  Record(1, 1500);
  const std::array<MetricCurve, 2> whole = {Query(60), Query(4)};
  ASSERT_TRUE(store_.Remove("a").ok());
  for (std::int64_t first = 1, size = 1; first <= 1500; first += size, size = size % 37 + 5)
    Record(std::max<std::int64_t>(first - 3, 1), std::min<std::int64_t>(first + size - 1, 1500));
  const std::array<MetricCurve, 2> parts = {Query(60), Query(4)};

  for (std::size_t i = 0; i < whole.size(); ++i) {
    ASSERT_EQ(parts[i].points.size(), whole[i].points.size());
    for (std::size_t k = 0; k < whole[i].points.size(); ++k) {
      EXPECT_EQ(parts[i].points[k].step, whole[i].points[k].step);
      EXPECT_EQ(parts[i].points[k].value, whole[i].points[k].value);
      EXPECT_EQ(parts[i].points[k].spread->count, whole[i].points[k].spread->count);
    }
  }
}

// Without most of the points the means are still those of all.
TEST_F(MetricBucketTest, ALongCurveIsReadFromItsBuckets) {
  Record(1, kSteps);
  store_.Close("a");
  Execute("DELETE FROM points WHERE step % 100 != 1 AND step != 5000");

  for (const int points_max : {20, 3}) {  // 256 steps to a point, and 2048
    const MetricCurve curve = Query(points_max);
    EXPECT_GE(curve.bucket_steps, 256);
    ExpectMeans(curve);
  }
}

TEST_F(MetricBucketTest, ABucketOfValuesThatAreNoNumbersSaysSo) {
  RecordMetrics metrics{.job_id = "a", .points = {}};
  for (std::int64_t step = 0; step < 64; ++step)
    metrics.points.push_back({"loss", step, step < 32 || step == 40 ? std::nan("") : 2.0});
  ASSERT_TRUE(store_.Record(metrics, kTime).ok());

  const MetricCurve curve = Query(2);

  ASSERT_EQ(curve.points.size(), 2u);
  EXPECT_TRUE(std::isnan(curve.points[0].value));
  EXPECT_EQ(curve.points[0].spread->count, 0);
  EXPECT_EQ(curve.points[1].value, 2.0);
  EXPECT_EQ(curve.points[1].spread->count, 31);
}

// As programs before this one left it.
constexpr std::string_view kFileWithoutBuckets = R"sql(
  CREATE TABLE points(
    name TEXT NOT NULL,
    step INTEGER NOT NULL,
    value REAL,
    time REAL,
    PRIMARY KEY(name, step)) STRICT, WITHOUT ROWID;
  WITH RECURSIVE steps(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < 1000)
    INSERT INTO points SELECT 'loss', n, n, 1700000000 FROM steps;
  PRAGMA user_version=2;
)sql";

TEST_F(MetricBucketTest, AFileOfAnOlderProgramIsAnsweredFromItsPoints) {
  Execute(kFileWithoutBuckets);

  const MetricCurve curve = Query(2);

  ASSERT_EQ(curve.points.size(), 2u);
  EXPECT_EQ(curve.points[0].value, 256);  // of 1 to 511
  EXPECT_EQ(curve.points[0].spread->count, 511);
  EXPECT_EQ(curve.points[1].spread->max, 1000);
}

TEST_F(MetricBucketTest, AFileOfAnOlderProgramIsBroughtUpToDateWhereMoreIsRecorded) {
  Execute(kFileWithoutBuckets);
  ASSERT_TRUE(store_.Record({"a", {{"loss", 1001, 1001}}}, kTime).ok());
  store_.Close("a");
  Execute("DELETE FROM points WHERE step % 100 != 1");

  const MetricCurve curve = Query(2);

  ASSERT_EQ(curve.points.size(), 2u);
  EXPECT_EQ(curve.points[0].value, 256);
  EXPECT_EQ(curve.points[1].spread->count, 490);  // 512 to 1001
  EXPECT_EQ(curve.points[1].spread->max, 1001);
}

}  // namespace
}  // namespace descent
