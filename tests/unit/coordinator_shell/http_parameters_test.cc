#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "coordinator/build_facts.h"
#include "coordinator/http_query.h"
#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;
using HttpParametersTest = HttpRoutesTest;

json ParameterErrorOf(const HttpResponse& response) { return json::parse(response.body)["error"]; }

TEST_F(HttpParametersTest, OneThatIsMisspeltIsRefusedWithTheOneThatIsMeant) {
  const HttpResponse response = Get("/v1/jobs?page_sise=1");

  EXPECT_EQ(response.status, 400);
  const json error = ParameterErrorOf(response);
  EXPECT_EQ(error["message"],
            "the parameter \"page_sise\" is unknown; did you mean \"page_size\"?");
  EXPECT_EQ(error["details"][0]["reason"], "PARAMETER_UNKNOWN");
  EXPECT_EQ(error["details"][0]["metadata"]["parameter"], "page_sise");
  EXPECT_EQ(error["details"][0]["metadata"]["did_you_mean"], "page_size");
}

TEST_F(HttpParametersTest, OneThatIsFarFromAllIsToldWhichThereAre) {
  EXPECT_EQ(ParameterErrorOf(Get("/v1/watch?colour=red"))["message"],
            "the parameter \"colour\" is unknown; there are cursor filter topics");
  EXPECT_EQ(ParameterErrorOf(Get("/v1/pools?colour=red"))["message"],
            "the parameter \"colour\" is unknown; this path has none");
}

TEST_F(HttpParametersTest, NoRouteTakesOneThatItDoesNotKnow) {
  for (const HttpRoute& route : HttpRoutes::Table()) {
    if (route.method != "GET") continue;
    std::string path(route.pattern);
    for (const auto& [place, value] :
         {std::pair("{job}", "full-1"), std::pair("{checkpoint}", "40"),
          std::pair("{file}", "manifest.json"), std::pair("*", "x")})
      if (const std::size_t at = path.find(place); at != std::string::npos)
        path.replace(at, std::string_view(place).size(), value);
    const HttpResponse response = Get(path + "?frobnicate=1");

    EXPECT_EQ(response.status, 400) << path;
    EXPECT_THAT(response.body, testing::HasSubstr("PARAMETER_UNKNOWN")) << path;
  }
}

TEST_F(HttpParametersTest, NamesOfAnyBytesAreRefusedAsTexts) {
  EXPECT_EQ(ParameterErrorOf(Get("/v1/jobs?%FF=1"))["details"][0]["reason"], "PARAMETER_UNKNOWN");
  EXPECT_EQ(ParameterErrorOf(Get("/v1/jobs?=1"))["details"][0]["reason"], "PARAMETER_UNKNOWN");
}

TEST_F(HttpParametersTest, WorkersComeInPagesOfTheirOwn) {
  const json first = GetJson("/v1/workers?page_size=1");
  const std::string token = first["nextPageToken"];

  const json second = GetJson("/v1/workers?page_size=1&page_token=" + token);

  ASSERT_EQ(first["workers"].size(), 1u);
  EXPECT_EQ(first["workers"][0]["name"], "pools/local/workers/0");
  EXPECT_EQ(first["workers"][0]["job"], "jobs/full-1");
  ASSERT_EQ(second["workers"].size(), 1u);
  EXPECT_EQ(second["workers"][0]["name"], "pools/local/workers/1");
  EXPECT_EQ(second["nextPageToken"], "");
}

TEST_F(HttpParametersTest, TheVersionSaysWhatWasBuilt) {
  const json version = GetJson("/version");

  EXPECT_EQ(version["version"], DESCENT_VERSION);
  EXPECT_EQ(version["api_versions"], json::array({"v1"}));
  EXPECT_EQ(version["commit"], kBuildFacts.commit);
  EXPECT_NE(version["commit"], "");
  EXPECT_THAT(version["mpi"].get<std::string>(), testing::HasSubstr("MPI "));
}

TEST_F(HttpParametersTest, TheStatusCountsRestartsSlotsWorkersAndTokens) {
  snapshot_.restarts = 2;
  snapshot_.jobs[0].spec.model.architecture = GptSpec{.context_length = 8};
  snapshot_.jobs[0].samples_per_second = 4;
  PoolView& pool = snapshot_.pools[0];
  pool.world_size = 4;
  pool.is_ready = false;
  pool.is_broken = true;
  pool.workers[1].cordon = Cordon::kCordoned;
  pool.workers[1].last_heard = snapshot_.now - std::chrono::seconds(10);

  const json status = GetJson("/v1/status");

  EXPECT_EQ(status["server"]["restarts"], 2);
  EXPECT_EQ(status["slots"]["cpu"]["total"], 2);
  EXPECT_EQ(status["slots"]["cpu"]["cordoned"], 1);
  EXPECT_EQ(status["workers"]["joining"], 1);
  EXPECT_EQ(status["workers"]["suspect"], 1);
  EXPECT_EQ(status["workers"]["lost"], 2);
  EXPECT_EQ(status["running"][0]["tokensPerSecond"], 32);
}

}  // namespace
}  // namespace descent
