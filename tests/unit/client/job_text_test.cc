#include "client/render/job_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/render/progress_text.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

JobView RunningJob() {
  JobView job;
  job.id = "mnist-mlp-7k2qd";
  job.priority = 50;
  job.state = "RUNNING";
  job.spec.epochs = 10;
  job.attempt = 1;
  job.workers = {"a/0", "a/1", "a/2", "a/3"};
  job.progress = {.step = 1410,
                  .last_step = 2350,
                  .epoch = 6,
                  .fraction = 0.6,
                  .remaining_seconds = 9,
                  .samples_per_second = 25230,
                  .steps_per_second = 98.3};
  job.latest_metrics["train/loss"] = 0.0812;
  job.create_time = 1000;
  return job;
}

TEST(JobTextTest, TheProgressLineHasBarStepLossPaceAndRemainingTime) {
  EXPECT_EQ(ProgressText(RunningJob(), 100),
            "[##############----------]  60%  step 1410/2350  epoch 7/10  loss 0.0812  "
            "25.2k samples/s  eta 0:09");
}

TEST(JobTextTest, OnANarrowTerminalTheBarGivesWay) {
  EXPECT_EQ(ProgressText(RunningJob(), 80),
            "60%  step 1410/2350  epoch 7/10  loss 0.0812  25.2k samples/s  eta 0:09");
}

TEST(JobTextTest, TheProgressIsNeverRoundedUpToDone) {
  JobView job = RunningJob();
  job.progress.fraction = 0.9999;

  EXPECT_THAT(ProgressText(job, 100), testing::HasSubstr("]  99%"));
}

TEST(JobTextTest, TheStateLineCountsTheWorkers) {
  EXPECT_EQ(StateText(RunningJob()), "mnist-mlp-7k2qd  RUNNING  attempt 1  4 workers");
}

TEST(JobTextTest, TheStateLineOfAQueuedJobSaysWhyItWaits) {
  JobView job;
  job.id = "a";
  job.state = "QUEUED";
  job.queue_position = 2;
  job.queue_message = "needs 8 workers, 4 free";

  EXPECT_EQ(StateText(job), "a  QUEUED  position 2: needs 8 workers, 4 free");
}

TEST(JobTextTest, EveryEvaluationSinceTheLastOneGetsItsLine) {
  const MetricCurves curves = {{"validation/loss", {{214, 0.5}, {428, 0.4312}, {642, 0.4}}},
                               {"validation/accuracy", {{214, 0.8}, {428, 0.8476}, {642, 0.85}}}};

  const EvaluationLines evaluations = EvaluationText(curves, 214);

  EXPECT_THAT(evaluations.lines,
              ElementsAre("step 428  validation:  loss 0.4312  accuracy 0.8476",
                          "step 642  validation:  loss 0.4000  accuracy 0.8500"));
  EXPECT_EQ(evaluations.last_step, 642);
}

TEST(JobTextTest, NoNewEvaluationGetsNoLine) {
  EXPECT_THAT(EvaluationText({{"validation/loss", {{214, 0.5}}}}, 214).lines, IsEmpty());
}

TEST(JobTextTest, TheListHasALineForEachJob) {
  JobView queued;
  queued.id = "ft-tiny-b81mm";
  queued.state = "QUEUED";
  queued.priority = 90;
  queued.queue_position = 1;
  queued.queue_message = "needs 8 workers, 4 free";
  queued.spec.workers.max = 8;
  queued.create_time = 836;

  EXPECT_EQ(
      JobTable({RunningJob(), queued}, 1016),
      "NAME             STATE    PRIO  WORKERS  PROGRESS                     LOSS    ETA  AGE\n"
      "mnist-mlp-7k2qd  RUNNING  50    4        1410/2350  60%               0.0812  9s   16s\n"
      "ft-tiny-b81mm    QUEUED   90    8        #1: needs 8 workers, 4 free  -       -    3m\n");
}

TEST(JobTextTest, TheWideListHasPaceReasonOwnerAndLabelsToo) {
  JobView job = RunningJob();
  job.state_reason = "GangReady";
  job.owner = "alice";
  job.labels = {{"team", "nlp"}};

  EXPECT_EQ(JobTable({job}, 1016, TableWidth::kWide),
            "NAME             STATE    PRIO  WORKERS  PROGRESS        LOSS    ETA  AGE  SAMPLES/S  "
            "ATTEMPT  REASON     OWNER  LABELS\n"
            "mnist-mlp-7k2qd  RUNNING  50    4        1410/2350  60%  0.0812  9s   16s  25.2k      "
            "1        GangReady  alice  team=nlp\n");
}

TEST(JobTextTest, TheDescriptionHasTheLabels) {
  JobView job = RunningJob();
  EXPECT_EQ(JobDescription(job, 1016).find("Labels:"), std::string::npos);

  job.labels = {{"stage", "dev"}, {"team", "nlp"}};

  EXPECT_THAT(JobDescription(job, 1016),
              testing::HasSubstr("Labels:                   stage=dev, team=nlp\n"));
}

TEST(JobTextTest, TheDescriptionHasTheConditionsAndWhyOneDoesNotHold) {
  JobView job = RunningJob();
  job.conditions = {{.type = "GangReady", .status = "TRUE", .reason = "GangReady"},
                    {.type = "CheckpointHealthy",
                     .status = "FALSE",
                     .reason = "DiskLow",
                     .message = "1 save was skipped",
                     .last_transition_time = 1000}};

  EXPECT_THAT(
      JobDescription(job, 1016),
      testing::HasSubstr("Conditions:               GangReady True · CheckpointHealthy False\n"
                         "CheckpointHealthy:        DiskLow for 16s: 1 save was skipped\n"));
}

TEST(JobTextTest, TheHistoryHasALineForEachEvent) {
  const JobEventView started = {.time = 990,
                                .type = "StateChanged",
                                .from_state = "STARTING",
                                .to_state = "RUNNING",
                                .reason = "GangReady",
                                .message = "2 workers run from step 0 to 10",
                                .actor = "coordinator"};
  const JobEventView saved = {.time = 995,
                              .type = "CheckpointWritten",
                              .from_state = "RUNNING",
                              .to_state = "RUNNING",
                              .reason = "CheckpointWritten",
                              .message = "the state after step 5"};

  EXPECT_EQ(
      EventTable({started, saved}, 1000),
      "AGE  EVENT              STATE                ACTOR        REASON             MESSAGE\n"
      "10s  StateChanged       STARTING -> RUNNING  coordinator  GangReady          2 workers run "
      "from step 0 to 10\n"
      "5s   CheckpointWritten  RUNNING              -            CheckpointWritten  the state "
      "after "
      "step 5\n");
}

TEST(JobTextTest, CheckpointsAreListedWithLossSizeAndAge) {
  const CheckpointView good = {.step = 1175,
                               .epoch = 5,
                               .state_digest = "00fe",
                               .bytes = 6'400'000,
                               .create_time = 998,
                               .validation = {{"loss", 0.0977}},
                               .kept_because = {"best", "pinned"}};
  const CheckpointView newest = {.step = 1410,
                                 .epoch = 6,
                                 .state_digest = "00ff",
                                 .bytes = 6'400'000,
                                 .create_time = 1000,
                                 .kept_because = {"latest"}};

  EXPECT_EQ(CheckpointTable({good, newest}, 1002),
            "STEP  EPOCH  VALID/LOSS  SIZE    KEPT BECAUSE  AGE  STATE DIGEST\n"
            "1175  5      0.0977      6.4 MB  best, pinned  4s   00fe\n"
            "1410  6      -           6.4 MB  latest        2s   00ff\n");
}

TEST(JobTextTest, CheckpointsAreListedWithEverythingTheyWereEvaluatedBy) {
  const CheckpointView rated = {.step = 10,
                                .state_digest = "00fe",
                                .bytes = 6'400'000,
                                .create_time = 998,
                                .validation = {{"accuracy", 0.75}, {"loss", 0.0977}}};

  EXPECT_EQ(CheckpointTable({rated}, 1002),
            "STEP  EPOCH  VALID/LOSS  VALID/ACCURACY  SIZE    KEPT BECAUSE  AGE  STATE DIGEST\n"
            "10    0      0.0977      0.7500          6.4 MB  -             4s   00fe\n");
}

TEST(JobTextTest, OneCheckpointIsDescribedWithWhereItsFilesAre) {
  const CheckpointView checkpoint = {.name = "jobs/a/checkpoints/10",
                                     .step = 10,
                                     .directory = "/checkpoints/a/step-10",
                                     .state_digest = "00fe",
                                     .bytes = 6'400'000,
                                     .create_time = 998,
                                     .validation = {{"loss", 0.0977}},
                                     .kept_because = {"latest", "pinned"},
                                     .files = {"manifest.json", "model.json"}};

  EXPECT_EQ(CheckpointDescription(checkpoint, 1002),
            "Name:             jobs/a/checkpoints/10\n"
            "Step:             10\n"
            "Epoch:            0\n"
            "Age:              4s\n"
            "Size:             6.4 MB\n"
            "Kept because:     latest, pinned\n"
            "Valid/loss:       0.0977\n"
            "State digest:     00fe\n"
            "Directory:        /checkpoints/a/step-10\n"
            "Files:            manifest.json, model.json\n");
}

TEST(JobTextTest, AJobThatStoppedEarlySaysWhy) {
  JobView job;
  job.id = "a";
  job.state = "SUCCEEDED";
  job.state_reason = "NoImprovement";
  job.state_message = "stopped after step 30 of 100: 2 evaluations did not improve";

  EXPECT_EQ(StateText(job),
            "a  SUCCEEDED  stopped after step 30 of 100: 2 evaluations did not improve");
}

TEST(JobTextTest, AnAttemptThatEndedNamesRankHostSignalStepAndPhase) {
  const AttemptView lost = {
      .attempt = 1,
      .start_step = 0,
      .start_checkpoint = "jobs/old/checkpoints/7",
      .workers = {"node-a/0", "node-b/1"},
      .end_time = 1000,
      .end_step = 57,
      .end_reason = "WorkerLost",
      .failure =
          FailureView{.rank = 1, .host = "node-b", .step = 57, .phase = "reduce", .signal = 9}};
  const AttemptView running = {.attempt = 2,
                               .start_step = 50,
                               .start_checkpoint = "jobs/mlp/checkpoints/50",
                               .workers = {"node-a/0"}};

  EXPECT_EQ(
      AttemptTable("mlp", {lost, running}, 1041),
      "#  WORKERS  FROM     STEPS  ENDED    REASON      RANK  HOST    PROCESS            AT STEP  "
      "PHASE\n"
      "1  2        old/7    0..57  41s ago  WorkerLost  1     node-b  signal 9 (Killed)  57       "
      "reduce\n"
      "2  1        step-50  50..   -        goes on     -     -       -                  -        "
      "-\n");
}

TEST(JobTextTest, ADescriptionHasTheNewestTenEventsAndSaysHowManyThereAre) {
  std::vector<JobEventView> events(12, {.time = 990, .type = "StateChanged", .to_state = "QUEUED"});
  events[1].reason = "TheSecond";
  events[2].reason = "TheThird";

  const std::string text = NewestEventsText(events, 1000);

  EXPECT_THAT(text, testing::StartsWith("Events, the newest 10 of 12:\nAGE"));
  EXPECT_THAT(text, testing::HasSubstr("TheThird"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("TheSecond")));
  EXPECT_THAT(NewestEventsText({events[0]}, 1000), testing::StartsWith("Events:\nAGE"));
}

TEST(JobTextTest, TheStateLineOfARecoveringJobSaysWhatHappened) {
  JobView job;
  job.id = "a";
  job.state = "RECOVERING";
  job.attempt = 1;
  job.workers = {"h/0"};
  job.queue_position = 1;
  job.failure = FailureView{.reason = "WorkerLost", .message = "rank 0 ended", .rank = 0};

  EXPECT_EQ(StateText(job), "a  RECOVERING  attempt 1  1 worker  WorkerLost: rank 0 ended");
}

TEST(JobTextTest, AFailureNamesRankHostStepAndPhase) {
  JobView job = RunningJob();
  job.failure = FailureView{.reason = "NonFiniteLoss",
                            .message = "loss is nan",
                            .rank = 2,
                            .host = "node-b",
                            .step = 120,
                            .phase = "compute"};

  EXPECT_EQ(FailureText(job),
            "NonFiniteLoss on rank 2 (node-b) at step 120 in compute: loss is nan");
}

TEST(JobTextTest, AMessageThatNamesItsRankIsNotToldTwice) {
  JobView job;
  job.failure = FailureView{
      .reason = "PeerLost", .message = "rank 0 (vm/0) failed at step 7", .rank = 0, .host = "vm"};

  EXPECT_EQ(FailureText(job), "PeerLost: rank 0 (vm/0) failed at step 7");
}

TEST(JobTextTest, TheDescriptionSaysWhereTheNumberOfWorkersChangesRounding) {
  JobView job;
  EXPECT_EQ(JobDescription(job, 0).find("rounding"), std::string::npos);

  job.spec.reduction = ReductionKind::kFastest;

  EXPECT_NE(JobDescription(job, 0).find("fastest: the number of workers changes rounding"),
            std::string::npos);
}

TEST(JobTextTest, TheDescriptionSaysHowLongAStepTakes) {
  JobView job = RunningJob();
  job.progress.median_step_seconds = 0.0125;
  job.progress.last_step_seconds = 0.013;
  job.progress.tokens_per_second = 412000;

  EXPECT_THAT(JobDescription(job, 1000),
              testing::HasSubstr("12.5 ms, the last 13 ms; 412.0k tokens/s\n"));
}

TEST(JobTextTest, TheDescriptionOfAJobThatWaitsSaysWhenItIsExpectedToStart) {
  JobView job;
  EXPECT_THAT(JobDescription(job, 1000), testing::Not(testing::HasSubstr("Expected start")));

  job.estimated_start_time = 1180;

  EXPECT_THAT(JobDescription(job, 1000), testing::HasSubstr("in about 3m\n"));
}

TEST(JobTextTest, TheDescriptionNamesTheRanksThatFailedAfterTheFirst) {
  JobView job;
  job.failure = FailureView{.reason = "WorkerLost",
                            .message = "rank 1 was lost",
                            .rank = 1,
                            .secondary = {{.reason = "PeerLost", .rank = 0, .host = "node-a"},
                                          {.reason = "WorkerLost", .rank = 2, .host = "node-b"}}};

  EXPECT_THAT(JobDescription(job, 0),
              testing::HasSubstr("PeerLost on rank 0 (node-a), WorkerLost on rank 2 (node-b)\n"));
}

TEST(JobTextTest, EachLineOfAFailureOfTheDataIsOneProblem) {
  JobView job;
  job.failure = FailureView{
      .message = "rank 0 (vm/0, pid 7) failed at step 0 in phase prepare: first\nsecond\n",
      .phase = "prepare"};

  EXPECT_THAT(DataProblems(job), ElementsAre("first", "second"));
}

}  // namespace
}  // namespace descent
