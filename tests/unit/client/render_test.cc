#include <gtest/gtest.h>

#include "client/render/console.h"
#include "client/render/dry_run.h"
#include "client/render/format.h"
#include "client/render/json_lines.h"
#include "client/render/table.h"

namespace descent {
namespace {

TEST(FormatTest, CountsAreShortened) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(980), "980");
  EXPECT_EQ(FormatCount(25'230), "25.2k");
  EXPECT_EQ(FormatCount(999'960), "1.0M");
  EXPECT_EQ(FormatRate(98.34), "98.3");
}

TEST(FormatTest, IntegersAreGroupedByThousands) {
  EXPECT_EQ(FormatGrouped(7), "7");
  EXPECT_EQ(FormatGrouped(999), "999");
  EXPECT_EQ(FormatGrouped(2350), "2,350");
  EXPECT_EQ(FormatGrouped(-1234567), "-1,234,567");
  EXPECT_EQ(FormatGrouped(-123), "-123");
}

TEST(FormatTest, BytesAreDecimal) {
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(6'412'345), "6.4 MB");
}

TEST(FormatTest, DurationsKeepTheirLargestUnit) {
  EXPECT_EQ(FormatDuration(9.9), "9s");
  EXPECT_EQ(FormatDuration(190), "3m");
  EXPECT_EQ(FormatDuration(5400), "1h30m");
  EXPECT_EQ(FormatDuration(4 * 86400), "4d");
  EXPECT_EQ(FormatDuration(-1), "0s");
}

TEST(FormatTest, ClocksCountTheSecondThatHasBegun) {
  EXPECT_EQ(FormatClock(8.2), "0:09");
  EXPECT_EQ(FormatClock(61), "1:01");
  EXPECT_EQ(FormatClock(3723), "1:02:03");
}

TEST(FormatTest, MetricsHaveFourDigits) {
  EXPECT_EQ(FormatMetric(0.08124), "0.0812");
  EXPECT_EQ(FormatMetric(0), "0.0000");
  EXPECT_EQ(FormatMetric(0.00061), "6.1e-04");
}

TEST(TableTest, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"NAME", "STATE", "AGE"});
  table.AddRow({"gpt-wiki-3fq9c", "RUNNING", "52m"});
  table.AddRow({"mlp", "QUEUED", "-"});

  EXPECT_EQ(table.ToString(),
            "NAME            STATE    AGE\n"
            "gpt-wiki-3fq9c  RUNNING  52m\n"
            "mlp             QUEUED   -\n");
}

TEST(ConsoleTest, ALiveLineIsCutToTheTerminal) {
  EXPECT_EQ(FitLine("[####]  60%", 6), "[####]");
  EXPECT_EQ(FitLine("[####]", 6), "[####]");
}

TEST(JsonLinesTest, AnItemOfAListIsALine) {
  EXPECT_EQ(JsonLines("[{\"b\": 1, \"a\": [2, 3]}, {}]\n"), "{\"b\":1,\"a\":[2,3]}\n{}\n");
  EXPECT_EQ(JsonLines("{\"a\": 1}"), "{\"a\":1}\n");
  EXPECT_EQ(JsonLines("[]"), "");
}

Result<CompiledModel> NotCompiled() {
  return Status(Code::kNotFound, "the data are not on this machine");
}

TEST(DryRunTest, ShowsModelMemoryAndCheckpointsOfWhatWasCompiled) {
  JobView job{.spec_sha256 = "9c1e00112233445566", .state = "STARTING"};
  job.spec.batch = {.global = 256, .micro = 64, .logical_workers = 4, .tail = EpochTail::kKeep};
  job.spec.epochs = 10;
  job.spec.checkpoint.keep_last = 2;
  job.spec.data.validation = DatasetSpec{.path = "v"};
  const CompiledModel model{.parameter_count = 535'818,
                            .train_samples = 60'000,
                            .worker_bytes = 41'000'000,
                            .checkpoint_bytes = 6'400'000};

  const std::string text = DryRunText(job, model);

  EXPECT_TRUE(
      text.starts_with("OK  spec valid (sha256 9c1e00112233…)  model mlp 535,818 "
                       "parameters, 2.1 MB fp32\n"))
      << text;
  EXPECT_NE(text.find("235 steps/epoch, 2,350 steps\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    memory per worker about 41.0 MB; checkpoint about 6.4 MB, at most 3 "
                      "kept\n"),
            std::string::npos)
      << text;
}

TEST(DryRunTest, ShowsWhichMachinesWouldBearTheJobAndWhatItTakesOfThem) {
  JobView job{.state = "STARTING",
              .state_message = "pool local, 4 of 4 cpu slots free",
              .workers = {"node-a/0", "node-a/1", "node-b/2"}};
  job.spec.batch = {.global = 4, .micro = 1, .logical_workers = 4};
  job.spec.steps = 10;
  const CompiledModel model{
      .train_samples = 60, .worker_bytes = 41'000'000, .checkpoint_bytes = 6'400'000};

  const std::string text = DryRunText(job, model);

  EXPECT_NE(text.find("memory per worker about 41.0 MB (node-a 82.0 MB, node-b 41.0 MB); "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("-> would start at once, 2 workers on node-a, 1 on node-b\n"),
            std::string::npos)
      << text;
}

TEST(DryRunTest, SaysThatASuspendedJobWaitsForNothing) {
  JobView job{.state = "SUSPENDED", .state_message = "waits for nothing until it is resumed"};
  job.spec.batch = {.global = 4, .micro = 1, .logical_workers = 4};

  EXPECT_NE(
      DryRunText(job, NotCompiled()).find("placement now: waits for nothing until it is resumed\n"),
      std::string::npos);
}

TEST(DryRunTest, AnExplanationIsReadAsFarAsItIsShown) {
  const auto model = ReadCompiledModel(
      R"({"parameter_count": 7, "train_samples": 8, "memory": {"total": 9, "checkpoint": 10}})");

  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model.value().parameter_count, 7);
  EXPECT_EQ(model.value().checkpoint_bytes, 10);
  EXPECT_EQ(ReadCompiledModel("{}").status().code(), Code::kInternal);
}

TEST(DryRunTest, ShowsTheBatchArithmetic) {
  JobView job{.state = "STARTING", .state_message = "pool local, 4 of 4 cpu slots free"};
  job.spec.batch = {.global = 256, .micro = 32, .logical_workers = 4};
  job.spec.epochs = 10;
  job.spec.data.train.range = IndexRange{0, 55000};
  job.spec.workers = {.min = 1, .max = 4, .threads = 1};

  EXPECT_EQ(DryRunText(job, NotCompiled()),
            "OK  spec valid (sha256 …)  model mlp\n"
            "    global batch 256 = 4 logical workers x 32 x 2 accumulation; 214 steps/epoch, "
            "2,140 steps\n"
            "    workers 1 to 4, with the same result; 1 thread each\n"
            "    memory and data are not checked here: the data are not on this machine\n"
            "    placement now: pool local, 4 of 4 cpu slots free -> would start at once\n");
}

TEST(DryRunTest, ShowsThatAFullBatchIsAStepAnEpoch) {
  JobView job{.state = "QUEUED", .queue_position = 1, .queue_message = "no workers are attached"};
  job.spec.batch = {.global = kAllSamples, .micro = 256, .logical_workers = 4};
  job.spec.epochs = 10;
  job.spec.workers = {.min = 1, .max = 4, .threads = 1};

  EXPECT_EQ(DryRunText(job, NotCompiled()),
            "OK  spec valid (sha256 …)  model mlp\n"
            "    global batch all samples = 4 logical workers x accumulation of 256 each; 10 "
            "steps, one an epoch\n"
            "    workers 1 to 4, with the same result; 1 thread each\n"
            "    memory and data are not checked here: the data are not on this machine\n"
            "    placement now: no workers are attached -> would wait\n");
}

TEST(DryRunTest, SaysWhoIsAhead) {
  JobView job{.state = "QUEUED",
              .queue_position = 3,
              .queue_message = "needs 1 worker, waits for job a to end"};
  job.spec.batch = {.global = 4, .micro = 1, .logical_workers = 4};

  EXPECT_NE(DryRunText(job, NotCompiled())
                .find("placement now: position 3: needs 1 worker, waits for job a to "
                      "end -> would wait\n"),
            std::string::npos);
}

TEST(DryRunTest, SaysWhereTheNumberOfWorkersChangesRounding) {
  JobView job;
  job.spec.batch = {.global = 4, .micro = 1, .logical_workers = 4};
  job.spec.reduction = ReductionKind::kFastest;
  job.spec.workers = {.min = 1, .max = 4, .threads = 1};

  const std::string text = DryRunText(job, NotCompiled());

  EXPECT_NE(text.find("whose number changes rounding (reduction: fastest)"), std::string::npos);
  EXPECT_EQ(text.find("with the same result"), std::string::npos);
}

}  // namespace
}  // namespace descent
