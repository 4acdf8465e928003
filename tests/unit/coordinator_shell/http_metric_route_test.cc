#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;

class HttpMetricRouteTest : public HttpRoutesTest {
 protected:
  json PointOf(const std::string& parameters) {
    return GetJson("/v1/jobs/full-1/metrics?" + parameters)["series"][0]["points"][0];
  }
};

TEST_F(HttpMetricRouteTest, JsonTellsTheLowestAndTheHighestOfTheValuesOfAMean) {
  curves_ = {{"train/loss", {{4, 0.5, 1700, MetricSpread{0.25, 8, 4}}}, 4}};

  const json point = PointOf("max_points=1");

  EXPECT_EQ(point["min"], 0.25);
  EXPECT_EQ(point["max"], 8);
  EXPECT_EQ(point["count"], "4");
}

TEST_F(HttpMetricRouteTest, AMeanOfNoNumbersHasNeither) {
  curves_ = {{"train/loss", {{4, std::nan(""), 1700, MetricSpread()}}, 4}};

  const json point = PointOf("max_points=1");

  EXPECT_EQ(point["count"], "0");
  EXPECT_FALSE(point.contains("min") || point.contains("max"));
}

TEST_F(HttpMetricRouteTest, APointAsItWasRecordedSaysNothingMore) {
  const json point = PointOf("");

  for (const char* name : {"min", "max", "count", "x"}) EXPECT_FALSE(point.contains(name)) << name;
}

TEST_F(HttpMetricRouteTest, CsvOfSoManyPointsHasTheMeansOfTheJsonWithTheirSpread) {
  curves_ = {
      {"train/loss",
       {{2, 0.5, 1700, MetricSpread{0.25, 0.75, 2}}, {4, 0.25, 1701, MetricSpread{0, 0.5, 2}}},
       2},
      {"validation/loss", {{3, 0.75, 1700.5}}, 1}};

  EXPECT_EQ(Get("/v1/jobs/full-1/metrics?format=csv&max_points=2").body,
            "step,time,train/loss,train/loss.min,train/loss.max,train/loss.count,validation/loss\n"
            "2,1700,0.5,0.25,0.75,2,\n"
            "3,1700.5,,,,,0.75\n"
            "4,1701,0.25,0,0.5,2,\n");
  EXPECT_EQ(last_query_.points_max, 2);
}

TEST_F(HttpMetricRouteTest, APointSaysWhereItStandsOnTheAxisThatIsAskedFor) {
  EXPECT_EQ(PointOf("x_axis=time")["x"], 698.5);  // the job has started at 1001.5
  EXPECT_EQ(PointOf("x_axis=samples")["x"], 64);
  EXPECT_FALSE(PointOf("x_axis=step").contains("x"));
}

TEST_F(HttpMetricRouteTest, AnUnknownAxisIsRefused) {
  const HttpResponse response = Get("/v1/jobs/full-1/metrics?x_axis=tokens");

  EXPECT_EQ(response.status, 400);
  const json error = json::parse(response.body)["error"];
  EXPECT_EQ(error["details"][0]["reason"], "X_AXIS_INVALID");
  EXPECT_EQ(error["message"], "x_axis is \"tokens\", must be step, time or samples");
}

TEST_F(HttpMetricRouteTest, EachCurveNamesItsJob) {
  EXPECT_EQ(GetJson("/v1/jobs/full-1/metrics")["series"][0]["job"], "jobs/full-1");
}

}  // namespace
}  // namespace descent
