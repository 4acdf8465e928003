// Metrics on their way from a worker to who asks for them.
#include <filesystem>
#include <thread>

#include "coordinator/metric_store.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

constexpr int kReports = 50;

class ReportedMetricsTest : public GrpcServersTest {
 protected:
  // Has the worker report steps [1, last] of a job, each in a message of its own, and waits until
  // they are acknowledged.
  void Report(FakeWorker& worker, const Assign& assign, std::int64_t last) {
    for (std::int64_t step = 1; step <= last; ++step) {
      ASSERT_TRUE(worker.Say(
          StepReports{assign.job, assign.generation, {{.step = step, .loss = 0.5, .samples = 64}}},
          step));
      while (worker.HearNext<Acknowledge>().sequence < step && !HasFailure()) continue;
    }
  }
  // Not by the coordinator, which would wait for what is not stored yet.
  std::int64_t LastStepStored(const std::string& job_id) const {
    const MetricStore store(directory_.path() / "metrics");
    const auto curves = store.Query({.job_id = job_id, .names = {"train/loss"}});
    return !curves.ok() || curves.value().empty() || curves.value()[0].points.empty()
               ? 0
               : curves.value()[0].points.back().step;
  }
  grpc::Status Query(const v1::QueryMetricsRequest& request, v1::QueryMetricsResponse* response) {
    return metrics_->QueryMetrics(Call()(), request, response);
  }
};

TEST_F(ReportedMetricsTest, AStepIsAcknowledgedOnceItsMetricsAreStored) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  const Assign assign = worker.TakeJob();

  for (std::int64_t step = 1; step <= kReports; ++step) {
    ASSERT_TRUE(
        worker.Say(StepReports{"mine", assign.generation, {{.step = step, .loss = 0.5}}}, step));
    while (worker.HearNext<Acknowledge>().sequence < step && !HasFailure()) continue;
    ASSERT_EQ(LastStepStored("mine"), step);
  }
}

// A report that is repeated brings nothing new, but its worker is going to forget it.
TEST_F(ReportedMetricsTest, AReportThatIsRepeatedIsAcknowledgedNoEarlier) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  const Assign assign = worker.TakeJob();

  for (std::int64_t step = 1; step <= kReports; ++step) {
    const StepReports report{"mine", assign.generation, {{.step = step, .loss = 0.5}}};
    ASSERT_TRUE(worker.Say(report));
    ASSERT_TRUE(worker.Say(report, step));
    while (worker.HearNext<Acknowledge>().sequence < step && !HasFailure()) continue;
    ASSERT_EQ(LastStepStored("mine"), step);
  }
}

TEST_F(ReportedMetricsTest, WhoSeesAJobAtAStepFindsTheMetricsOfThatStep) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  const Assign assign = worker.TakeJob();
  v1::QueryMetricsRequest request;
  request.set_job("jobs/mine");
  request.add_names("train/loss");

  for (std::int64_t step = 1; step <= kReports; ++step) {
    ASSERT_TRUE(worker.Say(StepReports{"mine", assign.generation, {{.step = step, .loss = 0.5}}}));
    v1::Job job;
    ASSERT_TRUE(Get("jobs/mine", &job).ok());
    v1::QueryMetricsResponse response;
    ASSERT_TRUE(Query(request, &response).ok());
    const bool has_points = response.series_size() > 0 && response.series(0).points_size() > 0;
    const std::int64_t found = has_points ? response.series(0).points().rbegin()->step() : 0;
    EXPECT_GE(found, job.progress().step());
  }
}

TEST_F(ReportedMetricsTest, AJobThatIsDeletedTakesItsMetricsAlong) {
  CreateJob("mine");
  v1::Job job;
  {
    FakeWorker worker(*workers_);
    Report(worker, worker.TakeJob(), 20);
    ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  }
  for (int i = 0; i < 500 && job.state() != v1::JOB_STATE_CANCELLED; ++i) {
    ASSERT_TRUE(Get("jobs/mine", &job).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(LastStepStored("mine"), 20);

  v1::DeleteJobRequest request;
  request.set_name("jobs/mine");
  v1::DeleteJobResponse response;
  ASSERT_TRUE(jobs_->DeleteJob(Call()(), request, &response).ok());

  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "metrics" / "mine.db"));
}

// As a coordinator leaves it that is killed between the end of a job and that of its metrics.
TEST_F(ReportedMetricsTest, AJobHasNoneOfTheMetricsThatAnEarlierOneOfItsNameHasLeft) {
  Stop();
  ASSERT_TRUE(MetricStore(directory_.path() / "metrics")
                  .Record({"mine", {{"train/loss", 1, 7.5}}}, WallNow())
                  .ok());

  Start();
  CreateJob("mine");

  EXPECT_EQ(LastStepStored("mine"), 0);
}

TEST_F(ReportedMetricsTest, CurvesOfSeveralJobsComeOverTheSamplesOfEach) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  Report(worker, worker.TakeJob(), 2);
  CreateJob("waiting");
  v1::QueryMetricsRequest request;
  request.add_jobs("jobs/waiting");
  request.add_jobs("jobs/mine");
  request.add_names("train/loss");
  request.set_x_axis(v1::X_AXIS_SAMPLES);
  v1::QueryMetricsResponse response;

  ASSERT_TRUE(Query(request, &response).ok());

  ASSERT_EQ(response.series_size(), 1);
  EXPECT_EQ(response.series(0).job(), "jobs/mine");
  ASSERT_EQ(response.series(0).points_size(), 2);
  EXPECT_EQ(response.series(0).points(1).x(), 128);
}

TEST_F(ReportedMetricsTest, JobsThatCannotBeAnsweredTogetherAreRefused) {
  CreateJob("mine");
  v1::QueryMetricsResponse response;
  v1::QueryMetricsRequest none, both, many, long_curves, unknown_axis;
  both.set_job("jobs/mine");
  both.add_jobs("jobs/mine");
  for (int i = 0; i < 21; ++i) many.add_jobs("jobs/mine");
  for (int i = 0; i < 10; ++i) long_curves.add_jobs("jobs/mine");
  long_curves.set_max_points(1001);
  unknown_axis.set_job("jobs/mine");
  unknown_axis.set_x_axis(static_cast<v1::XAxis>(99));

  EXPECT_EQ(ReasonOf(Query(none, &response)), "JOBS_INVALID");
  EXPECT_EQ(ReasonOf(Query(both, &response)), "JOBS_INVALID");
  EXPECT_EQ(ReasonOf(Query(many, &response)), "JOBS_INVALID");
  EXPECT_EQ(ReasonOf(Query(long_curves, &response)), "MAX_POINTS_INVALID");
  EXPECT_EQ(ReasonOf(Query(unknown_axis, &response)), "X_AXIS_INVALID");
}

}  // namespace
}  // namespace descent
