#include "client/config_file.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

ConfigFile Parse(std::string_view text) {
  return ParseConfigFile(text, "/home/me/.config/descent");
}

TEST(ConfigFileTest, NamesOfFilesAreSeenFromItsDirectory) {
  const ConfigFile config =
      Parse("server: host:9090  # ours\ntls_ca: /etc/ca.pem\ntoken_file: alice.token\n");

  EXPECT_THAT(config.problems, IsEmpty());
  EXPECT_THAT(config.values,
              ElementsAre(Pair("server", "host:9090"), Pair("tls_ca", "/etc/ca.pem"),
                          Pair("token_file", "/home/me/.config/descent/alice.token")));
}

TEST(ConfigFileTest, AnEmptyFileSaysNothing) {
  EXPECT_THAT(Parse("").values, IsEmpty());
  EXPECT_THAT(Parse("# nothing yet\n").problems, IsEmpty());
}

TEST(ConfigFileTest, EveryProblemIsToldWithItsLine) {
  const ConfigFile config = Parse("serve: host:9090\nserver: [a, b]\ntls_ca: a\ntls_ca: b\n");

  ASSERT_EQ(config.problems.size(), 3u);
  EXPECT_EQ(config.problems[0].line, 1);
  EXPECT_THAT(config.problems[0].message, HasSubstr("must be one of server, tls_ca"));
  EXPECT_EQ(config.problems[1].line, 2);
  EXPECT_EQ(config.problems[2], (FieldProblem{4, "tls_ca", "given twice"}));
}

TEST(ConfigFileTest, WhatIsNoMappingIsRefused) {
  EXPECT_EQ(Parse("- server\n").problems.size(), 1u);
}

TEST(ConfigFileTest, ItIsWhereTheStandardSays) {
  setenv("XDG_CONFIG_HOME", "/elsewhere", /*overwrite=*/1);
  setenv("HOME", "/home/me", /*overwrite=*/1);
  EXPECT_EQ(ConfigFilePath(), "/elsewhere/descent/config.yaml");

  setenv("XDG_CONFIG_HOME", "relative", /*overwrite=*/1);
  EXPECT_EQ(ConfigFilePath(), "/home/me/.config/descent/config.yaml");
}

}  // namespace
}  // namespace descent
