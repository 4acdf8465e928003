#include "coordinator/options.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "common/file.h"
#include "common/limits.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

Result<CoordinatorOptions> Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "descent-coordinator");
  return ParseCoordinatorOptions(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CoordinatorOptionsTest, OnLoopbackNothingIsAskedFor) {
  const Result<CoordinatorOptions> options = Parse({});

  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_FALSE(options.value().tls);
  EXPECT_EQ(options.value().admission, Admission::kEverybody);
}

TEST(CoordinatorOptionsTest, EveryOtherAddressOfAnyListenerNeedsTls) {
  for (const char* flag : {"--listen", "--worker-listen", "--http"})
    for (const char* address : {"0.0.0.0:1", "[::]:1", "node-a:1", "10.0.0.1:1"})
      EXPECT_EQ(Parse({flag, address, "--require-tokens"}).status().message(),
                std::string(flag) + ": " + address +
                    " can be reached from other machines, which needs TLS and tokens: give "
                    "--tls-cert and --tls-key, or use 127.0.0.1");
}

TEST(CoordinatorOptionsTest, TokensCanBeAskedForOnLoopbackToo) {
  EXPECT_EQ(Parse({"--require-tokens"}).value().admission, Admission::kTokens);
}

TEST(CoordinatorOptionsTest, OverHttpNothingIsChangedUnlessThatIsAskedFor) {
  EXPECT_FALSE(Parse({}).value().has_http_writes);
  EXPECT_TRUE(Parse({"--http-writes"}).value().has_http_writes);
}

TEST(CoordinatorOptionsTest, JobsGrowAfterAMinuteUnlessThatIsChanged) {
  EXPECT_EQ(Parse({}).value().resize_interval, std::chrono::minutes(1));
  EXPECT_EQ(Parse({"--resize-interval", "0"}).value().resize_interval, std::chrono::seconds(0));
}

TEST(CoordinatorOptionsTest, ACertificateAndItsKeyGoTogether) {
  for (const char* flag : {"--tls-cert", "--tls-key"})
    EXPECT_EQ(Parse({flag, "a.pem"}).status().message(), "--tls-cert and --tls-key go together");
}

TEST(CoordinatorOptionsTest, TheWorkerProgramIsTheOneBesideUnlessAnotherIsNamed) {
  EXPECT_TRUE(Parse({}).value().worker_program.empty());
  EXPECT_EQ(Parse({"--worker-program", "/opt/worker"}).value().worker_program, "/opt/worker");
}

TEST(CoordinatorOptionsTest, TheLimitsOfUsersAreFlags) {
  const UserLimits limits =
      Parse({"--max-streams", "9", "--max-streams-per-user", "8", "--max-live-jobs-per-user", "0",
             "--max-changes-per-second", "7", "--max-changes-at-once", "6"})
          .value()
          .limits;

  EXPECT_EQ(limits.streams_max, 9);
  EXPECT_EQ(limits.streams_of_user_max, 8);
  EXPECT_EQ(limits.live_jobs_max, 0);
  EXPECT_EQ(limits.changes_per_second, 7);
  EXPECT_EQ(limits.changes_burst, 6);
  EXPECT_FALSE(Parse({}).value().limits.live_jobs_max);
}

TEST(CoordinatorOptionsTest, HowLongAJobMayStandStillIsAFlag) {
  EXPECT_EQ(Parse({}).value().stall_timeout, limits::kStallTimeout);
  EXPECT_EQ(Parse({"--stall-timeout", "5"}).value().stall_timeout, std::chrono::seconds(5));
  EXPECT_EQ(Parse({"--stall-timeout", "0"}).value().stall_timeout, std::chrono::seconds(0));
  EXPECT_FALSE(Parse({"--stall-timeout", "-1"}).ok());
}

TEST(CoordinatorOptionsTest, AFileThatIsMissingIsNamedWithItsFlag) {
  const Status status =
      Parse({"--tls-cert", "/nowhere/a.pem", "--tls-key", "/nowhere/b.pem"}).status();

  EXPECT_EQ(status.message(), "--tls-cert: cannot open /nowhere/a.pem: No such file or directory");
}

TEST(CoordinatorOptionsTest, WhatStaysFreeIsAnAmountOfSpace) {
  EXPECT_EQ(Parse({}).value().low_watermark, kLowWatermarkDefault);
  EXPECT_EQ(
      BytesOf(Parse({"--min-free-space", "10GiB"}).value().low_watermark, std::int64_t{1} << 40),
      std::int64_t{10} << 30);
  EXPECT_EQ(Parse({"--min-free-space", "much"}).status().message().substr(0, 55),
            "--min-free-space: \"much\" is no amount of space, must be");
}

TEST(CoordinatorOptionsTest, WebhooksAreToldOfTheEndsOfJobs) {
  const Result<CoordinatorOptions> options =
      Parse({"--webhook", "https://a/x", "--webhook", "http://b"});

  ASSERT_TRUE(options.ok()) << options.status();
  const WebhookOptions& webhooks = options.value().webhooks;
  ASSERT_EQ(webhooks.urls.size(), 2u);
  EXPECT_EQ(webhooks.urls[0].Origin(), "https://a");
  EXPECT_EQ(webhooks.events, (WebhookEvents{"JobCancelled", "JobFailed", "JobSucceeded"}));
  EXPECT_EQ(webhooks.secret, "");
  EXPECT_TRUE(Parse({}).value().webhooks.events.empty());
}

TEST(CoordinatorOptionsTest, WhatWebhooksAreToldOfIsAList) {
  const Result<CoordinatorOptions> options =
      Parse({"--webhook", "http://b", "--webhook-events", "JobFailed,JobStarted"});

  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options.value().webhooks.events, (WebhookEvents{"JobFailed", "JobStarted"}));
  EXPECT_EQ(Parse({"--webhook", "http://b", "--webhook-events", "JobEnded"}).status().message(),
            "--webhook-events: \"JobEnded\" is none of JobCreated, JobStarted, JobRecovering, "
            "JobSuspended, JobSucceeded, JobFailed, JobCancelled");
}

TEST(CoordinatorOptionsTest, AWebhookThatIsWrongIsToldByItsPlace) {
  EXPECT_EQ(Parse({"--webhook", "ftp://a"}).status().message(),
            "--webhook: must begin with https:// or http://");
  EXPECT_EQ(Parse({"--webhook", "http://a", "--webhook", "b"}).status().message(),
            "--webhook number 2: must begin with https:// or http://");
  EXPECT_EQ(Parse({"--webhook", "http://a", "--webhook", "http://a/"}).status().message(),
            "--webhook number 2: is given twice");
}

TEST(CoordinatorOptionsTest, WhatBelongsToWebhooksNeedsOne) {
  for (const char* flag : {"--webhook-events", "--webhook-secret-file", "--webhook-ca"})
    EXPECT_EQ(Parse({flag, "x"}).status().message(), std::string(flag) + " requires --webhook");
}

TEST(CoordinatorOptionsTest, ASecretIsOneLineOfAFile) {
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "secret").string();
  ASSERT_TRUE(WriteNewFile(file, std::string_view("0123456789abcdef\n")).ok());

  const Result<CoordinatorOptions> options =
      Parse({"--webhook", "http://b", "--webhook-secret-file", file.c_str()});

  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options.value().webhooks.secret, "0123456789abcdef");
}

TEST(CoordinatorOptionsTest, ASecretThatIsShortIsRefusedAndNotRepeated) {
  const TemporaryDirectory directory;
  const std::string file = (directory.path() / "secret").string();
  ASSERT_TRUE(WriteNewFile(file, std::string_view("hunter2\n")).ok());

  EXPECT_EQ(
      Parse({"--webhook", "http://b", "--webhook-secret-file", file.c_str()}).status().message(),
      "--webhook-secret-file: " + file +
          " has 7 characters, must have at least 16, on one line and without spaces: "
          "openssl rand -hex 32");
}

TEST(CoordinatorOptionsTest, JobsAreKeptForEverUnlessItSaysForHowLong) {
  EXPECT_EQ(Parse({}).value().keep_jobs_days, 0);
  EXPECT_EQ(Parse({"--keep-jobs", "0.5"}).value().keep_jobs_days, 0.5);
  EXPECT_FALSE(Parse({"--keep-jobs", "-1"}).ok());
}

TEST(CoordinatorOptionsTest, AStartHasTenMinutesAndARunOneUnlessItSaysOtherwise) {
  EXPECT_EQ(Parse({}).value().start_timeout, std::chrono::minutes(10));
  EXPECT_EQ(Parse({}).value().min_runtime, std::chrono::minutes(1));
  EXPECT_EQ(Parse({"--start-timeout", "30"}).value().start_timeout, std::chrono::seconds(30));
  EXPECT_EQ(Parse({"--min-runtime", "0"}).value().min_runtime, std::chrono::seconds(0));
  EXPECT_FALSE(Parse({"--start-timeout", "0"}).ok());
}

}  // namespace
}  // namespace descent
