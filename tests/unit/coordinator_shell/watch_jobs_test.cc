#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

// A WatchJobs call of several jobs.
class JobsWatched {
 public:
  JobsWatched(v1::JobService::Stub& stub, const v1::WatchJobsRequest& request)
      : stream_(stub.WatchJobs(call_(), request)) {}
  ~JobsWatched() { call_()->TryCancel(); }

  // The next version; empty: the stream has ended.
  v1::Job Next() {
    v1::Job job;
    if (!stream_->Read(&job)) job.Clear();
    return job;
  }
  // "jobs/a QUEUED": the next one in which a job is in another state than before.
  std::string NextText() {
    while (true) {
      const v1::Job job = Next();
      if (!job.resume_token().empty()) token_ = job.resume_token();
      const auto [known, is_new] = states_.try_emplace(job.name(), job.state());
      if (!is_new && known->second == job.state() && !job.name().empty()) continue;
      known->second = job.state();
      return job.name() + " " + v1::JobState_Name(job.state()).substr(sizeof("JOB_STATE_") - 1);
    }
  }
  grpc::Status End() {
    v1::Job job;
    while (stream_->Read(&job)) continue;
    return stream_->Finish();
  }
  const std::string& token() const { return token_; }

 private:
  Call call_;
  std::unique_ptr<grpc::ClientReader<v1::Job>> stream_;
  std::map<std::string, v1::JobState> states_;  // by name, as they were read last
  std::string token_;
};

class WatchJobsTest : public GrpcServersTest {
 protected:
  v1::WatchJobsRequest Names(const std::vector<std::string>& names, const std::string& token = "") {
    v1::WatchJobsRequest request;
    request.mutable_names()->Assign(names.begin(), names.end());
    request.set_resume_token(token);
    return request;
  }
  v1::WatchJobsRequest Filter(const std::string& filter) {
    v1::WatchJobsRequest request;
    request.set_filter(filter);
    return request;
  }
  std::string ReasonAgainst(const v1::WatchJobsRequest& request) {
    return ReasonOf(JobsWatched(*jobs_, request).End());
  }
  void CancelJob(const std::string& name) {
    v1::Job job;
    EXPECT_TRUE(Cancel(name, &job).ok());
  }
  void SuspendAndResume(const std::string& name) {
    v1::SuspendJobRequest suspend;
    suspend.set_name(name);
    v1::ResumeJobRequest resume;
    resume.set_name(name);
    v1::Job job;
    EXPECT_TRUE(jobs_->SuspendJob(Call()(), suspend, &job).ok());
    EXPECT_TRUE(jobs_->ResumeJob(Call()(), resume, &job).ok());
  }
};

TEST_F(WatchJobsTest, NamedJobsAreWatchedUntilAllAreAtTheirEnd) {
  for (const char* id : {"a", "b", "c"}) CreateJob(id);
  JobsWatched watch(*jobs_, Names({"jobs/a", "jobs/c"}));
  EXPECT_EQ(watch.NextText(), "jobs/a QUEUED");
  EXPECT_EQ(watch.NextText(), "jobs/c QUEUED");

  for (const char* name : {"jobs/b", "jobs/c", "jobs/a"}) CancelJob(name);

  EXPECT_EQ(watch.NextText(), "jobs/c CANCELLED");
  EXPECT_EQ(watch.NextText(), "jobs/a CANCELLED");
  EXPECT_TRUE(watch.End().ok());
}

TEST_F(WatchJobsTest, WithoutNamesJobsThatComeLaterAreWatchedToo) {
  CreateJob("a");
  JobsWatched watch(*jobs_, {});
  EXPECT_EQ(watch.NextText(), "jobs/a QUEUED");

  CreateJob("b");

  EXPECT_EQ(watch.NextText(), "jobs/b QUEUED");
}

TEST_F(WatchJobsTest, ATokenMissesNoStateOfAnyOfThem) {
  for (const char* id : {"a", "b"}) CreateJob(id);
  std::string token;
  {
    JobsWatched watch(*jobs_, {});
    EXPECT_EQ(watch.NextText(), "jobs/a QUEUED");
    EXPECT_EQ(watch.token(), "");  // it is not all of the beginning
    EXPECT_EQ(watch.NextText(), "jobs/b QUEUED");
    token = watch.token();
  }
  SuspendAndResume("jobs/b");
  CancelJob("jobs/a");
  CreateJob("c");
  Stop();
  Start();

  v1::WatchJobsRequest request;
  request.set_resume_token(token);
  JobsWatched watch(*jobs_, request);

  for (const char* version :
       {"jobs/b SUSPENDED", "jobs/b QUEUED", "jobs/a CANCELLED", "jobs/c QUEUED"})
    EXPECT_EQ(watch.NextText(), version);
}

TEST_F(WatchJobsTest, AWatchThatIsCutOffGoesOnWithTheTokenOfEachVersion) {
  CreateJob("a");
  std::string token;
  {
    JobsWatched watch(*jobs_, Names({"jobs/a"}));
    watch.NextText();
    token = watch.token();
  }
  SuspendAndResume("jobs/a");
  for (const char* version : {"jobs/a SUSPENDED", "jobs/a QUEUED"}) {
    JobsWatched watch(*jobs_, Names({"jobs/a"}, token));
    EXPECT_EQ(watch.NextText(), version);
    token = watch.token();
  }
}

TEST_F(WatchJobsTest, AFilterLeavesOthersOutAndTellsOfThoseThatLeaveIt) {
  for (const char* id : {"a", "b"}) CreateJob(id);
  JobsWatched watch(*jobs_, Filter("state = QUEUED AND name:a"));
  EXPECT_EQ(watch.NextText(), "jobs/a QUEUED");

  CancelJob("jobs/b");
  CancelJob("jobs/a");
  CreateJob("a-2");

  EXPECT_EQ(watch.NextText(), "jobs/a CANCELLED");
  EXPECT_EQ(watch.NextText(), "jobs/a-2 QUEUED");
}

TEST_F(WatchJobsTest, WhatAJobComesToWithoutAnEventIsSentToo) {
  CreateJob("a");
  FakeWorker worker(*workers_);
  const Assign assign = worker.TakeJob();
  JobsWatched watch(*jobs_, Names({"jobs/a"}));
  EXPECT_EQ(watch.NextText(), "jobs/a RUNNING");

  ASSERT_TRUE(worker.Say(StepReports{"a", assign.generation, {{.step = 1, .loss = 0.5}}}));

  EXPECT_EQ(watch.Next().progress().step(), 1);
}

TEST_F(WatchJobsTest, WhichJobsMustBeSaidInOneWay) {
  CreateJob("a");
  v1::WatchJobsRequest both = Names({"jobs/a"});
  both.set_filter("state = QUEUED");
  EXPECT_EQ(ReasonAgainst(both), "SELECTION_INVALID");
  v1::WatchJobsRequest one_and_others = Names({"jobs/a"});
  one_and_others.set_name("jobs/a");
  EXPECT_EQ(ReasonAgainst(one_and_others), "SELECTION_INVALID");
  EXPECT_EQ(ReasonAgainst(Names({"jobs/a", "jobs/nobody"})), "JOB_NOT_FOUND");
  EXPECT_EQ(ReasonAgainst(Filter("state ~ QUEUED")), "FILTER_INVALID");
}

TEST_F(WatchJobsTest, TheTokensOfOneJobAndOfSeveralAreNotMixedUp) {
  const v1::Job job = CreateJob("a");
  EXPECT_EQ(ReasonAgainst(Names({"jobs/a"}, job.uid() + "@1")), "PAGE_TOKEN_INVALID");
  v1::WatchJobsRequest one;
  one.set_name("jobs/a");
  one.set_resume_token("all@1");
  EXPECT_EQ(ReasonAgainst(one), "PAGE_TOKEN_INVALID");
}

TEST_F(WatchJobsTest, ATokenOfEventsThatWereLostHasExpired) {
  CreateJob("a");

  const grpc::Status status = JobsWatched(*jobs_, Names({"jobs/a"}, "all@1000")).End();

  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("oldest_token"), "all@0");
}

// Streams that have nothing to tell say so at once.
class BookmarkTest : public WatchJobsTest {
 protected:
  BookmarkTest() {
    Stop();
    bookmark_interval_ = std::chrono::milliseconds(0);
    Start();
    CreateJob("a");
  }
  v1::WatchJobsRequest OneJob() {
    v1::WatchJobsRequest request;
    request.set_name("jobs/a");
    request.set_allow_bookmarks(true);
    return request;
  }
};

TEST_F(BookmarkTest, AQuietWatchOfSeveralJobsSendsItsToken) {
  v1::WatchJobsRequest request = Names({"jobs/a"});
  request.set_allow_bookmarks(true);
  JobsWatched watch(*jobs_, request);
  const v1::Job job = watch.Next();

  v1::Job bookmark = watch.Next();

  EXPECT_EQ(bookmark.resume_token(), job.resume_token());
  bookmark.clear_resume_token();
  EXPECT_EQ(bookmark.ByteSizeLong(), 0u) << bookmark.DebugString();
}

TEST_F(BookmarkTest, AQuietWatchOfOneJobSendsItsToken) {
  JobsWatched watch(*jobs_, OneJob());
  const v1::Job job = watch.Next();
  std::atomic<bool> is_read = false;
  std::thread caller([&] {
    while (!is_read) {
      servers_->SendBookmarks();
      std::this_thread::yield();
    }
  });

  v1::Job bookmark = watch.Next();

  is_read = true;
  caller.join();
  EXPECT_EQ(bookmark.resume_token(), job.resume_token());
  bookmark.clear_resume_token();
  EXPECT_EQ(bookmark.ByteSizeLong(), 0u) << bookmark.DebugString();
}

TEST_F(BookmarkTest, WhoDoesNotAllowThemGetsNone) {
  v1::WatchJobsRequest request = OneJob();
  request.set_allow_bookmarks(false);
  JobsWatched watch(*jobs_, request);
  EXPECT_EQ(watch.NextText(), "jobs/a QUEUED");

  servers_->SendBookmarks();
  CancelJob("jobs/a");

  EXPECT_EQ(watch.NextText(), "jobs/a CANCELLED");
}

TEST_F(BookmarkTest, AQuietStreamOfMetricsSendsAnEmptyMessage) {
  Call call;
  v1::StreamMetricsRequest request;
  request.set_job("jobs/a");
  const auto stream = metrics_->StreamMetrics(call(), request);
  v1::StreamMetricsResponse response;

  ASSERT_TRUE(stream->Read(&response));

  EXPECT_TRUE(response.series().empty());
  call()->TryCancel();
}

TEST_F(BookmarkTest, AQuietStreamOfLogsSendsItsToken) {
  Call call;
  v1::StreamJobLogsRequest request;
  request.set_name("jobs/a");
  request.set_follow(true);
  const auto stream = jobs_->StreamJobLogs(call(), request);
  v1::StreamJobLogsResponse response;

  ASSERT_TRUE(stream->Read(&response));

  EXPECT_TRUE(response.lines().empty());
  EXPECT_NE(response.resume_token(), "");
  call()->TryCancel();
}

}  // namespace
}  // namespace descent
