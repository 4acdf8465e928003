#include "common/credential_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/file.h"
#include "common/loopback.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

class CredentialFilesTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const auto path = directory_.path() / name;
    EXPECT_TRUE(WriteNewFile(path, text).ok());
    return path.string();
  }

  const TemporaryDirectory directory_;
};

TEST_F(CredentialFilesTest, NothingIsNeededForNothing) {
  const Result<Credentials> credentials = ReadCredentials({}, "node-a:9090");

  ASSERT_TRUE(credentials.ok());
  EXPECT_EQ(credentials.value().token, "");
}

TEST_F(CredentialFilesTest, ATokenIsReadWithoutItsNewline) {
  const std::string file = Write("token", "dsc_abc\n");

  EXPECT_EQ(ReadCredentials({.token = file}, "127.0.0.1:9090").value().token, "dsc_abc");
}

TEST_F(CredentialFilesTest, ATokenDoesNotTravelOverANetworkInPlainText) {
  const std::string file = Write("token", "dsc_abc\n");

  const Status status = ReadCredentials({.token = file}, "node-a:9090").status();

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "--token-file: the token would travel to node-a:9090 in plain text; give --tls-ca too");
}

TEST_F(CredentialFilesTest, AFileThatHoldsNoTokenIsRefused) {
  const std::string file = Write("token", "hunter2\n");

  EXPECT_EQ(ReadCredentials({.token = file}, "127.0.0.1:9090").status().message(),
            "--token-file: " + file + " holds no token, which begins with dsc_");
}

TEST_F(CredentialFilesTest, ATokenWithBytesThatNoHeaderMayHaveIsRefused) {
  for (const char* text : {"dsc_a\xc3\xa9\n", "dsc_a\tb\n", "dsc_a\x7f\n"}) {
    const std::string file = Write("token", text);

    EXPECT_EQ(ReadCredentials({.token = file}, "127.0.0.1:9090").status().code(),
              Code::kInvalidArgument);
    std::filesystem::remove(file);
  }
}

TEST_F(CredentialFilesTest, AFileThatHoldsNoCertificateIsRefused) {
  const std::string file = Write("ca.pem", "nonsense");

  EXPECT_EQ(ReadCredentials({.ca = file}, "node-a:9090").status().message(),
            "--tls-ca: " + file + " holds no PEM");
}

TEST_F(CredentialFilesTest, ACertificateNeedsItsKey) {
  EXPECT_EQ(
      ReadCredentials({.ca = "ca.pem", .certificate = "worker.pem"}, "a:1").status().message(),
      "--tls-cert and --tls-key go together");
}

TEST_F(CredentialFilesTest, FlagsNameWhatIsGiven) {
  EXPECT_EQ(ArgumentsOf(CredentialFiles{.ca = "ca.pem", .token = "token"}),
            (std::vector<std::string>{"--tls-ca", "ca.pem", "--token-file", "token"}));
}

TEST(LoopbackTest, LoopbackIsWhatNoOtherMachineReaches) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]"})
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "node-a", "128.0.0.1", "localhost.evil"})
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
}

}  // namespace
}  // namespace descent
