#include "coordinator/job_view.h"

#include <gtest/gtest.h>

#include "coordinator/sha256.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

TEST(Sha256Test, TheHashIsThatOfTheStandard) {
  // NIST FIPS 180-2, appendix B.1.
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(JobViewTest, EqualSpecsHaveTheSameHash) {
  Job other = MakeJob("b", 2);

  const std::string hash = ToProto(MakeJob("a", 1), std::nullopt).spec_sha256();

  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(ToProto(other, std::nullopt).spec_sha256(), hash);
  other.spec.seed += 1;
  EXPECT_NE(ToProto(other, std::nullopt).spec_sha256(), hash);
}

TEST(JobViewTest, TheBestCheckpointIsTheOneThatWasEvaluatedBest) {
  const v1::Job job = ToProto(MakeFullJob(), std::nullopt);

  EXPECT_EQ(job.latest_checkpoint().step(), 40);
  EXPECT_EQ(job.best_checkpoint().name(), "jobs/full-1/checkpoints/40");
  EXPECT_EQ(job.best_checkpoint().validation_loss(), 0.75);
  EXPECT_EQ(job.best_checkpoint().validation().at("accuracy"), 0.5);
}

TEST(JobViewTest, ProgressTellsTheStepsTheirDurationAndWhatRemains) {
  const v1::Progress progress = ToProto(MakeFullJob(), std::nullopt).progress();

  EXPECT_EQ(progress.step(), 50);
  EXPECT_EQ(progress.last_step(), 80);  // its stop_at_step
  EXPECT_EQ(progress.total_steps(), 100);
  EXPECT_DOUBLE_EQ(progress.fraction(), 50.0 / 80);
  EXPECT_EQ(progress.median_step_time(), 0.25);
  EXPECT_EQ(progress.last_step_time(), 0.5);
  EXPECT_NEAR(progress.estimated_remaining_seconds(), 30 / 10.25, 1e-9);
}

TEST(JobViewTest, AnAttemptTellsWhatItsResultDependsOn) {
  Job job = MakeFullJob();
  job.coordinator_version = "1.2.3";
  job.worker_version = "1.2.4";

  const v1::Provenance provenance = ToProto(job, std::nullopt).provenance();

  EXPECT_EQ(provenance.coordinator_version(), "1.2.3");
  EXPECT_EQ(provenance.worker_version(), "1.2.4");
  EXPECT_EQ(provenance.instruction_set(), "avx2");
  EXPECT_EQ(provenance.dataset_fingerprint(), job.dataset_fingerprint.ToHex());
}

TEST(JobViewTest, AnAttemptNamesTheCheckpointThatItStartedFrom) {
  Job job = MakeFullJob();
  job.attempt.starts_from_own_checkpoint = true;

  const auto forked = std::get<v1::ListJobAttemptsResponse>(ListAttemptsPage({}, job));
  job.forked_from.clear();
  const auto from_scratch = std::get<v1::ListJobAttemptsResponse>(ListAttemptsPage({}, job));

  ASSERT_EQ(forked.attempts_size(), 2);
  EXPECT_EQ(forked.attempts(0).start_checkpoint(), "jobs/old-1/checkpoints/10");
  EXPECT_EQ(forked.attempts(1).start_checkpoint(), "jobs/full-1/checkpoints/40");
  EXPECT_EQ(from_scratch.attempts(0).start_checkpoint(), "");
}

TEST(JobViewTest, BeforeItsFirstAttemptAJobHasNoProvenance) {
  EXPECT_FALSE(ToProto(MakeJob("a", 1), std::nullopt).has_provenance());
}

TEST(JobViewTest, TheConditionsOfAJobAreThere) {
  const v1::Job job = ToProto(MakeFullJob(), std::nullopt);

  ASSERT_EQ(job.conditions_size(), 4);
  EXPECT_EQ(job.conditions(0).type(), "QuotaReserved");
  EXPECT_EQ(job.conditions(0).status(), v1::CONDITION_STATUS_TRUE);
  EXPECT_EQ(job.conditions(3).type(), "CheckpointHealthy");
  EXPECT_EQ(job.conditions(3).status(), v1::CONDITION_STATUS_FALSE);
  EXPECT_EQ(job.conditions(3).reason(), "DiskLow");
  EXPECT_EQ(job.conditions(3).last_transition_time(), 1058.5);
}

TEST(JobViewTest, AModelOfTokensTellsTokensASecond) {
  Job job = MakeFullJob();
  EXPECT_EQ(ToProto(job, std::nullopt).progress().tokens_per_second(), 0);

  job.spec.model.architecture = GptSpec{.context_length = 64};

  EXPECT_EQ(ToProto(job, std::nullopt).progress().tokens_per_second(), job.samples_per_second * 64);
}

TEST(JobViewTest, AFailureComesWithThoseThatFollowedIt) {
  Job job = MakeFullJob();
  job.failure->secondary = {FailureRecord{.reason = "WorkerLost", .rank = 2}};

  const v1::Failure failure = ToProto(job, std::nullopt).failure();

  ASSERT_EQ(failure.secondary_failures_size(), 1);
  EXPECT_EQ(failure.secondary_failures(0).reason(), "WorkerLost");
  EXPECT_EQ(failure.secondary_failures(0).rank(), 2);
}

TEST(JobViewTest, AStartThatNobodyCanTellIsAbsent) {
  const QueuePosition unknown{.position = 1, .reason = {"WaitingForJobs", "waits", {"b"}}};
  QueuePosition known = unknown;
  known.estimated_start_time = 2000;

  const v1::QueueStatus without = ToProto(MakeJob("a", 1), unknown).queue_status();
  const v1::QueueStatus with = ToProto(MakeJob("a", 1), known).queue_status();

  EXPECT_EQ(without.reason(), "WaitingForJobs");
  EXPECT_FALSE(without.has_estimated_start_time());
  EXPECT_EQ(with.estimated_start_time(), 2000);
}

// 600 events of 10 kB each.
Result<std::vector<StoredEvent>> LargeEvents(std::int64_t after, int count_max) {
  std::vector<StoredEvent> events;
  for (std::int64_t i = after + 1; i <= 600 && std::ssize(events) < count_max; ++i)
    events.push_back({.sequence = i, .message = std::string(10'000, 'x')});
  return events;
}

TEST(JobViewTest, APageOfLargeEventsEndsBeforeItIsTooLargeForClients) {
  v1::ListJobEventsRequest request;
  request.set_page_size(1000);

  const auto first = std::get<v1::ListJobEventsResponse>(ListEventsPage(request, LargeEvents));
  request.set_page_token(first.next_page_token());
  const auto second = std::get<v1::ListJobEventsResponse>(ListEventsPage(request, LargeEvents));

  EXPECT_LT(first.ByteSizeLong(), std::size_t{4} << 20);
  EXPECT_TRUE(first.has_more());
  EXPECT_FALSE(second.has_more());
  EXPECT_EQ(first.events_size() + second.events_size(), 600);
  EXPECT_EQ(second.events(0).sequence(), first.events().rbegin()->sequence() + 1);
}

TEST(JobViewTest, APageOfEventsThatCannotBeIsRefusedWithWhatIsWrong) {
  v1::ListJobEventsRequest large;
  large.set_page_size(1001);
  v1::ListJobEventsRequest foreign;
  foreign.set_page_token("x");

  EXPECT_EQ(std::get<RequestError>(ListEventsPage(large, LargeEvents)).reason, "PAGE_SIZE_INVALID");
  EXPECT_EQ(std::get<RequestError>(ListEventsPage(foreign, LargeEvents)).reason,
            "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace descent
