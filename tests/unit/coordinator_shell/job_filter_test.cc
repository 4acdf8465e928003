#include "coordinator/job_filter.h"

#include <gmock/gmock.h>

#include <iterator>
#include <limits>
#include <random>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

using testing::HasSubstr;

// A running job of priority 70 with two labels.
Job Sample() {
  Job job = MakeJob("mnist-7k2qd", 3);
  job.state = JobState::kRunning;
  job.owner = "alice";
  job.priority = 70;
  job.create_time = 1769860800;  // 2026-01-31T12:00:00Z
  job.labels = {{"example.com/team", "nlp"}, {"stage", ""}};
  job.latest_metrics = {{"train/loss", 0.5},
                        {"train/grad_norm", std::numeric_limits<double>::quiet_NaN()}};
  return job;
}

bool Matches(std::string_view filter) {
  const auto parsed = JobFilter::Parse(filter);
  const auto* problem = std::get_if<QueryProblem>(&parsed);
  EXPECT_EQ(problem, nullptr) << filter << " at " << problem->position << ": " << problem->wanted;
  return problem == nullptr && std::get<JobFilter>(parsed).Matches(Sample());
}

QueryProblem ProblemOf(std::string_view filter) {
  const auto parsed = JobFilter::Parse(filter);
  EXPECT_TRUE(std::holds_alternative<QueryProblem>(parsed)) << filter;
  const auto* problem = std::get_if<QueryProblem>(&parsed);
  return problem == nullptr ? QueryProblem{.position = 0} : *problem;
}

void ExpectMatching(std::initializer_list<const char*> filters) {
  for (const char* filter : filters) EXPECT_TRUE(Matches(filter)) << filter;
}

void ExpectNotMatching(std::initializer_list<const char*> filters) {
  for (const char* filter : filters) EXPECT_FALSE(Matches(filter)) << filter;
}

TEST(JobFilterTest, AnEmptyFilterIsOfAllJobs) { ExpectMatching({"", "  \t\n"}); }

TEST(JobFilterTest, StatesAreEqualOrNot) {
  ExpectMatching({"state = RUNNING", "state=running", "state != \"QUEUED\"", "state:*"});
  ExpectNotMatching({"state = FAILED", "state != RUNNING"});
}

TEST(JobFilterTest, TextsAreComparedAndSearched) {
  ExpectMatching({"name = mnist-7k2qd", "name = jobs/mnist-7k2qd", "name:7k", "name > a",
                  "owner = 'alice'", "owner:*", "owner <= alice"});
  ExpectNotMatching({"name = mnist", "name:xyz", "owner != alice", "owner < a"});
}

TEST(JobFilterTest, AJobOfNobodyHasNoOwner) {
  const Job job = MakeJob("mine", 1);
  const auto matches = [&](std::string_view filter) {
    return std::get<JobFilter>(JobFilter::Parse(filter)).Matches(job);
  };

  EXPECT_TRUE(matches("owner != alice"));
  EXPECT_FALSE(matches("owner < alice"));
  EXPECT_FALSE(matches("owner:*"));
}

TEST(JobFilterTest, NumbersAreComparedAsNumbers) {
  ExpectMatching({"priority = 70.0", "priority > 9", "priority >= 7e1", "priority <= 70",
                  "latest_metrics.train/loss < 0.51", "latest_metrics.train/loss > -1"});
  ExpectNotMatching({"priority < 70", "priority != 70", "latest_metrics.train/loss = 0.51"});
}

TEST(JobFilterTest, TimesAreDatesMomentsOrSeconds) {
  ExpectMatching({"create_time > 2026-01-31", "create_time = 2026-01-31T12:00:00Z",
                  "create_time = '2026-01-31T13:00:00+01:00'", "create_time = 1769860800"});
  ExpectNotMatching({"create_time < 2026-01-31T12:00:00Z", "create_time > 2026-02-01"});
}

TEST(JobFilterTest, LabelsAreFoundByKeyAndByValue) {
  ExpectMatching({"labels:stage", "labels:*", "labels.stage:*", "labels.stage = ''",
                  "labels.example.com/team = nlp", "labels.example.com/team:nlp",
                  "labels:example.com/team"});
  ExpectNotMatching({"labels:other", "labels.example.com/team:n", "labels.stage = x"});
}

TEST(JobFilterTest, WhatIsNotThereIsUnequalAndNothingElse) {
  ExpectMatching({"end_time != 2026-01-31", "labels.other != x", "latest_metrics.other != 1"});
  ExpectNotMatching({"end_time:*", "end_time < 2100-01-01", "end_time > 1970-01-01",
                     "labels.other = ''", "labels.other:*", "latest_metrics.other < 1"});
}

TEST(JobFilterTest, ALossThatIsNoNumberIsUnequalToAll) {
  ExpectMatching({"latest_metrics.train/grad_norm != 1", "latest_metrics.train/grad_norm:*"});
  ExpectNotMatching({"latest_metrics.train/grad_norm < 1", "latest_metrics.train/grad_norm >= 1"});
}

TEST(JobFilterTest, EveryTermMustHold) {
  ExpectMatching({"state=RUNNING AND priority>50 AND labels:stage"});
  ExpectNotMatching({"state=RUNNING AND priority>80", "priority>80 AND state=RUNNING"});
}

TEST(JobFilterTest, QuotesTakeWhatWouldEndAValue) {
  ExpectMatching({R"x(owner != "a b AND (c)")x", R"(owner != 'it\'s')", R"(owner != "a\\")",
                  R"(owner:"" AND owner != "*")"});
}

struct Bad {
  const char* filter;
  std::size_t position;
  const char* found;
  const char* wanted;
};

TEST(JobFilterTest, AProblemSaysWhereWhatAndWhatIsWanted) {
  for (const Bad& bad : std::initializer_list<Bad>{
           {"stat = RUNNING", 1, "\"stat\"", "a field: state, name"},
           {"(state = RUNNING)", 1, "\"(\"", "a field"},
           {"NOT state = RUNNING", 1, "\"NOT\"", "a field"},
           {"state RUNNING", 7, "\"RUNNING\"", "one of = !="},
           {"state < RUNNING", 7, "\"<\"", "one of = !="},
           {"state = DONE", 9, "\"DONE\"", "a state: QUEUED"},
           {"state = ", 9, "the end", "a value"},
           {"state", 6, "the end", "one of = !="},
           {"state == RUNNING", 8, "\"=\"", "a value"},
           {"state = RUNNING OR state = FAILED", 17, "\"OR\"", "AND, or the end"},
           {"state = RUNNING, priority = 1", 16, "\",\"", "AND, or the end"},
           {"state = RUNNING AND", 20, "the end", "a field"},
           {"owner = AND", 9, "\"AND\"", "in quotes"},
           {"owner = \"alice", 9, "\"\"alice\"", "ends with \""},
           {"priority = high", 12, "\"high\"", "a number"},
           {"priority = inf", 12, "\"inf\"", "a number"},
           {"priority:5", 10, "\"5\"", "*"},
           {"create_time > yesterday", 15, "\"yesterday\"", "a time: 2026-01-31"},
           {"create_time > 2026-02-30", 15, "\"2026-02-30\"", "a time"},
           {"labels = x", 8, "\"=\"", ": and the key"},
           {"labels:-x", 8, "\"-x\"", "the key of a label"},
           {"labels. = x", 1, "\"labels.\"", "a field"},
           {"\xff = x", 1, "\"\\xff\"", "a field"}}) {
    const QueryProblem problem = ProblemOf(bad.filter);
    EXPECT_EQ(problem.position, bad.position) << bad.filter;
    EXPECT_EQ(problem.found, bad.found) << bad.filter;
    EXPECT_THAT(problem.wanted, HasSubstr(bad.wanted)) << bad.filter;
  }
}

TEST(JobFilterTest, MoreThanFourKibibytesAreRefused) {
  const std::string blanks(4096, ' ');

  EXPECT_TRUE(Matches(blanks));
  EXPECT_EQ(ProblemOf(blanks + " ").position, 4097u);
}

TEST(JobFilterTest, MoreThanThirtyTwoTermsAreRefused) {
  std::string filter = "name:m";
  for (int i = 1; i < 32; ++i) filter += " AND name:m";

  EXPECT_TRUE(Matches(filter));
  EXPECT_THAT(ProblemOf(filter + " AND name:m").wanted, HasSubstr("after 32 terms"));
}

TEST(JobFilterTest, DeepParenthesesAreRefusedAtTheFirst) {
  EXPECT_EQ(ProblemOf(std::string(4096, '(')).position, 1u);
}

TEST(JobFilterTest, WhateverIsWrittenIsAFilterOrAProblemWithinTheText) {
  constexpr std::string_view kParts[] = {
      "state", "labels.", "labels", "priority", "create_time", " ", "=",     "!=",   ":", "*",
      "\"",    "'",       "\\",     "AND",      "RUNNING",     "(", "1e999", "\xff", "-", "x"};
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string filter;
    for (std::size_t i = random() % 12; i > 0; --i) filter += kParts[random() % std::size(kParts)];
    const auto parsed = JobFilter::Parse(filter);
    const auto* problem = std::get_if<QueryProblem>(&parsed);
    if (problem == nullptr) continue;
    ++refused;
    EXPECT_GE(problem->position, 1u) << filter;
    EXPECT_LE(problem->position, filter.size() + 1) << filter;
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace descent
