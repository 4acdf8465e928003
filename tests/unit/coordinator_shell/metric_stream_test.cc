#include <thread>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

void ReportSteps(FakeWorker& worker, const Assign& assign, std::vector<std::int64_t> steps) {
  StepReports reports{.job = assign.job, .generation = assign.generation, .steps = {}};
  for (const std::int64_t step : steps) reports.steps.push_back({.step = step, .loss = 1});
  EXPECT_TRUE(worker.Say(reports));
}

TEST_F(GrpcServersTest, AStreamOfMetricsIsNotThatOfTheNextJobWithTheName) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  const Assign first = worker.TakeJob();
  ReportSteps(worker, first, {1});
  v1::StreamMetricsRequest follow;
  follow.set_job("jobs/mine");
  Call call;
  const auto stream = metrics_->StreamMetrics(call(), follow);
  v1::StreamMetricsResponse news;
  ASSERT_TRUE(stream->Read(&news));

  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  ASSERT_TRUE(worker.Say(AssignmentEnded{.job = first.job,
                                         .generation = first.generation,
                                         .outcome = EndOutcome::kStopped,
                                         .step = 1}));
  for (int i = 0; i < 500 && job.state() != v1::JOB_STATE_CANCELLED; ++i) {
    ASSERT_TRUE(Get("jobs/mine", &job).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  v1::DeleteJobRequest request;
  request.set_name("jobs/mine");
  v1::DeleteJobResponse response;
  ASSERT_TRUE(jobs_->DeleteJob(Call()(), request, &response).ok());
  CreateJob("mine");
  worker.Hear<descent::Stop>();
  const Assign second = worker.Hear<Assign>();
  ASSERT_TRUE(worker.Say(Prepared{.job = second.job,
                                  .generation = second.generation,
                                  .train_samples = 6400,
                                  .parameter_count = 10,
                                  .instruction_set = "avx2"}));
  ReportSteps(worker, second, {1, 2, 3});

  // It may have seen the first job's end before that was deleted.
  EXPECT_FALSE(stream->Read(&news)) << news.ShortDebugString();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok() || ReasonOf(status) == "JOB_NOT_FOUND") << status.error_message();
}

}  // namespace
}  // namespace descent
