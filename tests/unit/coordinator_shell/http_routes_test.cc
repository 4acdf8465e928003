#include "coordinator/http_routes.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST_F(HttpRoutesTest, TheProcessIsAliveWhileItAnswers) { EXPECT_EQ(Get("/livez").body, "ok\n"); }

TEST_F(HttpRoutesTest, ReadyzSaysWhyItIsNotReady) {
  readiness_ = Status(Code::kResourceExhausted, "disk full");

  const HttpResponse response = Get("/readyz");

  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "the disk of the state store is full\n");
}

TEST_F(HttpRoutesTest, ReadyzTellsNobodyWhereTheStoreIs) {
  readiness_ = Status(Code::kUnavailable, "/var/lib/descent/state.db: disk I/O error");

  EXPECT_EQ(Get("/readyz").body, "the state store cannot be written now\n");
  EXPECT_THAT(Get("/readyz?verbose").body, testing::Not(HasSubstr("state.db")));
}

TEST_F(HttpRoutesTest, VerboseReadyzNamesTheChecks) {
  EXPECT_EQ(Get("/readyz?verbose").body,
            "[+] state store: writable\n"
            "[+] event loop: came round 0.5 s ago\n"
            "[+] disk: 0 MiB free\n"
            "ready\n");
}

TEST_F(HttpRoutesTest, VerboseReadyzSaysWhichCheckFails) {
  readiness_ = Status(Code::kResourceExhausted, "disk full");
  cycle_age_seconds_ = 7;

  const HttpResponse response = Get("/readyz?verbose");

  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("[-] state store: the disk of the state store is full\n"));
  EXPECT_THAT(response.body, HasSubstr("[-] event loop: the event loop is silent since 7 s\n"));
  EXPECT_THAT(response.body, testing::EndsWith("\nnot ready\n"));
}

TEST_F(HttpRoutesTest, StatusShowsServerJobsRunningAndWorkers) {
  const json status = GetJson("/v1/status");

  EXPECT_EQ(status["server"]["uptimeSeconds"], 100);
  EXPECT_EQ(status["jobs"]["RUNNING"], 1);
  EXPECT_EQ(status["jobs"]["FAILED"], 0);
  EXPECT_EQ(status["slots"]["cpu"]["total"], 2);
  EXPECT_EQ(status["slots"]["cpu"]["allocated"], 1);
  EXPECT_EQ(status["running"][0]["name"], "jobs/full-1");
  EXPECT_EQ(status["running"][0]["latestMetrics"]["train/loss"], 0.5);
  EXPECT_EQ(status["pools"][0]["workers"][0]["phase"], "compute");
}

TEST_F(HttpRoutesTest, JobsAreTheProtosInLowerCamelCase) {
  const json list = GetJson("/v1/jobs");

  ASSERT_EQ(list["jobs"].size(), 2u);
  EXPECT_EQ(list["jobs"][0]["name"], "jobs/full-1");
  EXPECT_EQ(list["jobs"][0]["state"], "JOB_STATE_RUNNING");
  EXPECT_EQ(list["jobs"][0]["progress"]["lastStep"], "80");
  EXPECT_EQ(list["jobs"][0]["latestCheckpoint"]["name"], "jobs/full-1/checkpoints/40");
  EXPECT_EQ(list["jobs"][1]["queueStatus"]["message"], "needs 4 workers");
}

TEST_F(HttpRoutesTest, ThePageTokenLeadsToTheNextPage) {
  const json first = GetJson("/v1/jobs?page_size=1");
  const std::string token = first["nextPageToken"];

  const json second = GetJson("/v1/jobs?page_size=1&page_token=" + token);

  ASSERT_EQ(second["jobs"].size(), 1u);
  EXPECT_EQ(second["jobs"][0]["name"], "jobs/waiting");
  EXPECT_EQ(second["nextPageToken"], "");
}

TEST_F(HttpRoutesTest, JobsAreFilteredAndOrdered) {
  const json running = GetJson("/v1/jobs?filter=state%20%3D%20RUNNING%20AND%20labels.team:nlp");
  const json sorted = GetJson("/v1/jobs?order_by=priority,name");

  ASSERT_EQ(running["jobs"].size(), 1u);
  EXPECT_EQ(running["jobs"][0]["labels"]["team"], "nlp");
  ASSERT_EQ(sorted["jobs"].size(), 2u);
  EXPECT_EQ(sorted["jobs"][0]["name"], "jobs/waiting");
}

TEST_F(HttpRoutesTest, AFilterThatIsNoneIsRefusedWithItsPosition) {
  const HttpResponse response = Get("/v1/jobs?filter=stat=RUNNING");

  EXPECT_EQ(response.status, 400);
  const json detail = json::parse(response.body)["error"]["details"][0];
  EXPECT_EQ(detail["reason"], "FILTER_INVALID");
  EXPECT_EQ(detail["metadata"]["position"], "1");
}

TEST_F(HttpRoutesTest, AForeignPageTokenIsRefused) {
  EXPECT_EQ(Get("/v1/jobs?page_token=x").status, 400);
}

TEST_F(HttpRoutesTest, APageSizeThatIsNoNumberIsRefused) {
  EXPECT_EQ(Get("/v1/jobs?page_size=many").status, 400);
}

TEST_F(HttpRoutesTest, OneJobHasItsOwnAddress) {
  EXPECT_EQ(GetJson("/v1/jobs/waiting")["name"], "jobs/waiting");
}

TEST_F(HttpRoutesTest, AnUnknownJobIsAnErrorInJson) {
  const HttpResponse response = Get("/v1/jobs/nobody");

  EXPECT_EQ(response.status, 404);
  const json error = json::parse(response.body)["error"];
  EXPECT_EQ(error["code"], 404);
  EXPECT_EQ(error["status"], "NOT_FOUND");
  EXPECT_EQ(error["message"], "jobs/nobody does not exist");
  EXPECT_EQ(error["details"][0]["reason"], "JOB_NOT_FOUND");
}

TEST_F(HttpRoutesTest, MetricsAreAskedForByDecodedNames) {
  const json metrics =
      GetJson("/v1/jobs/full-1/metrics?names=train%2Floss,validation/loss&max_points=50");

  EXPECT_EQ(last_query_.job_id, "full-1");
  EXPECT_EQ(last_query_.names, (std::vector<std::string>{"train/loss", "validation/loss"}));
  EXPECT_EQ(last_query_.points_max, 50);
  EXPECT_EQ(metrics["series"][0]["points"][0]["value"], 0.5);
  EXPECT_EQ(metrics["series"][0]["downsampled"], false);
}

TEST_F(HttpRoutesTest, CsvHasEveryPointAndIsMadeWhileItIsSent) {
  ASSERT_TRUE(metrics_.Record({"full-1", {{"train/loss", 1, 0.5}}}, WallTime()).ok());

  const HttpResponse response = Get("/v1/jobs/full-1/metrics?format=csv&names=train/loss");

  EXPECT_EQ(response.content_type, "text/csv; charset=utf-8");
  ASSERT_NE(response.pieces, nullptr);
  EXPECT_FALSE(response.pieces->size());
  EXPECT_EQ(response.pieces->Next().value(), "step,time,train/loss\n1,0,0.5\n");
  EXPECT_EQ(response.pieces->Next().value(), "");
}

TEST_F(HttpRoutesTest, JsonSaysOfHowManyStepsAPointIsTheMean) {
  curves_ = {{"train/loss", {{2, 0.5, 1700}}, 2}};

  const json series = GetJson("/v1/jobs/full-1/metrics?max_points=1")["series"][0];

  EXPECT_EQ(series["downsampled"], true);
  EXPECT_EQ(series["bucketSteps"], "2");
}

TEST_F(HttpRoutesTest, AnUnknownFormatOfMetricsIsRefused) {
  const json error = json::parse(Get("/v1/jobs/full-1/metrics?format=xml").body)["error"];

  EXPECT_EQ(error["code"], 400);
  EXPECT_EQ(error["details"][0]["reason"], "FORMAT_INVALID");
}

TEST_F(HttpRoutesTest, TheSchemaOfJobFilesIsServed) {
  EXPECT_EQ(GetJson("/schema/job.json")["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

TEST_F(HttpRoutesTest, MetricsOfAnUnknownJobAreNotFound) {
  EXPECT_EQ(Get("/v1/jobs/nobody/metrics").status, 404);
}

TEST_F(HttpRoutesTest, MetricsSayWhenTheyWereRecorded) {
  EXPECT_EQ(GetJson("/v1/jobs/full-1/metrics")["series"][0]["points"][0]["time"], 1700);
}

TEST_F(HttpRoutesTest, MorePointsThanAMessageHoldsAreRefused) {
  EXPECT_EQ(Get("/v1/jobs/full-1/metrics?max_points=10001").status, 400);
}

TEST_F(HttpRoutesTest, TheEventsOfAJobAreItsHistory) {
  const json page = GetJson("/v1/jobs/full-1/events");

  ASSERT_EQ(page["events"].size(), 1u);
  EXPECT_EQ(page["events"][0]["type"], "Created");
  EXPECT_TRUE(GetJson("/v1/jobs/full-1/events?page_token=7")["events"].empty());
}

TEST_F(HttpRoutesTest, EachAttemptOfAJobIsShown) {
  const json attempts = GetJson("/v1/jobs/full-1/attempts")["attempts"];

  ASSERT_FALSE(attempts.empty());
  EXPECT_EQ(attempts.back()["attempt"], snapshot_.jobs[0].attempt.attempt);
}

TEST_F(HttpRoutesTest, CheckpointsSayWhichIsTheLatest) {
  const json checkpoints = GetJson("/v1/jobs/full-1/checkpoints")["checkpoints"];

  ASSERT_FALSE(checkpoints.empty());
  EXPECT_THAT(checkpoints.back()["aliases"].dump(), HasSubstr("latest"));
}

TEST_F(HttpRoutesTest, PoolsShowTheirWorkers) {
  EXPECT_EQ(GetJson("/v1/pools")["pools"][0]["workers"][0]["job"], "jobs/full-1");
}

TEST_F(HttpRoutesTest, AComparisonShowsWhereSpecsDiffer) {
  snapshot_.jobs[1].spec.seed = snapshot_.jobs[0].spec.seed + 1;

  const json compared = GetJson("/v1/metrics:compare?jobs=full-1,waiting&names=validation/loss");

  ASSERT_EQ(compared["jobs"].size(), 2u);
  EXPECT_EQ(compared["jobs"][1]["metrics"][0]["name"], "validation/loss");
  EXPECT_THAT(compared["differences"].dump(), HasSubstr("\"seed\""));
}

TEST_F(HttpRoutesTest, AComparisonNeedsTwoJobs) {
  const json error = json::parse(Get("/v1/metrics:compare?jobs=full-1").body)["error"];

  EXPECT_EQ(error["details"][0]["reason"], "JOBS_INVALID");
}

TEST_F(HttpRoutesTest, AnAnswerThatTheClientHasIsNotSentAgain) {
  const HttpResponse first = Get("/v1/jobs/full-1");
  ASSERT_EQ(first.headers.back().first, "ETag");
  HttpRequest request{"GET", "/v1/jobs/full-1", "localhost"};
  request.if_none_match = first.headers.back().second;

  const HttpResponse second = routes_.Handle(request);

  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
}

TEST_F(HttpRoutesTest, AnAnswerThatHasChangedIsSentAgain) {
  HttpRequest request{"GET", "/v1/jobs/full-1", "localhost"};
  request.if_none_match = Get("/v1/jobs/full-1").headers.back().second;
  ++snapshot_.jobs[0].step;

  EXPECT_EQ(routes_.Handle(request).status, 200);
}

TEST_F(HttpRoutesTest, UnknownPathsAreNotFound) {
  for (const char* target : {"/nothing", "/v1/nothing", "/assets/../main.cc", "/v1/jobs/full-1/x",
                             "/v1/jobs/", "/v1/jobs//events"})
    EXPECT_EQ(Get(target).status, 404) << target;
}

TEST_F(HttpRoutesTest, OnlyReadingIsAllowed) {
  const HttpResponse response = routes_.Handle({"POST", "/v1/jobs", "localhost"});

  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers[0], std::make_pair(std::string("Allow"), std::string("GET, HEAD")));
}

TEST_F(HttpRoutesTest, ChangesAreSwitchedOffUnlessTheyAreAskedFor) {
  for (const char* target : {"/v1/jobs", "/v1/jobs/full-1:cancel", "/v1/jobs/full-1:suspend"}) {
    const HttpResponse response = routes_.Handle({"POST", target, "localhost"});

    EXPECT_EQ(response.status, 405) << target;
    EXPECT_THAT(response.body, HasSubstr("FEATURE_DISABLED")) << target;
    EXPECT_THAT(response.body, HasSubstr("--http-writes")) << target;
  }
}

TEST_F(HttpRoutesTest, AnotherMethodIsRefusedWithThoseThatThereAre) {
  const HttpResponse response = routes_.Handle({"DELETE", "/v1/jobs/full-1", "localhost"});

  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Allow", "GET, HEAD")));
  EXPECT_THAT(response.body, HasSubstr("METHOD_NOT_ALLOWED"));
}

TEST_F(HttpRoutesTest, OnlyNamesOfThisServerAreAllowedAsHost) {
  for (const char* host :
       {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "192.168.0.7:8080"})
    EXPECT_EQ(routes_.Handle({"GET", "/livez", host}).status, 200) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example:8080", "10.0.0.1"})
    EXPECT_EQ(routes_.Handle({"GET", "/livez", host}).status, 403) << host;
}

TEST_F(HttpRoutesTest, ThePageMayLoadOnlyItsOwnFiles) {
  const HttpResponse response = Get("/");

  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(response.headers[0].second, HasSubstr("default-src 'none'"));
  EXPECT_THAT(response.body, HasSubstr("assets/main.js"));
  EXPECT_EQ(Get("/assets/main.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(Get("/assets/page.css").content_type, "text/css; charset=utf-8");
}

TEST_F(HttpRoutesTest, ALongAnswerIsPackedForThoseWhoTakeThat) {
  HttpRequest request{"GET", "/v1/jobs/full-1", "localhost"};
  const std::size_t bytes = routes_.Handle(request).body.size();
  ASSERT_GT(bytes, 1024u);
  request.accept_encoding = "gzip, deflate";

  const HttpResponse response = routes_.Handle(request);

  EXPECT_LT(response.body.size(), bytes);
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Content-Encoding", "gzip")));
  EXPECT_THAT(response.headers,
              testing::Contains(testing::Pair("ETag", testing::StartsWith("W/\""))));
}

TEST_F(HttpRoutesTest, AShortAnswerIsNotPacked) {
  HttpRequest request{"GET", "/livez", "localhost"};
  request.accept_encoding = "gzip";

  EXPECT_EQ(routes_.Handle(request).body, "ok\n");
}

TEST_F(HttpRoutesTest, WhatMayBePackedSaysThatItVaries) {
  EXPECT_THAT(Get("/v1/jobs/full-1").headers,
              testing::Contains(testing::Pair("Vary", "Accept-Encoding")));
  EXPECT_THAT(Get("/metrics").headers,
              testing::Contains(testing::Pair("Vary", "Accept, Accept-Encoding")));
}

TEST_F(HttpRoutesTest, AnAnswerThatWasPackedIsNotSentAgain) {
  HttpRequest request{"GET", "/v1/jobs/full-1", "localhost"};
  request.accept_encoding = "gzip";
  for (const auto& [name, value] : routes_.Handle(request).headers)
    if (name == "ETag") request.if_none_match = value;

  const HttpResponse response = routes_.Handle(request);

  EXPECT_EQ(response.status, 304);
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("ETag", request.if_none_match)));
  EXPECT_THAT(response.headers,
              testing::Not(testing::Contains(testing::Pair("Content-Encoding", testing::_))));
}

TEST_F(HttpRoutesTest, ATargetMayNameTheHostWhichThenCounts) {
  for (const char* target : {"http://localhost/livez", "https://127.0.0.1:8080/livez"})
    EXPECT_EQ(routes_.Handle({"GET", target, "evil.example"}).status, 200) << target;
  EXPECT_EQ(routes_.Handle({"GET", "http://evil.example/livez", "localhost"}).status, 403);
  EXPECT_EQ(Get("http://localhost").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(Get("http://localhost/no/such/page").status, 404);
}

TEST_F(HttpRoutesTest, WhatCannotBeReadIsRefusedAndCounted) {
  const HttpResponse response = routes_.RefuseUnreadable(413, "body too large");

  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr("BODY_TOO_LARGE"));
  EXPECT_THAT(Get("/metrics").body,
              HasSubstr("http_requests_total{handler=\"none\",method=\"other\",code=\"413\"} 1\n"));
}

TEST_F(HttpRoutesTest, TheBodyIsNotNeededToRefuseWhatIsNotServed) {
  EXPECT_EQ(routes_.RefuseUnread({"POST", "/v1/jobs", "localhost"}).value().status, 405);
  EXPECT_EQ(routes_.RefuseUnread({"POST", "/no/such/page", "localhost"}).value().status, 404);
  EXPECT_FALSE(routes_.RefuseUnread({"GET", "/livez", "localhost"}).has_value());
}

TEST_F(HttpRoutesTest, TheVersionNeedNotBeSentAgain) {
  EXPECT_THAT(Get("/version").headers, testing::Contains(testing::Key("ETag")));
}

TEST_F(HttpRoutesTest, OpenMetricsIsServedToThoseWhoAskForIt) {
  HttpRequest request{"GET", "/metrics", "localhost"};
  request.accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3";

  const HttpResponse response = routes_.Handle(request);

  EXPECT_EQ(response.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(response.body, testing::EndsWith("# EOF\n"));
}

TEST_F(HttpRoutesTest, RequestsAreCountedByTheRouteThatTheyTake) {
  Get("/v1/jobs/full-1");
  Get("/v1/jobs/nobody");
  Get("/no/such/page");
  routes_.Handle({"BREW", "/v1/jobs", "localhost"});

  const std::string text = Get("/metrics").body;

  for (const char* labels : {"handler=\"/v1/jobs/{job}\",method=\"GET\",code=\"200\"",
                             "handler=\"/v1/jobs/{job}\",method=\"GET\",code=\"404\"",
                             "handler=\"none\",method=\"GET\",code=\"404\"",
                             "handler=\"none\",method=\"other\",code=\"405\""})
    EXPECT_THAT(text, HasSubstr("http_requests_total{" + std::string(labels) + "} 1\n"));
}

TEST_F(HttpRoutesTest, MetricsArePrometheusText) {
  EXPECT_EQ(Get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace descent
