#include "coordinator/incident.h"

#include <grpcpp/test/default_reactor_test_peer.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <future>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "coordinator/answer_on.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"
#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using testing::HasSubstr;
using testing::Not;

// What is logged in its lifetime, while no other thread logs.
class LogCapture {
 public:
  LogCapture() { spdlog::default_logger()->sinks().push_back(sink_); }
  ~LogCapture() { spdlog::default_logger()->sinks().pop_back(); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::sink> sink_ =
      std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
};

// Nothing is told but an id.
void ExpectIncident(const grpc::Status& status) {
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), "INTERNAL");
  EXPECT_EQ(info.metadata().count("incident_id"), 1u);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_THAT(status.error_details(), Not(HasSubstr("secret")));
}

[[noreturn]] void Throw() { throw std::runtime_error("a secret at /var/lib/descent"); }

TEST(IncidentTest, TheLogHasWhatTheCallerIsNotTold) {
  const LogCapture log;

  const grpc::Status status = ToGrpcStatus(Status(Code::kInternal, "no such table: secret"));

  ExpectIncident(status);
  EXPECT_THAT(log.text(), HasSubstr("no such table: secret"));
  EXPECT_THAT(log.text(), HasSubstr(ErrorInfoOf(status).metadata().at("incident_id")));
}

TEST(IncidentTest, AnIncidentThatIsPassedOnKeepsItsId) {
  const RequestError reported = ReportIncident(Status(Code::kInternal, "why"));

  EXPECT_EQ(ErrorInfoOf(ToGrpcStatus(reported)).metadata().at("incident_id"),
            reported.metadata.at("incident_id"));
}

TEST(IncidentTest, AnErrorWithAReasonOfItsOwnIsTold) {
  const grpc::Status status =
      ToGrpcStatus(RequestError{Status(Code::kInternal, "signal 9"), "EXPORT_FAILED", {}, {}});

  EXPECT_EQ(ReasonOf(status), "EXPORT_FAILED");
  EXPECT_EQ(status.error_message(), "signal 9");
}

TEST(IncidentTest, WorkThatThrowsEndsItsCallAlone) {
  grpc::CallbackServerContext context;
  const grpc::testing::DefaultReactorTestPeer call(&context);
  boost::asio::thread_pool threads(1);

  AnswerOn(threads, call.reactor(), [] { Throw(); });

  threads.join();
  ASSERT_TRUE(call.test_status_set());
  ExpectIncident(call.test_status());
}

TEST_F(GrpcServersTest, AQuestionThatThrowsIsRefusedAndTheNextIsAnswered) {
  std::promise<Refusal> refused;

  runtime_->Read([](const State&) { Throw(); },
                 [&](const Refusal& refusal) { refused.set_value(refusal); });

  EXPECT_EQ(refused.get_future().get().status.code(), Code::kInternal);
  EXPECT_TRUE(runtime_->Snapshot().ok());
}

class HttpIncidentTest : public HttpRoutesTest {
 protected:
  HttpResponse Ask(HttpBackend backend) {
    if (!backend.health) backend.health = [] { return RuntimeHealth{}; };
    const HttpRoutes routes(std::move(backend), "192.168.0.7", authenticator_);
    return routes.Handle({"GET", "/v1/jobs/full-1", "localhost:8080"});
  }
};

TEST_F(HttpIncidentTest, ARequestThatThrowsIsAnsweredWithAnId) {
  HttpBackend backend;
  backend.job = [](const std::string&) -> Result<JobInQueue> { Throw(); };

  const HttpResponse response = Ask(std::move(backend));

  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr("incident_id"));
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
}

TEST_F(HttpIncidentTest, ARequestToACoordinatorThatStopsIsToldWhenToComeBack) {
  HttpBackend backend;
  backend.health = [] { return RuntimeHealth{.store = {}, .is_stopping = true}; };

  const HttpResponse response = Ask(std::move(backend));

  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("SERVER_DRAINING"));
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Retry-After", "1")));
}

}  // namespace
}  // namespace descent
