#include "coordinator/http_response.h"

#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace descent {
namespace {

using nlohmann::json;

json ErrorOf(const HttpResponse& response) { return json::parse(response.body)["error"]; }

// Null: it has none of that type.
json DetailOf(const HttpResponse& response, const std::string& type) {
  const json error = ErrorOf(response);
  for (const json& detail : error.at("details"))
    if (detail["@type"] == "type.googleapis.com/google.rpc." + type) return detail;
  return nullptr;
}

std::string HeaderOf(const HttpResponse& response, const std::string& wanted) {
  for (const auto& [name, value] : response.headers)
    if (name == wanted) return value;
  return "";
}

TEST(HttpResponseTest, AnErrorHasTheReasonFirst) {
  const json error = ErrorOf(ErrorResponse(Status(Code::kInvalidArgument, "no"), "FORMAT_INVALID"));

  EXPECT_EQ(error["details"][0],
            json::parse(R"({"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                                                 "reason": "FORMAT_INVALID",
                                                 "domain": "descent.dev"})"));
}

TEST(HttpResponseTest, AJobThatIsMissingIsNamed) {
  const HttpResponse response = JobError(Status(Code::kNotFound, "jobs/a does not exist"), "a");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(DetailOf(response, "ErrorInfo")["metadata"]["job"], "a");
  EXPECT_EQ(DetailOf(response, "ResourceInfo")["resourceType"], "Job");
  EXPECT_EQ(DetailOf(response, "ResourceInfo")["resourceName"], "jobs/a");
}

TEST(HttpResponseTest, AStateThatForbidsIsABadRequestWithItsPrecondition) {
  RequestError error{
      Status(Code::kFailedPrecondition, "job a is QUEUED"), "JOB_STATE_FORBIDS", {}, {}};
  error.resource = {.type = "Job", .name = "jobs/a"};

  const HttpResponse response = ErrorResponse(error);

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(ErrorOf(response)["status"], "FAILED_PRECONDITION");
  const json violation = DetailOf(response, "PreconditionFailure")["violations"][0];
  EXPECT_EQ(violation["type"], "JOB_STATE_FORBIDS");
  EXPECT_EQ(violation["subject"], "jobs/a");
}

TEST(HttpResponseTest, WhatPassesSaysWhenToComeBack) {
  RequestError error{Status(Code::kResourceExhausted, "too fast"), "RATE_LIMITED", {}, {}};
  error.retry_delay = std::chrono::milliseconds(1250);

  const HttpResponse response = ErrorResponse(error);

  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(DetailOf(response, "RetryInfo")["retryDelay"], "1.250s");
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "2");
}

TEST(HttpResponseTest, AQuotaThatIsUsedUpSaysWhose) {
  RequestError error{Status(Code::kResourceExhausted, "5 jobs"), "QUOTA_EXCEEDED", {}, {}};
  error.quota_subject = "user:alice";

  const HttpResponse response = ErrorResponse(error);

  EXPECT_EQ(DetailOf(response, "QuotaFailure")["violations"][0]["subject"], "user:alice");
  EXPECT_EQ(HeaderOf(response, "Retry-After"), "");
}

TEST(HttpResponseTest, EveryCodeHasThatOfItsHttpMapping) {
  const std::pair<Code, int> codes[] = {{Code::kInvalidArgument, 400},    {Code::kNotFound, 404},
                                        {Code::kAlreadyExists, 409},      {Code::kAborted, 409},
                                        {Code::kFailedPrecondition, 400}, {Code::kUnavailable, 503},
                                        {Code::kDataLoss, 500},           {Code::kCancelled, 499}};
  for (const auto& [code, http_code] : codes)
    EXPECT_EQ(ErrorResponse(Status(code, "why")).status, http_code) << http_code;
}

TEST(HttpResponseTest, AnErrorOfGrpcsOwnHasItsCodesNameAsReason) {
  const HttpResponse response =
      ErrorResponse(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "too late"));

  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(DetailOf(response, "ErrorInfo")["reason"], "DEADLINE_EXCEEDED");
}

TEST(HttpResponseTest, AMissingTokenIsAskedFor) {
  const HttpResponse response = ErrorResponse(
      AccessError{AccessError::Kind::kUnauthenticated, "TOKEN_MISSING", "say who you are", {}});

  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(HeaderOf(response, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(DetailOf(response, "ErrorInfo")["reason"], "TOKEN_MISSING");
}

TEST(HttpResponseTest, AMessageIsWholeAlsoWhereGrpcWouldCutIt) {
  const std::string message(5000, 'x');

  EXPECT_EQ(ErrorOf(ErrorResponse(Status(Code::kInvalidArgument, message)))["message"], message);
}

TEST(HttpResponseTest, APathOfAnyBytesHasItsReason) {
  const HttpResponse response = PathNotFound("/\xff");

  EXPECT_EQ(DetailOf(response, "ErrorInfo")["reason"], "PATH_NOT_FOUND");
  EXPECT_EQ(ErrorOf(response)["message"], "there is nothing at /\ufffd");
}

}  // namespace
}  // namespace descent
