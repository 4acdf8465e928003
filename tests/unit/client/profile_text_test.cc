#include "client/render/profile_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::HasSubstr;

// Two steps of 10 ms; in each 4 ms forward, 4 ms backward and 1.5 ms of waiting, of which 0.5 ms
// for losses. A bucket of 2 ms is reduced, 1 ms of it beside the backward pass.
constexpr char kTrace[] = R"json({"leftOut": 0, "traceEvents": [
  {"ph": "M", "pid": 0, "tid": 0, "name": "thread_name", "args": {"name": "training"}},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "forward", "name": "matmul", "ts": 0, "dur": 4000},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "backward", "name": "relu", "ts": 4000, "dur": 4000},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "reduction", "name": "wait", "ts": 8000, "dur": 1500},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "step", "name": "step", "ts": 0, "dur": 10000},
  {"ph": "X", "pid": 0, "tid": 1, "cat": "bucket", "name": "reduce", "ts": 7000, "dur": 2000},
  {"ph": "X", "pid": 0, "tid": 1, "cat": "losses", "name": "exchange", "ts": 9000, "dur": 500},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "forward", "name": "matmul", "ts": 10000, "dur": 4000},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "backward", "name": "relu", "ts": 14000, "dur": 4000},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "reduction", "name": "wait", "ts": 18000, "dur": 1500},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "step", "name": "step", "ts": 10000, "dur": 10000},
  {"ph": "X", "pid": 0, "tid": 1, "cat": "bucket", "name": "reduce", "ts": 17000, "dur": 2000},
  {"ph": "X", "pid": 0, "tid": 1, "cat": "losses", "name": "exchange", "ts": 19000, "dur": 500},
  {"ph": "X", "pid": 0, "tid": 0, "cat": "grant", "name": "wait", "ts": 20000, "dur": 900}
]})json";

TEST(ProfileTextTest, AStepIsTheSumOfItsPhases) {
  const std::string text = ProfileText(kTrace).value();

  EXPECT_THAT(text, HasSubstr("profile of 2 steps, mean of 1 rank\n"));
  EXPECT_THAT(text, HasSubstr("forward              4.000        40.0 %\n"));
  EXPECT_THAT(text, HasSubstr("wait for reductions  1.000        10.0 %\n"));
  EXPECT_THAT(text, HasSubstr("wait for losses      0.500        5.0 %\n"));
  EXPECT_THAT(text, HasSubstr("other                0.500        5.0 %\n"));
  EXPECT_THAT(text, HasSubstr("step                 10.000       100.0 %\n"));
}

TEST(ProfileTextTest, TellsHowMuchOfTheReductionsTheBackwardPassHides) {
  EXPECT_THAT(ProfileText(kTrace).value(),
              HasSubstr("reductions: 2.000 ms per step on the communication thread, 50.0 % of it "
                        "beside the backward pass\n"));
}

TEST(ProfileTextTest, NamesTheDearestOps) {
  EXPECT_THAT(ProfileText(kTrace).value(),
              HasSubstr("matmul  1               4.000        40.0 %\n"));
}

TEST(ProfileTextTest, SaysThatNoStepWasRecorded) {
  EXPECT_THAT(ProfileText(R"({"leftOut": 0, "traceEvents": []})").value(),
              HasSubstr("before a step was recorded"));
}

TEST(ProfileTextTest, RefusesWhatIsNoTrace) {
  EXPECT_EQ(ProfileText("[1, 2]").status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace descent
