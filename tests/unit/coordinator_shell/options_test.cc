#include "coordinator/options.h"

#include <gtest/gtest.h>

#include <vector>

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

TEST(CoordinatorOptionsTest, AFileThatIsMissingIsNamedWithItsFlag) {
  const Status status =
      Parse({"--tls-cert", "/nowhere/a.pem", "--tls-key", "/nowhere/b.pem"}).status();

  EXPECT_EQ(status.message(), "--tls-cert: cannot open /nowhere/a.pem: No such file or directory");
}

}  // namespace
}  // namespace descent
