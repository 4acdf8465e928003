#include "coordinator/request_error.h"

#include <grpcpp/support/error_details.h>
#include <gtest/gtest.h>

#include "google/rpc/status.pb.h"

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
  const auto received = std::get<RequestError>(ToError(status));
  EXPECT_TRUE(received.metadata.at("job").ends_with("xxx..."));
  ASSERT_EQ(received.violations.size(), 1u);
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

TEST(RequestErrorTest, AnErrorComesBackFromItsStatusAsItWas) {
  const RequestError sent{Status(Code::kInvalidArgument, "1 problem"),
                          "SPEC_INVALID",
                          {{"steps", "0, must be at least 1"}},
                          {{"line", "3"}}};

  const auto received = ToError(ToGrpcStatus(sent));

  const auto* error = std::get_if<RequestError>(&received);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->status.code(), sent.status.code());
  EXPECT_EQ(error->status.message(), sent.status.message());
  EXPECT_EQ(error->reason, sent.reason);
  EXPECT_EQ(error->metadata, sent.metadata);
  ASSERT_EQ(error->violations.size(), 1u);
  EXPECT_EQ(error->violations[0].field, "steps");
  EXPECT_EQ(error->violations[0].message, "0, must be at least 1");
}

TEST(RequestErrorTest, ARefusalComesBackFromItsStatusAsItWas) {
  for (const auto kind :
       {AccessError::Kind::kUnauthenticated, AccessError::Kind::kPermissionDenied}) {
    const auto received = ToError(ToGrpcStatus(AccessError{kind, "WHY", "because", {{"a", "b"}}}));

    const auto* error = std::get_if<AccessError>(&received);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->kind, kind);
    EXPECT_EQ(error->reason, "WHY");
    EXPECT_EQ(error->message, "because");
    EXPECT_EQ(error->metadata.at("a"), "b");
  }
}

TEST(RequestErrorTest, TheDelayTheResourceAndTheHelpComeBackToo) {
  RequestError sent{Status(Code::kResourceExhausted, "later"), "TOO_MANY_STREAMS", {}, {}};
  sent.retry_delay = std::chrono::milliseconds(1250);
  sent.resource = {.type = "Job", .name = "jobs/a"};
  const AccessError refusal{
      AccessError::Kind::kUnauthenticated, "TOKEN_MISSING", "who?", {}, {{"run this", "there"}}};

  const auto received = std::get<RequestError>(ToError(ToGrpcStatus(sent)));
  const auto refused = std::get<AccessError>(ToError(ToGrpcStatus(refusal)));

  EXPECT_EQ(received.retry_delay, sent.retry_delay);
  ASSERT_TRUE(received.resource.has_value());
  EXPECT_EQ(received.resource->name, "jobs/a");
  ASSERT_EQ(refused.help.size(), 1u);
  EXPECT_EQ(refused.help[0].description, "run this");
  EXPECT_EQ(refused.help[0].url, "there");
}

TEST(RequestErrorTest, AnErrorOfGrpcsOwnIsOneToTryAgain) {
  const auto received = ToError(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "too late"));

  const auto& error = std::get<RequestError>(received);
  EXPECT_EQ(error.status.code(), Code::kUnavailable);
  EXPECT_EQ(error.reason, "UNAVAILABLE");
}

}  // namespace
}  // namespace descent
