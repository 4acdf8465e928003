#include "launch/host_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::chrono::seconds kLong{30};

// The agent is a shell in which $1 is the host and $2 the line for the shell there.
HostQuestion ShellAgent(const std::string& script, std::vector<std::string> programs = {}) {
  return {.agent = {"/bin/sh", "-c", script, "agent"}, .programs = std::move(programs)};
}

Status AnswerTo(const HostQuestion& question, std::chrono::milliseconds patience = kLong) {
  const StopSignals signals;
  HostProbe probe(question, "node-b", patience);
  std::optional<Status> answer;
  while (!(answer = probe.Answer())) signals.Wait(std::chrono::milliseconds(1));
  return *answer;
}

TEST(HostProbeTest, AHostAnswersByRunningTheCommand) {
  EXPECT_TRUE(AnswerTo(ShellAgent("echo Welcome to $1; eval \"$2\"")).ok());
}

TEST(HostProbeTest, AHostOnWhichTheProgramsAreMissingIsNotThere) {
  const std::string agent = "eval \"$2\"";

  EXPECT_TRUE(AnswerTo(ShellAgent(agent, {"/bin/sh", "/bin/ls"})).ok());
  EXPECT_EQ(AnswerTo(ShellAgent(agent, {"/bin/sh", "/not mounted/it's"})).message(),
            "it has no /bin/sh or no /not mounted/it's that can be started");
}

TEST(HostProbeTest, AnAgentThatDoesNotEndAfterTheAnswerIsNotWaitedFor) {
  EXPECT_TRUE(AnswerTo(ShellAgent("eval \"$2\"; exec sleep 600")).ok());
}

TEST(HostProbeTest, TheAgentsLastWordsSayWhyAHostDoesNotAnswer) {
  EXPECT_EQ(
      AnswerTo(ShellAgent("echo connecting; echo $1: no route to host >&2; exit 255")).message(),
      "node-b: no route to host");
}

TEST(HostProbeTest, AHostThatSaysNothingIsGivenUp) {
  EXPECT_EQ(AnswerTo(ShellAgent("exec sleep 600"), std::chrono::milliseconds(10)).message(),
            "no answer within 0 s");
}

TEST(HostProbeTest, AnAgentThatIsNotInstalledIsNamed) {
  EXPECT_THAT(AnswerTo({.agent = {"/no/such/agent"}, .programs = {}}).message(),
              HasSubstr("/no/such/agent"));
}

TEST(HostProbeTest, ThisHostNeedsNoAgent) {
  const StopSignals signals;

  const std::vector<Status> answers =
      ProbeHosts(ShellAgent("exit 1"), {"localhost", "192.0.2.7"}, signals);

  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0].ok());
  EXPECT_FALSE(answers[1].ok());
}

TEST(HostWatchTest, AHostIsAskedAgainUntilItAnswers) {
  const StopSignals signals;
  const std::string marker = testing::TempDir() + "host-is-back";
  std::remove(marker.c_str());
  HostWatch watch(ShellAgent("test -e " + marker + " && eval \"$2\""), {"node-b"},
                  std::chrono::seconds(0));
  EXPECT_EQ(watch.FindHostThatAnswers(), std::nullopt);

  std::fclose(std::fopen(marker.c_str(), "w"));
  std::optional<std::string> host;
  while (!(host = watch.FindHostThatAnswers())) signals.Wait(std::chrono::milliseconds(1));

  EXPECT_EQ(host, "node-b");
  std::remove(marker.c_str());
}

TEST(HostWatchTest, AHostThatAnswersEveryOtherTimeIsNotTakenBack) {
  const StopSignals signals;
  const std::string marker = testing::TempDir() + "host-was-there";
  const std::string asked = testing::TempDir() + "host-was-asked";
  for (const std::string& file : {marker, asked}) std::remove(file.c_str());
  HostWatch watch(ShellAgent("echo >> " + asked + "; if test -e " + marker + "; then rm " + marker +
                             "; else touch " + marker + "; eval \"$2\"; fi"),
                  {"node-b"}, std::chrono::seconds(0));

  const auto times_asked = [&] {
    std::ifstream file(asked);
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  };
  while (times_asked() < 5) {
    ASSERT_EQ(watch.FindHostThatAnswers(), std::nullopt);
    signals.Wait(std::chrono::milliseconds(1));
  }
  for (const std::string& file : {marker, asked}) std::remove(file.c_str());
}

TEST(RemoteAgentTest, IsWhatMpirunIsTold) {
  EXPECT_THAT(RemoteAgent({"--bind-to", "none", "--mca", "plm_rsh_agent", "kubectl exec : ssh"}),
              ElementsAre("kubectl", "exec"));
}

TEST(RemoteAgentTest, IsSshThatAsksNobodyOtherwise) {
  ASSERT_EQ(std::getenv("OMPI_MCA_plm_rsh_agent"), nullptr);

  EXPECT_THAT(RemoteAgent({}),
              ElementsAre("ssh", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"));
}

}  // namespace
}  // namespace descent
