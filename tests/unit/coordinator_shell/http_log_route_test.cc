#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "coordinator/http_routes.h"
#include "coordinator/log_segments.h"
#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

constexpr char kLogs[] = "/v1/jobs/full-1/logs";

// The log of job full-1 over HTTP.
class HttpLogRouteTest : public HttpRoutesTest {
 protected:
  // Lines of one rank, each "RANK:SEQUENCE" and what `more` says.
  void Append(int rank, std::int64_t first, std::int64_t last, const std::string& more = "",
              LogSeverity severity = LogSeverity::kInfo, int attempt = 1,
              LogSource source = LogSource::kLog) {
    LogChunk chunk{.job = "full-1", .generation = attempt, .first_sequence = first, .lines = {}};
    for (std::int64_t i = first; i <= last; ++i)
      chunk.lines.push_back({.time_us = 1'500'000,
                             .severity = severity,
                             .attempt = attempt,
                             .rank = rank,
                             .source = source,
                             .step = 5,
                             .text = std::to_string(rank) + ":" + std::to_string(i) + more});
    const Status stored = logs_.Append(chunk);
    EXPECT_TRUE(stored.ok()) << stored;
  }
  Texts Read(const std::string& query = "") {
    const json answer = GetJson(kLogs + query);
    token_ = answer["resumeToken"];
    Texts texts;
    for (const json& line : answer["lines"]) texts.push_back(line["text"]);
    return texts;
  }
  json ErrorOf(const std::string& query) {
    const HttpResponse response = Get(kLogs + query);
    const json error = json::parse(response.body)["error"];
    EXPECT_EQ(error["code"], response.status);
    return error;
  }
  std::string ReasonFor(const std::string& query) { return ErrorOf(query)["details"][0]["reason"]; }

  std::string TokenOf(std::int64_t line) const {
    return UidOf(snapshot_.jobs[0]).substr(0, 8) + "." + std::to_string(line);
  }

  std::string token_;  // of the last answer
};

TEST_F(HttpLogRouteTest, LinesAreTheProtosInLowerCamelCase) {
  Append(3, 1, 1, "", LogSeverity::kWarning, 2);

  const json line = GetJson(kLogs)["lines"][0];

  EXPECT_EQ(line, json::parse(R"({"time": 1.5, "severity": "LOG_SEVERITY_WARNING", "attempt": 2,
                                  "rank": 3, "step": "5", "text": "3:1", "source": "LOG_SOURCE_LOG"})"));
}

TEST_F(HttpLogRouteTest, EachParameterIsAFilter) {
  Append(0, 1, 1);
  Append(1, 1, 1, " slow disk");
  Append(2, 1, 1, "", LogSeverity::kError);
  Append(2, 1, 1, "", LogSeverity::kInfo, 2);

  EXPECT_EQ(Read("?ranks=0,1"), (Texts{"0:1", "1:1 slow disk"}));
  EXPECT_EQ(Read("?rank=0"), Texts{"0:1"});
  EXPECT_EQ(Read("?rank=0,1"), (Texts{"0:1", "1:1 slow disk"}));
  EXPECT_EQ(Read("?rank=0&ranks=1&format=json"), (Texts{"0:1", "1:1 slow disk"}));
  EXPECT_EQ(Read("?attempt=2"), Texts{"2:1"});
  EXPECT_EQ(Read("?min_severity=warning"), Texts{"2:1"});
  EXPECT_EQ(Read("?contains=slow%20d"), Texts{"1:1 slow disk"});
  EXPECT_EQ(Read("?ranks=&attempt=&min_severity=&source=&contains=&tail=&resume_token=").size(),
            4u);
}

TEST_F(HttpLogRouteTest, LinesAreThoseOfTheSourcesThatAreAskedFor) {
  Append(0, 1, 1);
  Append(1, 1, 1, "", LogSeverity::kInfo, 1, LogSource::kStdout);
  Append(2, 1, 1, "", LogSeverity::kInfo, 1, LogSource::kStderr);

  EXPECT_EQ(Read("?source=stderr"), Texts{"2:1"});
  EXPECT_EQ(Read("?source=log,stdout"), (Texts{"0:1", "1:1"}));
  EXPECT_EQ(ErrorOf("?source=syslog")["message"],
            "source has \"syslog\", wanted log, stdout or stderr");
}

TEST_F(HttpLogRouteTest, AsTextALineIsThatOfTheCommandLine) {
  Append(3, 1, 1, "", LogSeverity::kWarning);
  Append(3, 2, 2);

  const HttpResponse response = Get(std::string(kLogs) + "?rank=3&format=text");

  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(response.body,
            "1970-01-01T00:00:01.500Z r3 WARN  step 5 3:1\n"
            "1970-01-01T00:00:01.500Z r3 INFO  step 5 3:2\n");
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Resume-Token", TokenOf(3))));
}

TEST_F(HttpLogRouteTest, AsJsonLinesEachLineIsAnObject) {
  Append(0, 1, 2);

  const HttpResponse response = Get(std::string(kLogs) + "?format=jsonl");

  EXPECT_EQ(response.content_type, "application/x-ndjson; charset=utf-8");
  const std::size_t end = response.body.find('\n');
  EXPECT_EQ(json::parse(response.body.substr(0, end))["text"], "0:1");
  EXPECT_EQ(json::parse(response.body.substr(end + 1))["text"], "0:2");
}

TEST_F(HttpLogRouteTest, AnotherFormatIsRefused) {
  EXPECT_EQ(ReasonFor("?format=xml"), "FORMAT_INVALID");
}

TEST_F(HttpLogRouteTest, ATailIsOfTheLinesThatMatch) {
  Append(0, 1, 5);
  Append(1, 1, 1);

  EXPECT_EQ(Read("?tail=2&ranks=0"), (Texts{"0:4", "0:5"}));
  EXPECT_EQ(Read("?tail=0"), Texts{});
}

TEST_F(HttpLogRouteTest, ATokenGoesOnAfterItsAnswerAndStaysWhereNothingIsNew) {
  Append(0, 1, 2);
  Read();
  const std::string token = token_;
  EXPECT_EQ(Read("?resume_token=" + token), Texts{});
  EXPECT_EQ(token_, token);

  Append(0, 3, 3);

  EXPECT_EQ(Read("?resume_token=" + token), Texts{"0:3"});
  EXPECT_NE(token_, token);
}

TEST_F(HttpLogRouteTest, ATokenFromBeforeTheFirstLineLosesNone) {
  EXPECT_EQ(Read("?tail=0"), Texts{});

  Append(0, 1, 2);

  EXPECT_EQ(Read("?resume_token=" + token_), (Texts{"0:1", "0:2"}));
}

TEST_F(HttpLogRouteTest, ATokenPassesLinesThatDoNotMatch) {
  Append(0, 1, 5);

  EXPECT_EQ(Read("?ranks=1"), Texts{});

  EXPECT_EQ(token_, TokenOf(6));
}

TEST_F(HttpLogRouteTest, ALongLogComesInAnswersOfBoundedSize) {
  const std::string more(limits::kLogTextBytesMax - 100, '\\');  // twice as long on disk
  for (int i = 0; i < 10; ++i) Append(0, 10 * i + 1, 10 * i + 10, more);

  Texts all;
  std::string token;
  do {
    token = token_;
    const HttpResponse answer = Get(std::string(kLogs) + "?resume_token=" + token);
    EXPECT_LT(answer.body.size(), std::size_t{2} << 20);
    for (const std::string& text : Read("?resume_token=" + token)) all.push_back(text);
  } while (token_ != token);

  ASSERT_EQ(all.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(all[i].starts_with("0:" + std::to_string(i + 1)));
}

TEST_F(HttpLogRouteTest, WhatMakesNoSenseIsRefusedWithTheReasonsOfTheApi) {
  for (const char* query :
       {"?ranks=0,x", "?ranks=-1", "?rank=x", "?attempt=first", "?attempt=-1", "?min_severity=loud",
        "?tail=all", "?tail=-1", "?tail=100001", "?tail=1&resume_token=1"})
    EXPECT_EQ(ReasonFor(query), "FILTER_INVALID") << query;
  for (const char* token : {"yesterday", "9c1e0f42.", "9c1e0f42.0", "9c1e0f42.1x"})
    EXPECT_EQ(ReasonFor("?resume_token=" + std::string(token)), "PAGE_TOKEN_INVALID") << token;
  EXPECT_EQ(ErrorOf("?min_severity=loud")["message"],
            "min_severity has \"loud\", wanted debug, info, warning or error");
}

TEST_F(HttpLogRouteTest, TheLogOfAnUnknownJobIsNotFound) {
  const HttpResponse response = Get("/v1/jobs/nobody/logs");

  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("JOB_NOT_FOUND"));
}

TEST_F(HttpLogRouteTest, ATokenWhoseLinesAreGoneIsExpiredAndNamesTheOldest) {
  Append(0, 1, 1);
  const std::filesystem::path log = logs_directory_.path() / "full-1";
  std::filesystem::rename(LogSegmentPath(log, 1), LogSegmentPath(log, 100));

  const json error = ErrorOf("?resume_token=" + TokenOf(3));

  EXPECT_EQ(error["code"], 400);
  EXPECT_EQ(error["status"], "OUT_OF_RANGE");
  EXPECT_EQ(error["details"][0]["reason"], "CURSOR_EXPIRED");
  EXPECT_EQ(error["details"][0]["metadata"]["oldest_token"], TokenOf(100));
}

TEST_F(HttpLogRouteTest, ATokenBeyondTheEndIsExpired) {
  EXPECT_EQ(ErrorOf("?resume_token=" + TokenOf(2))["details"][0]["metadata"]["oldest_token"],
            TokenOf(1));
  Append(0, 1, 3);
  EXPECT_EQ(Read("?resume_token=" + TokenOf(4)), Texts{});

  const json error = ErrorOf("?resume_token=" + TokenOf(5));

  EXPECT_EQ(error["details"][0]["reason"], "CURSOR_EXPIRED");
  EXPECT_EQ(error["details"][0]["metadata"]["oldest_token"], TokenOf(1));
}

TEST_F(HttpLogRouteTest, ATokenOfAnotherJobOfThatNameIsExpired) {
  Append(0, 1, 3);
  Read();
  snapshot_.jobs[0].create_time += 1;

  EXPECT_EQ(ReasonFor("?resume_token=" + token_), "CURSOR_EXPIRED");
  EXPECT_EQ(ReasonFor("?resume_token=4"), "CURSOR_EXPIRED");
}

TEST_F(HttpLogRouteTest, AFailedJobHasTheLastLinesOfItsRank) {
  Job& job = snapshot_.jobs[0];
  job.failure = FailureRecord{.rank = 1};
  job.attempt.attempt = 1;
  job.earlier_attempts.clear();
  job.attempt.failure = job.failure;
  Append(1, 1, 230);
  Append(0, 1, 1);

  const json tail = GetJson("/v1/jobs/full-1")["failure"]["logTail"];

  ASSERT_EQ(tail.size(), static_cast<std::size_t>(limits::kFailureLogLinesKept));
  EXPECT_EQ(tail[0]["text"], "1:31");
  EXPECT_EQ(tail.back()["text"], "1:230");
  const auto failure_of = [&](const std::string& query) {
    return GetJson("/v1/jobs/full-1/attempts" + query)["attempts"].back()["failure"];
  };
  EXPECT_EQ(failure_of("")["logTail"], json::array());
  const json failure = failure_of("?include_log_tails=true");
  ASSERT_EQ(failure.at("logTail").size(), tail.size());
  EXPECT_EQ(failure.at("logTail").front(), tail.front());
  EXPECT_EQ(failure.at("logTail").back(), tail.back());
}

TEST_F(HttpLogRouteTest, TheLastLinesOfAFailedRankAreShownThoughItsLogIsGone) {
  Job& job = snapshot_.jobs[0];
  job.failure = FailureRecord{.rank = 1};
  job.attempt.attempt = 1;
  job.attempt.failure = job.failure;
  Append(1, 1, 3);
  ASSERT_TRUE(logs_.KeepTail("full-1", {.attempt = 1, .rank = 1}).ok());
  const json tail = GetJson("/v1/jobs/full-1")["failure"]["logTail"];
  ASSERT_EQ(tail.size(), 3u);

  RemoveLogSegment(logs_directory_.path() / "full-1", 1);

  EXPECT_EQ(GetJson("/v1/jobs/full-1")["failure"]["logTail"], tail);
}

}  // namespace
}  // namespace descent
