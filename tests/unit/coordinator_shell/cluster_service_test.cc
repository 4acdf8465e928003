#include <thread>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

class ClusterServiceTest : public GrpcServersTest {
 protected:
  // Once the worker is there.
  v1::Pool ThePool() {
    v1::ListPoolsResponse pools;
    for (int i = 0; i < 500 && pools.pools_size() == 0; ++i) {
      EXPECT_TRUE(cluster_->ListPools(Call()(), {}, &pools).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(pools.pools_size(), 1);
    return pools.pools(0);
  }
  grpc::Status Drain(const std::string& name, v1::Worker* worker) {
    v1::DrainWorkerRequest request;
    request.set_name(name);
    return cluster_->DrainWorker(Call()(), request, worker);
  }
  grpc::Status BackUp(const std::string& name, v1::StateBackup* backup) {
    v1::BackupStateRequest request;
    request.set_name(name);
    return cluster_->BackupState(Call()(), request, backup);
  }
};

TEST_F(ClusterServiceTest, AWorkerIsCordonedByTheNameThatItIsListedBy) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host", .pid = 7}));
  const v1::Worker listed = ThePool().workers(0);
  EXPECT_EQ(listed.name(), "pools/pool/workers/0");
  EXPECT_EQ(listed.state(), v1::WORKER_STATE_READY);

  v1::CordonWorkerRequest request;
  request.set_name(listed.name());
  v1::Worker cordoned;
  ASSERT_TRUE(cluster_->CordonWorker(Call()(), request, &cordoned).ok());
  EXPECT_EQ(cordoned.state(), v1::WORKER_STATE_CORDONED);
  EXPECT_EQ(ThePool().free(), 0);

  v1::UncordonWorkerRequest back;
  back.set_name(listed.name());
  ASSERT_TRUE(cluster_->UncordonWorker(Call()(), back, &cordoned).ok());
  EXPECT_EQ(cordoned.state(), v1::WORKER_STATE_READY);
}

TEST_F(ClusterServiceTest, PoolsAreListedAPageAtATime) {
  FakeWorker one(*workers_), other(*workers_);
  ASSERT_TRUE(one.Say(Register{.pool = "p1", .world_size = 1, .host = "host", .pid = 7}));
  ThePool();
  ASSERT_TRUE(other.Say(Register{.pool = "p2", .world_size = 1, .host = "host", .pid = 8}));
  v1::ListPoolsResponse all;
  for (int i = 0; i < 500 && all.pools_size() < 2; ++i) {
    EXPECT_TRUE(cluster_->ListPools(Call()(), {}, &all).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  v1::ListPoolsRequest request;
  request.set_page_size(1);
  v1::ListPoolsResponse first, second;

  ASSERT_TRUE(cluster_->ListPools(Call()(), request, &first).ok());
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(cluster_->ListPools(Call()(), request, &second).ok());

  ASSERT_EQ(first.pools_size(), 1);
  EXPECT_EQ(first.pools(0).name(), "p1");
  ASSERT_EQ(second.pools_size(), 1);
  EXPECT_EQ(second.pools(0).name(), "p2");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(ClusterServiceTest, WhoCordonsAWorkerIsOnRecord) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host", .pid = 7}));
  v1::CordonWorkerRequest request;
  request.set_name(ThePool().workers(0).name());
  v1::Worker cordoned;
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(cluster_->CordonWorker(Call()(), request, &cordoned).ok());
  v1::ListAuditEventsResponse audit;

  ASSERT_TRUE(cluster_->ListAuditEvents(Call()(), {}, &audit).ok());

  ASSERT_EQ(audit.events_size(), 1);  // the second one changed nothing
  EXPECT_EQ(audit.events(0).actor(), "local");
  EXPECT_EQ(audit.events(0).type(), "WorkerCordoned");
  EXPECT_EQ(audit.events(0).subject(), "pools/pool/workers/0");
}

TEST_F(ClusterServiceTest, AWorkerShowsWhatItUsedBetweenItsLastTwoHeartbeats) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host", .pid = 7}));
  ResourceUse use{.cpu_seconds = 1,
                  .resident_bytes = 4096,
                  .host_cpus = 8,
                  .host_memory_bytes = 1 << 20,
                  .measured_at_seconds = 10};
  ASSERT_TRUE(worker.Say(Heartbeat{.resources = use}));
  use.cpu_seconds += 1.5;
  use.measured_at_seconds += 3;
  ASSERT_TRUE(worker.Say(Heartbeat{.resources = use}));

  v1::Worker shown = ThePool().workers(0);
  for (int i = 0; i < 500 && !shown.has_cpu_utilization(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    shown = ThePool().workers(0);
  }

  EXPECT_DOUBLE_EQ(shown.cpu_utilization(), 0.5);
  EXPECT_EQ(shown.resident_bytes(), 4096);
  EXPECT_EQ(shown.host_memory_bytes(), 1 << 20);
  EXPECT_EQ(shown.slot(), "cpu:0");
  EXPECT_EQ(shown.device(), "cpu");
}

TEST_F(ClusterServiceTest, WorkersAreListedAPageAtATime) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host", .pid = 7}));
  ThePool();
  v1::ListWorkersRequest request;
  request.set_page_size(1);
  v1::ListWorkersResponse page;

  ASSERT_TRUE(cluster_->ListWorkers(Call()(), request, &page).ok());

  ASSERT_EQ(page.workers_size(), 1);
  EXPECT_EQ(page.workers(0).name(), "pools/pool/workers/0");
  EXPECT_EQ(page.next_page_token(), "");
  request.set_page_token("17");
  EXPECT_EQ(cluster_->ListWorkers(Call()(), request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ClusterServiceTest, AWorkerThatIsDrainedIsToldToStop) {
  const std::string job = CreateJob("a").name();
  FakeWorker worker(*workers_);
  worker.TakeJob();

  v1::Worker drained;
  ASSERT_TRUE(Drain("pools/pool/workers/0", &drained).ok());

  EXPECT_EQ(drained.state(), v1::WORKER_STATE_DRAINING);
  EXPECT_EQ(drained.job(), job);
  EXPECT_EQ(worker.Hear<descent::Stop>().mode, StopMode::kGraceful);
  v1::Job moving;
  ASSERT_TRUE(Get(job, &moving).ok());
  EXPECT_EQ(moving.state(), v1::JOB_STATE_SUSPENDING);
  EXPECT_EQ(moving.state_reason(), "Drained");
}

TEST_F(ClusterServiceTest, AWorkerThatIsNotThereIsNotFound) {
  v1::Worker worker;

  const auto error = ErrorInfoOf(Drain("pools/pool/workers/0", &worker));

  EXPECT_EQ(error.reason(), "WORKER_NOT_FOUND");
  EXPECT_EQ(error.metadata().at("worker"), "pools/pool/workers/0");
  EXPECT_EQ(ReasonOf(Drain("host/0", &worker)), "NAME_INVALID");
}

TEST_F(ClusterServiceTest, TheServerSaysWhereItKeepsThings) {
  v1::ServerInfo info;

  ASSERT_TRUE(cluster_->GetServerInfo(Call()(), {}, &info).ok());

  EXPECT_EQ(info.version(), DESCENT_VERSION);
  EXPECT_EQ(info.state_directory(), directory_.path().string());
  EXPECT_FALSE(info.requires_tokens());
  EXPECT_GT(info.start_time(), 0);
}

TEST_F(ClusterServiceTest, ABackupIsMadeInTheStateDirectory) {
  CreateJob("a");
  v1::StateBackup backup;

  const grpc::Status status = BackUp("first", &backup);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(backup.name(), "first");
  EXPECT_EQ(backup.jobs(), 1);
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "backups" / "first" / "state.db"));
  EXPECT_EQ(ReasonOf(BackUp("first", &backup)), "BACKUP_EXISTS");
  EXPECT_EQ(ReasonOf(BackUp("../first", &backup)), "NAME_INVALID");
}

class PlacementTest : public ClusterServiceTest {
 protected:
  v1::CreateJobRequest DryRun(int workers) {
    JobSpec spec = MakeSpec();
    spec.workers = {.min = workers, .max = workers};
    spec.batch.logical_workers = 0;  // the default for that many
    spec.batch.micro = 0;
    v1::CreateJobRequest request;
    *request.mutable_spec() = ToProto(spec);
    request.set_validate_only(true);
    return request;
  }
};

TEST_F(PlacementTest, ADryRunSaysThatTheJobWouldStart) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host"}));
  ThePool();
  v1::Job job;

  ASSERT_TRUE(Create(DryRun(1), &job).ok());

  EXPECT_EQ(job.state(), v1::JOB_STATE_STARTING);
  EXPECT_EQ(job.state_message(), "pool pool, 1 of 1 cpu slots free");
  ASSERT_EQ(job.current_attempt().workers_size(), 1);
  EXPECT_EQ(job.current_attempt().workers(0), "host/0");
}

TEST_F(PlacementTest, ADryRunSaysWhichJobsBlockIt) {
  CreateJob("a");
  FakeWorker worker(*workers_);
  worker.TakeJob();
  v1::Job job;

  ASSERT_TRUE(Create(DryRun(1), &job).ok());

  EXPECT_EQ(job.state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(job.queue_status().position(), 1);
  ASSERT_EQ(job.queue_status().blocking_jobs_size(), 1);
  EXPECT_EQ(job.queue_status().blocking_jobs(0), "jobs/a");
}

TEST_F(PlacementTest, AnInfeasibleJobIsRefusedUnlessItMayWaitForALargerPool) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host"}));
  ThePool();
  v1::CreateJobRequest request = DryRun(2);
  v1::Job job;

  const grpc::Status status = Create(request, &job);
  request.set_allow_infeasible(true);
  const grpc::Status allowed = Create(request, &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "GANG_INFEASIBLE");
  EXPECT_TRUE(allowed.ok());
}

}  // namespace
}  // namespace descent
