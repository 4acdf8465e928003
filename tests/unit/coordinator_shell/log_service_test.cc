#include <fstream>

#include "common/limits.h"
#include "coordinator/log_segments.h"
#include "proto/log_wire.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

using LineTexts = std::vector<std::string>;

// A job that runs on one worker, and the stream of that worker's log.
class LogServiceTest : public GrpcServersTest {
 protected:
  LogServiceTest() {
    CreateJob("mine");
    assign_ = worker_.TakeJob();
    OpenPush();
  }
  ~LogServiceTest() override { ClosePush(); }

  void OpenPush() {
    push_call_.emplace();
    push_ = workers_->PushLogs((*push_call_)());
  }
  grpc::Status ClosePush() {
    if (!push_) return grpc::Status::OK;
    push_->WritesDone();
    const grpc::Status status = push_->Finish();
    push_.reset();
    return status;
  }
  LogChunk ChunkOf(std::int64_t first_sequence, const LineTexts& texts) const {
    LogChunk chunk{.job = assign_.job,
                   .generation = assign_.generation,
                   .first_sequence = first_sequence,
                   .lines = {}};
    for (const std::string& text : texts) chunk.lines.push_back({.step = 5, .text = text});
    return chunk;
  }
  // True once it is stored.
  bool Push(const v1::LogChunk& chunk) {
    v1::LogAck ack;
    return push_->Write(chunk) && push_->Read(&ack);
  }
  bool Push(std::int64_t first_sequence, const LineTexts& texts) {
    return Push(ToProto(ChunkOf(first_sequence, texts)));
  }

  static v1::StreamJobLogsRequest Request() {
    v1::StreamJobLogsRequest request;
    request.set_name("jobs/mine");
    return request;
  }
  // All that the stream says; `status_` and `token_` say how it ended.
  LineTexts Read(const v1::StreamJobLogsRequest& request) {
    Call call;
    const auto stream = jobs_->StreamJobLogs(call(), request);
    v1::StreamJobLogsResponse response;
    LineTexts texts;
    while (stream->Read(&response)) {
      token_ = response.resume_token();
      for (const v1::LogLine& line : response.lines()) texts.push_back(line.text());
    }
    status_ = stream->Finish();
    return texts;
  }
  void EndJob(const std::string& reason) {
    EXPECT_TRUE(worker_.Say(AssignmentEnded{.job = assign_.job,
                                            .generation = assign_.generation,
                                            .rank = 0,
                                            .outcome = EndOutcome::kFailed,
                                            .step = 5,
                                            .reason = reason,
                                            .message = "it failed",
                                            .phase = "compute"}));
    v1::Job job;
    for (int i = 0; i < 500 && job.state() != v1::JOB_STATE_FAILED; ++i) {
      EXPECT_TRUE(Get("jobs/mine", &job).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_EQ(job.state(), v1::JOB_STATE_FAILED);
  }

  FakeWorker worker_{*workers_};
  Assign assign_;
  std::optional<Call> push_call_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::LogChunk, v1::LogAck>> push_;
  grpc::Status status_;
  std::string token_;
};

TEST_F(LogServiceTest, WhatARankPushesIsWhatAUserReads) {
  ASSERT_TRUE(Push(1, {"one", "two"}));

  EXPECT_EQ(Read(Request()), (LineTexts{"one", "two"}));
  EXPECT_TRUE(status_.ok()) << status_.error_message();
}

TEST_F(LogServiceTest, AReaderChoosesWhatAProcessWrote) {
  LogChunk output = ChunkOf(1, {"aborted"});
  output.lines[0].source = LogSource::kStderr;
  ASSERT_TRUE(Push(1, {"one"}));
  ASSERT_TRUE(Push(ToProto(output)));
  v1::StreamJobLogsRequest request = Request();
  request.add_sources(v1::LOG_SOURCE_STDERR);

  EXPECT_EQ(Read(request), LineTexts{"aborted"});
  request.add_sources(static_cast<v1::LogSource>(17));
  EXPECT_EQ(Read(request), LineTexts{});

  EXPECT_EQ(ReasonOf(status_), "FILTER_INVALID");
}

TEST_F(LogServiceTest, AReaderGoesOnAfterItsToken) {
  ASSERT_TRUE(Push(1, {"one", "two"}));
  Read(Request());
  ASSERT_TRUE(Push(3, {"three"}));
  v1::StreamJobLogsRequest request = Request();
  request.set_resume_token(token_);

  EXPECT_EQ(Read(request), LineTexts{"three"});
}

TEST_F(LogServiceTest, OnlyTheTailIsReadWhereSoAsked) {
  ASSERT_TRUE(Push(1, {"one", "two", "three"}));
  v1::StreamJobLogsRequest request = Request();
  request.set_tail(2);

  EXPECT_EQ(Read(request), (LineTexts{"two", "three"}));
}

TEST_F(LogServiceTest, AFollowerReadsUntilTheJobIsOver) {
  ASSERT_TRUE(Push(1, {"one"}));
  v1::StreamJobLogsRequest request = Request();
  request.set_follow(true);
  LineTexts texts;
  std::thread follower([&] { texts = Read(request); });

  ASSERT_TRUE(Push(2, {"two"}));
  EndJob("DataInvalid");

  follower.join();
  EXPECT_EQ(texts, (LineTexts{"one", "two"}));
  EXPECT_TRUE(status_.ok()) << status_.error_message();
}

TEST_F(LogServiceTest, AFollowerIsToldThatTheCoordinatorStopsSoThatItComesBack) {
  ASSERT_TRUE(Push(1, {"one"}));
  v1::StreamJobLogsRequest request = Request();
  request.set_follow(true);
  Call call;
  const auto stream = jobs_->StreamJobLogs(call(), request);
  v1::StreamJobLogsResponse response;
  ASSERT_TRUE(stream->Read(&response));

  const std::string token = response.resume_token();

  servers_->Shutdown();

  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.lines_size(), 0);
  EXPECT_EQ(response.resume_token(), token);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ReasonOf(stream->Finish()), "SERVER_DRAINING");
}

TEST_F(LogServiceTest, ARankIsToldThatTheCoordinatorStopsSoThatItSendsItsLinesAgain) {
  ASSERT_TRUE(Push(1, {"one"}));

  servers_->Shutdown();

  EXPECT_FALSE(Push(2, {"two"}));
  EXPECT_EQ(ClosePush().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(LogServiceTest, LinesOfAJobThatDoesNotExistAreDropped) {
  LogChunk chunk = ChunkOf(1, {"one"});
  chunk.job = "../nobody";

  EXPECT_TRUE(Push(ToProto(chunk)));

  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "nobody"));
}

TEST_F(LogServiceTest, LinesOfARankThatTheJobDoesNotHaveAreDropped) {
  LogChunk other_rank = ChunkOf(1, {"of rank 1"});
  other_rank.lines.front().rank = 1;
  LogChunk other_generation = ChunkOf(1, {"of an older attempt"});
  --other_generation.generation;

  EXPECT_TRUE(Push(ToProto(other_rank)));
  EXPECT_TRUE(Push(ToProto(other_generation)));

  EXPECT_EQ(Read(Request()), LineTexts{});
}

TEST_F(LogServiceTest, AFilterBeyondAllSizesIsRefused) {
  v1::StreamJobLogsRequest ranks = Request();
  for (int i = 0; i <= limits::kWorldSizeMax; ++i) ranks.add_ranks(i);
  v1::StreamJobLogsRequest contains = Request();
  contains.set_contains(std::string(limits::kLogTextBytesMax + 1, 'a'));

  for (const v1::StreamJobLogsRequest& request : {ranks, contains}) {
    Read(request);
    EXPECT_EQ(ReasonOf(status_), "FILTER_INVALID");
  }
}

TEST_F(LogServiceTest, AChunkThatMakesNoSenseIsRefused) {
  v1::LogChunk chunk = ToProto(ChunkOf(1, {"one"}));
  chunk.mutable_lines(0)->set_rank(-1);

  EXPECT_FALSE(Push(chunk));

  EXPECT_EQ(ClosePush().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(LogServiceTest, ATokenWhoseLinesAreGoneIsExpiredAndNamesTheOldest) {
  ASSERT_TRUE(Push(1, {"one"}));
  const std::filesystem::path log = directory_.path() / "logs" / "mine";
  std::filesystem::rename(LogSegmentPath(log, 1), LogSegmentPath(log, 100));
  v1::StreamJobLogsRequest request = Request();
  v1::Job job;
  ASSERT_TRUE(Get("jobs/mine", &job).ok());
  const std::string uid = job.uid().substr(0, 8);
  request.set_resume_token(uid + ".3");

  EXPECT_EQ(Read(request), LineTexts{});

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(status_), "CURSOR_EXPIRED");
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(grpc::ExtractErrorDetails(status_, &details).ok());
  details.details(0).UnpackTo(&info);
  EXPECT_EQ(info.metadata().at("oldest_token"), uid + ".100");
}

TEST_F(LogServiceTest, ATokenOfAnotherJobOfThatNameIsExpired) {
  ASSERT_TRUE(Push(1, {"one"}));
  for (const char* token : {"00000000.1", "1"}) {
    v1::StreamJobLogsRequest request = Request();
    request.set_resume_token(token);

    EXPECT_EQ(Read(request), LineTexts{}) << token;
    EXPECT_EQ(ReasonOf(status_), "CURSOR_EXPIRED") << token;
  }
}

TEST_F(LogServiceTest, ARequestThatContradictsItselfIsRefused) {
  v1::StreamJobLogsRequest request = Request();
  request.set_tail(1);
  request.set_resume_token("1");
  Read(request);
  EXPECT_EQ(ReasonOf(status_), "FILTER_INVALID");

  request.clear_tail();
  request.set_resume_token("yesterday");
  Read(request);
  EXPECT_EQ(ReasonOf(status_), "PAGE_TOKEN_INVALID");
}

TEST_F(LogServiceTest, TheLogOfAnUnknownJobIsNotFound) {
  v1::StreamJobLogsRequest request;
  request.set_name("jobs/nobody");

  Read(request);

  EXPECT_EQ(ReasonOf(status_), "JOB_NOT_FOUND");
}

TEST_F(LogServiceTest, AFailureHasTheLastLinesOfItsRank) {
  LineTexts texts;
  for (int i = 1; i <= 230; ++i) texts.push_back("line " + std::to_string(i));
  ASSERT_TRUE(Push(1, texts));
  EndJob("DataInvalid");

  v1::Job job;
  ASSERT_TRUE(Get("jobs/mine", &job).ok());

  ASSERT_EQ(job.failure().log_tail_size(), limits::kFailureLogLinesKept);
  EXPECT_EQ(job.failure().log_tail(0).text(), "line 31");
  EXPECT_EQ(job.failure().log_tail(limits::kFailureLogLinesKept - 1).text(), "line 230");
}

TEST_F(LogServiceTest, TheLastLinesOfARankAreThoseThatCameAfterItsFailureToo) {
  ASSERT_TRUE(Push(1, {"one"}));
  EndJob("WorkerLost");
  LogChunk last_words = ChunkOf(1, {"Signal: 11"});
  last_words.lines[0].source = LogSource::kStderr;

  ASSERT_TRUE(Push(ToProto(last_words)));

  v1::Job job;
  ASSERT_TRUE(Get("jobs/mine", &job).ok());
  ASSERT_EQ(job.failure().log_tail_size(), 2);
  EXPECT_EQ(job.failure().log_tail(1).text(), "Signal: 11");
  EXPECT_EQ(job.failure().log_tail(1).source(), v1::LOG_SOURCE_STDERR);
}

TEST_F(LogServiceTest, AttemptsHaveTheLastLinesWhereTheyAreAskedFor) {
  ASSERT_TRUE(Push(1, {"one"}));
  EndJob("DataInvalid");
  v1::ListJobAttemptsRequest request;
  request.set_name("jobs/mine");
  v1::ListJobAttemptsResponse attempts;

  ASSERT_TRUE(jobs_->ListJobAttempts(Call()(), request, &attempts).ok());
  ASSERT_EQ(attempts.attempts_size(), 1);
  EXPECT_EQ(attempts.attempts(0).failure().log_tail_size(), 0);
  request.set_include_log_tails(true);
  ASSERT_TRUE(jobs_->ListJobAttempts(Call()(), request, &attempts).ok());

  ASSERT_EQ(attempts.attempts(0).failure().log_tail_size(), 1);
  EXPECT_EQ(attempts.attempts(0).failure().log_tail(0).text(), "one");
}

TEST_F(LogServiceTest, AChunkOfALogAndOfAnOutputIsRefused) {
  LogChunk mixed = ChunkOf(1, {"logged", "written"});
  mixed.lines[1].source = LogSource::kStdout;

  EXPECT_FALSE(Push(ToProto(mixed)));

  EXPECT_EQ(ClosePush().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(LogServiceTest, ACallThatIsCancelledWhileItsChunkCannotBeStoredEnds) {
  ClosePush();
  std::ofstream(directory_.path() / "logs" / "mine") << "no directory";

  for (int round = 0; round < 200; ++round) {
    OpenPush();
    push_->Write(ToProto(ChunkOf(1, {"one"})));
    (*push_call_)()->TryCancel();
    EXPECT_FALSE(push_->Finish().ok());
    push_.reset();
  }
}

TEST_F(LogServiceTest, ADeletedJobsLogIsGone) {
  ASSERT_TRUE(Push(1, {"one"}));
  EndJob("DataInvalid");
  v1::DeleteJobRequest request;
  request.set_name("jobs/mine");
  v1::DeleteJobResponse response;

  ASSERT_TRUE(jobs_->DeleteJob(Call()(), request, &response).ok());

  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "logs" / "mine"));
}

}  // namespace
}  // namespace descent
