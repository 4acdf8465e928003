#include "coordinator/request_error.h"

#include <grpcpp/support/error_details.h>
#include <gtest/gtest.h>

#include "google/rpc/status.pb.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(grpc::ExtractErrorDetails(status, &details).ok());
  return details;
}

TEST(RequestErrorTest, OkStaysOk) { EXPECT_TRUE(ToGrpcStatus(Status()).ok()); }

TEST(RequestErrorTest, EveryCodeHasItsNameInTheStandard) {
  EXPECT_EQ(ToGrpcCode(Code::kInvalidArgument), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ToGrpcCode(Code::kNotFound), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ToGrpcCode(Code::kAlreadyExists), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ToGrpcCode(Code::kFailedPrecondition), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ToGrpcCode(Code::kResourceExhausted), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ToGrpcCode(Code::kUnavailable), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ToGrpcCode(Code::kAborted), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ToGrpcCode(Code::kCancelled), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(ToGrpcCode(Code::kDataLoss), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(ToGrpcCode(Code::kInternal), grpc::StatusCode::INTERNAL);
}

TEST(RequestErrorTest, EveryErrorCarriesOneErrorInfo) {
  const grpc::Status status = ToGrpcStatus(RequestError{
      Status(Code::kNotFound, "jobs/a does not exist"), "JOB_NOT_FOUND", {}, {{"job", "a"}}});

  const google::rpc::Status details = DetailsOf(status);
  google::rpc::ErrorInfo error_info;
  ASSERT_EQ(details.details_size(), 1);
  ASSERT_TRUE(details.details(0).UnpackTo(&error_info));
  EXPECT_EQ(details.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(details.message(), "jobs/a does not exist");
  EXPECT_EQ(error_info.reason(), "JOB_NOT_FOUND");
  EXPECT_EQ(error_info.domain(), "descent.dev");
  EXPECT_EQ(error_info.metadata().at("job"), "a");
}

TEST(RequestErrorTest, ViolationsTravelAsABadRequest) {
  const grpc::Status status =
      ToGrpcStatus(RequestError{Status(Code::kInvalidArgument, "2 problems"),
                                "SPEC_INVALID",
                                {{"batch.global", "0, must be at least 1"}, {"steps", "0"}},
                                {}});

  const google::rpc::Status details = DetailsOf(status);
  google::rpc::BadRequest bad_request;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(1).UnpackTo(&bad_request));
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(0).field(), "batch.global");
  EXPECT_EQ(bad_request.field_violations(0).description(), "0, must be at least 1");
}

TEST(RequestErrorTest, OfManyViolationsAsManyTravelAsClientsTake) {
  RequestError error{
      Status(Code::kInvalidArgument, std::string(20'000, 'm')), "SPEC_INVALID", {}, {}};
  for (int i = 0; i < 500; ++i) error.violations.push_back({"field", "0, must be at least 1"});

  const grpc::Status status = ToGrpcStatus(error);

  EXPECT_LT(status.error_message().size() + status.error_details().size(), 6000u);
  const google::rpc::Status details = DetailsOf(status);
  google::rpc::BadRequest bad_request;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(1).UnpackTo(&bad_request));
  EXPECT_GT(bad_request.field_violations_size(), 50);
}

TEST(RequestErrorTest, LongTextsAreShortenedToWhatClientsTake) {
  const std::string name(20'000, 'x');
  RequestError error{Status(Code::kNotFound, name + " does not exist"),
                     "JOB_NOT_FOUND",
                     {{name, name}},
                     {{"job", name}, {"etag", name}}};
  error.resource = {.type = "Job", .name = name};

  const grpc::Status status = ToGrpcStatus(error);

  EXPECT_LT(status.error_message().size() + status.error_details().size(), 6000u);
  EXPECT_TRUE(status.error_message().ends_with("xxx...")) << status.error_message();
  EXPECT_TRUE(DetailOf<google::rpc::ErrorInfo>(status).metadata().at("job").ends_with("xxx..."));
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations_size(), 1);
}

TEST(RequestErrorTest, AShortenedTextIsStillUtf8) {
  std::string umlauts;
  for (int i = 0; i < 2000; ++i) umlauts += "\u00e4";

  const std::string message = ToGrpcStatus(Status(Code::kInvalidArgument, umlauts)).error_message();

  ASSERT_TRUE(message.ends_with("..."));
  EXPECT_EQ(message.size() % 2, 1u);  // whole characters of two bytes, and three dots
  EXPECT_LE(3 * message.size(), 1006u);
}

TEST(RequestErrorTest, AnErrorThatPassesSaysWhenToComeBack) {
  RequestError error{Status(Code::kResourceExhausted, "too fast"), "RATE_LIMITED", {}, {}};
  error.retry_delay = std::chrono::milliseconds(1250);

  const google::rpc::Status details = DetailsOf(ToGrpcStatus(error));

  google::rpc::RetryInfo retry;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(1).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 250'000'000);
}

TEST(RequestErrorTest, WhatPassesByItselfSaysWhenToTryAgain) {
  const google::rpc::Status details =
      DetailsOf(ToGrpcStatus(Status(Code::kUnavailable, "the coordinator is busy")));

  google::rpc::RetryInfo retry;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(1).UnpackTo(&retry));
  EXPECT_GT(retry.retry_delay().seconds(), 0);
}

TEST(RequestErrorTest, AResourceThatIsMissingIsNamed) {
  RequestError error{Status(Code::kNotFound, "jobs/a does not exist"), "JOB_NOT_FOUND", {}, {}};
  error.resource = {.type = "Job", .name = "jobs/a"};

  const google::rpc::Status details = DetailsOf(ToGrpcStatus(error));

  google::rpc::ResourceInfo resource;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(1).UnpackTo(&resource));
  EXPECT_EQ(resource.resource_type(), "Job");
  EXPECT_EQ(resource.resource_name(), "jobs/a");
}

TEST(RequestErrorTest, AForbiddingStateIsAPreconditionFailure) {
  RequestError error{
      Status(Code::kFailedPrecondition, "job a is QUEUED"), "JOB_STATE_FORBIDS", {}, {}};
  error.resource = {.type = "Job", .name = "jobs/a"};

  const google::rpc::Status details = DetailsOf(ToGrpcStatus(error));

  google::rpc::PreconditionFailure failure;
  ASSERT_EQ(details.details_size(), 2);
  ASSERT_TRUE(details.details(1).UnpackTo(&failure));
  ASSERT_EQ(failure.violations_size(), 1);
  EXPECT_EQ(failure.violations(0).type(), "JOB_STATE_FORBIDS");
  EXPECT_EQ(failure.violations(0).subject(), "jobs/a");
}

TEST(RequestErrorTest, ARefusalHasItsKindItsReasonAndWhereToReadOn) {
  const AccessError refusal{AccessError::Kind::kUnauthenticated,
                            "TOKEN_MISSING",
                            "who?",
                            {{"a", "b"}},
                            {{"run this", "there"}}};

  const grpc::Status status = ToGrpcStatus(refusal);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "who?");
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.reason(), "TOKEN_MISSING");
  EXPECT_EQ(info.metadata().at("a"), "b");
  const auto help = DetailOf<google::rpc::Help>(status);
  ASSERT_EQ(help.links_size(), 1);
  EXPECT_EQ(help.links(0).description(), "run this");
  EXPECT_EQ(help.links(0).url(), "there");
}

TEST(RequestErrorTest, WhoHasNotTheRightsIsDeniedThem) {
  const grpc::Status status =
      ToGrpcStatus(AccessError{AccessError::Kind::kPermissionDenied, "ROLE_REQUIRED", "no", {}});

  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace descent
