#include "coordinator/http_gateway.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/clock.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

using nlohmann::json;

constexpr char kJobFile[] = R"(name: small
model: {mlp: {hidden_sizes: [8]}}
data: {train: {path: /data/train, format: idx}}
batch: {global: 32}
steps: 100
optimizer: {adamw: {lr: 1e-3}}
)";

class HttpGatewayTest : public GrpcServersTest {
 protected:
  explicit HttpGatewayTest(Admission admission = Admission::kEverybody)
      : GrpcServersTest(admission) {
    gateway_.Connect(servers_->InProcessChannel());
  }

  HttpResponse Make(JobVerb verb, const std::string& job_id, const std::string& body = "",
                    const std::string& authorization = "") {
    return gateway_.Make(
        {.verb = verb, .job_id = job_id, .body = body, .authorization = authorization});
  }
  static json ErrorOf(const HttpResponse& response) { return json::parse(response.body)["error"]; }
  static std::string ReasonOf(const HttpResponse& response) {
    return ErrorOf(response)["details"][0]["reason"];
  }

  HttpGateway gateway_;
};

TEST_F(HttpGatewayTest, AJobFileInJsonBecomesAJob) {
  const json body = {{"jobId", "mine"}, {"priority", 70}, {"jobFile", kJobFile}};

  const HttpResponse response = Make(JobVerb::kCreate, "", body.dump());

  ASSERT_EQ(response.status, 200) << response.body;
  const json job = json::parse(response.body);
  EXPECT_EQ(job["name"], "jobs/mine");
  EXPECT_EQ(job["state"], "JOB_STATE_QUEUED");
  EXPECT_EQ(job["priority"], 70);
}

TEST_F(HttpGatewayTest, AJobIsSuspendedResumedAndCancelled) {
  CreateJob("mine");

  EXPECT_EQ(json::parse(Make(JobVerb::kSuspend, "mine").body)["state"], "JOB_STATE_SUSPENDED");
  EXPECT_EQ(json::parse(Make(JobVerb::kResume, "mine", "{}").body)["state"], "JOB_STATE_QUEUED");
  EXPECT_EQ(json::parse(Make(JobVerb::kCancel, "mine").body)["state"], "JOB_STATE_CANCELLED");
}

TEST_F(HttpGatewayTest, ThePathSaysWhichJobWhateverTheBodySays) {
  CreateJob("mine");
  CreateJob("other");

  Make(JobVerb::kCancel, "mine", R"({"name":"jobs/other"})");

  v1::Job other;
  ASSERT_TRUE(Get("jobs/other", &other).ok());
  EXPECT_EQ(other.state(), v1::JOB_STATE_QUEUED);
}

TEST_F(HttpGatewayTest, AWrongSpecIsToldFieldByField) {
  const HttpResponse response = Make(JobVerb::kCreate, "", R"({"jobFile":"steps: many"})");

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(ReasonOf(response), "SPEC_INVALID");
  EXPECT_FALSE(ErrorOf(response)["details"][1]["fieldViolations"].empty());
}

TEST_F(HttpGatewayTest, ABodyThatIsNotTheRequestIsRefused) {
  for (const char* body : {"{", R"({"jobFiel":"x"})", "name: small"}) {
    const HttpResponse response = Make(JobVerb::kCreate, "", body);

    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(ReasonOf(response), "JSON_INVALID") << body;
  }
}

TEST_F(HttpGatewayTest, AJobThatIsNotThereIsNotFound) {
  const HttpResponse response = Make(JobVerb::kCancel, "nobody");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(ErrorOf(response)["status"], "NOT_FOUND");
  EXPECT_EQ(ReasonOf(response), "JOB_NOT_FOUND");
}

TEST_F(HttpGatewayTest, AStateThatForbidsTheChangeIsSaid) {
  CreateJob("mine");
  Make(JobVerb::kCancel, "mine");

  const HttpResponse response = Make(JobVerb::kCancel, "mine");

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(ReasonOf(response), "JOB_STATE_FORBIDS");
  EXPECT_EQ(ErrorOf(response)["details"][1]["violations"][0]["subject"], "jobs/mine");
}

TEST(HttpGatewayBeforeGrpcTest, ChangesHaveToWaitUntilItIsConnected) {
  EXPECT_EQ(HttpGateway().Make({.verb = JobVerb::kCancel, .job_id = "a"}).status, 503);
}

class HttpGatewayWithTokensTest : public HttpGatewayTest {
 protected:
  HttpGatewayWithTokensTest() : HttpGatewayTest(Admission::kTokens) {}

  std::string TokenOf(const std::string& name, Role role) {
    return "Bearer " + tokens_->Create(name, role, 0, SecondsSinceEpoch()).value().secret;
  }
  HttpResponse CreateAs(const std::string& authorization) {
    const json body = {{"jobId", "mine"}, {"jobFile", kJobFile}};
    return Make(JobVerb::kCreate, "", body.dump(), authorization);
  }
};

TEST_F(HttpGatewayWithTokensTest, AJobBelongsToTheTokensHolder) {
  const HttpResponse response = CreateAs(TokenOf("alice", Role::kUser));

  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(json::parse(response.body)["owner"], "alice");
}

TEST_F(HttpGatewayWithTokensTest, AUserCannotCancelTheJobOfAnother) {
  CreateAs(TokenOf("alice", Role::kUser));

  const HttpResponse response = Make(JobVerb::kCancel, "mine", "", TokenOf("bob", Role::kUser));

  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(ReasonOf(response), "ROLE_REQUIRED");
}

TEST_F(HttpGatewayWithTokensTest, WithoutATokenNothingIsChanged) {
  EXPECT_EQ(CreateAs("").status, 401);
  EXPECT_EQ(CreateAs(TokenOf("vic", Role::kViewer)).status, 403);
}

}  // namespace
}  // namespace descent
