#include "client/doctor/findings.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/version.h"

namespace descent {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

MpiFacts GoodMpi() {
  return {.program = "/usr/bin/mpirun", .version = "mpirun (Open MPI) 4.1.4", .trouble = ""};
}

DirectoryFacts GoodDirectory() {
  return {.path = "/var/lib/descent", .file_system = "ext4", .free_bytes = 50 * kGiB};
}

MachineFacts GoodMachine() {
  MachineFacts facts;
  facts.mpi = GoodMpi();
  facts.shared_memory = facts.state = GoodDirectory();
  facts.ports = {{.port = 9090, .flag = "--listen"}};
  facts.coordinator = {.address = "127.0.0.1:9090", .version = kVersion};
  facts.processor = {.flags = {"avx2", "fma"}, .cores = 8};
  facts.memory = {.total_bytes = 16 * kGiB, .available_bytes = 8 * kGiB};
  facts.open_files_max = 1024;
  facts.huge_pages = "madvise";
  return facts;
}

TEST(FindingsTest, AGoodMachineHasNothingToFix) {
  for (const Finding& finding : Findings(GoodMachine())) {
    EXPECT_EQ(finding.verdict, Verdict::kOk) << finding.check << ": " << finding.found;
    EXPECT_EQ(finding.fix, "") << finding.check;
  }
}

TEST(FindingsTest, WithoutMpirunOrTwoRanksNoJobRuns) {
  MpiFacts broken = GoodMpi();
  broken.trouble = "exit status 1";

  EXPECT_EQ(FindingOf(MpiFacts{}).verdict, Verdict::kFail);
  EXPECT_THAT(FindingOf(MpiFacts{}).fix, HasSubstr("openmpi-bin"));
  EXPECT_EQ(FindingOf(broken).verdict, Verdict::kFail);
  EXPECT_THAT(FindingOf(broken).found, HasSubstr("exit status 1"));
}

TEST(FindingsTest, AnotherMpiIsNotTested) {
  MpiFacts other = GoodMpi();
  other.version = "HYDRA build details";

  EXPECT_EQ(FindingOf(other).verdict, Verdict::kWarn);
}

TEST(FindingsTest, SharedMemoryMustBeWritableAndHaveRoom) {
  DirectoryFacts closed = GoodDirectory();
  closed.write_trouble = "cannot write in /dev/shm: Permission denied";
  DirectoryFacts small = GoodDirectory();
  small.free_bytes = 32 << 20;
  DirectoryFacts tiny = GoodDirectory();
  tiny.free_bytes = 1 << 20;

  EXPECT_EQ(SharedMemoryFinding(closed).verdict, Verdict::kFail);
  EXPECT_EQ(SharedMemoryFinding(small).verdict, Verdict::kWarn);
  EXPECT_EQ(SharedMemoryFinding(tiny).verdict, Verdict::kFail);
  EXPECT_THAT(SharedMemoryFinding(tiny).fix, HasSubstr("--shm-size"));
}

TEST(FindingsTest, TheStateNeedsALocalFileSystemWithLocks) {
  DirectoryFacts network = GoodDirectory();
  network.file_system = "nfs";
  network.kind = FileSystemKind::kNetwork;
  DirectoryFacts unlocked = GoodDirectory();
  unlocked.lock_trouble = "No locks available";
  DirectoryFacts closed = GoodDirectory();
  closed.write_trouble = "cannot write in /: Permission denied";

  for (const DirectoryFacts& directory : {network, unlocked, closed}) {
    EXPECT_EQ(StateFinding(directory).verdict, Verdict::kFail);
    EXPECT_THAT(StateFinding(directory).fix, HasSubstr("--state-dir"));
  }
  EXPECT_THAT(StateFinding(network).found, HasSubstr("nfs"));
}

TEST(FindingsTest, AStateThatDoesNotLastIsWarnedOf) {
  DirectoryFacts container = GoodDirectory();
  container.kind = FileSystemKind::kContainer;
  DirectoryFacts memory = GoodDirectory();
  memory.kind = FileSystemKind::kMemory;
  DirectoryFacts almost_full = GoodDirectory();
  almost_full.free_bytes = kGiB / 2;

  EXPECT_EQ(StateFinding(container).verdict, Verdict::kWarn);
  EXPECT_EQ(StateFinding(memory).verdict, Verdict::kWarn);
  EXPECT_EQ(StateFinding(almost_full).verdict, Verdict::kWarn);
}

TEST(FindingsTest, APortOfAnotherProgramIsWarnedOf) {
  const PortFacts other{.port = 8080,
                        .flag = "--http",
                        .trouble = "Address already in use",
                        .listener = "nginx (pid 7)"};
  PortFacts ours = other;
  ours.listener = "descent-coordinator (pid 8)";
  PortFacts hidden = other;
  hidden.listener = "";

  EXPECT_EQ(FindingOf(other).verdict, Verdict::kWarn);
  EXPECT_EQ(FindingOf(other).found, "nginx (pid 7) listens");
  EXPECT_THAT(FindingOf(other).fix, HasSubstr("--http"));
  EXPECT_EQ(FindingOf(ours).verdict, Verdict::kOk);
  EXPECT_EQ(FindingOf(hidden).found, "Address already in use");
}

TEST(FindingsTest, ACoordinatorIsMissedOnlyWhereTheUserNamesOne) {
  CoordinatorFacts facts{.address = "a:1", .is_named = false, .version = "", .trouble = "refused"};
  EXPECT_EQ(FindingOf(facts).verdict, Verdict::kOk);

  facts.is_named = true;

  EXPECT_EQ(FindingOf(facts).verdict, Verdict::kFail);
  EXPECT_EQ(FindingOf(facts).found, "refused");
}

TEST(FindingsTest, ACoordinatorOfAnotherVersionIsWarnedOf) {
  const CoordinatorFacts facts{.address = "a:1", .version = "0.0.1"};

  EXPECT_EQ(FindingOf(facts).verdict, Verdict::kWarn);
  EXPECT_THAT(FindingOf(facts).fix, HasSubstr(kVersion));
}

TEST(FindingsTest, TheWidestInstructionsAreNamed) {
  std::set<std::string> flags = {"sse4_2"};
  EXPECT_EQ(InstructionsFinding({.flags = flags}).verdict, Verdict::kWarn);

  flags.insert({"avx2", "fma"});
  EXPECT_EQ(InstructionsFinding({.flags = flags}).found, "avx2");

  flags.insert({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"});
  EXPECT_EQ(InstructionsFinding({.flags = flags}).found, "avx512");

  flags.insert({"avx512_vnni", "avx512_bf16"});
  EXPECT_EQ(InstructionsFinding({.flags = flags}).found, "avx512_bf16");
}

TEST(FindingsTest, FewerCoresThanAreSeenAreWarnedOf) {
  EXPECT_EQ(CoresFinding({.cores = 8, .cores_allowed = 8}).verdict, Verdict::kOk);
  EXPECT_EQ(CoresFinding({.cores = 8, .cores_allowed = 2.5}).verdict, Verdict::kWarn);
  EXPECT_THAT(CoresFinding({.cores = 8, .cores_allowed = 2.5}).fix, HasSubstr("at most 2 threads"));
}

TEST(FindingsTest, MemoryIsWhatIsLeftAndAllowed) {
  const MemoryFacts enough{.total_bytes = 16 * kGiB, .available_bytes = 2 * kGiB};
  MemoryFacts limited = enough;
  limited.limit_bytes = kGiB / 2;
  MemoryFacts unlimited = enough;
  unlimited.limit_bytes = std::int64_t{1} << 60;

  EXPECT_EQ(FindingOf(enough).verdict, Verdict::kOk);
  EXPECT_EQ(FindingOf(limited).verdict, Verdict::kWarn);
  EXPECT_EQ(FindingOf(unlimited).found, FindingOf(enough).found);
  EXPECT_EQ(FindingOf(MemoryFacts{}).verdict, Verdict::kFail);
}

TEST(FindingsTest, FewOpenFilesAreWarnedOf) {
  EXPECT_EQ(OpenFilesFinding(1024).verdict, Verdict::kOk);
  EXPECT_EQ(OpenFilesFinding(256).verdict, Verdict::kWarn);
  EXPECT_EQ(OpenFilesFinding(64).verdict, Verdict::kFail);
}

TEST(FindingsTest, GpusAreNamedAndNotRequired) {
  EXPECT_EQ(FindingOf(GpuFacts{}).verdict, Verdict::kOk);
  EXPECT_EQ(FindingOf(GpuFacts{.models = {"H100", "H100"}}).found, "H100, H100");
  EXPECT_EQ(FindingOf(GpuFacts{.models = {"H100"}, .trouble = "no device"}).verdict,
            Verdict::kWarn);
}

TEST(FindingsTest, HugePagesThatAreOffAreWarnedOf) {
  EXPECT_EQ(HugePagesFinding("never").verdict, Verdict::kWarn);
  EXPECT_EQ(HugePagesFinding("always").verdict, Verdict::kOk);
  EXPECT_EQ(HugePagesFinding("").verdict, Verdict::kOk);
}

TEST(FindingsTest, TheWorstVerdictCounts) {
  MachineFacts facts = GoodMachine();
  EXPECT_EQ(WorstOf(Findings(facts)), Verdict::kOk);

  facts.huge_pages = "never";
  EXPECT_EQ(WorstOf(Findings(facts)), Verdict::kWarn);

  facts.mpi = {};
  EXPECT_EQ(WorstOf(Findings(facts)), Verdict::kFail);
}

TEST(FindingsTest, TheFixStandsBelowWhatNeedsOne) {
  EXPECT_EQ(
      FindingsText({{.check = "a", .verdict = Verdict::kOk, .found = "fine"},
                    {.check = "b", .verdict = Verdict::kFail, .found = "bad", .fix = "mend"}}),
      "CHECK  VERDICT  FOUND\n"
      "a      OK       fine\n"
      "b      FAIL     bad\n"
      "                fix: mend\n");
}

TEST(FindingsTest, TheDocumentHasEachCheckAndTheWorstVerdict) {
  const auto document = nlohmann::json::parse(
      FindingsJson({{.check = "b", .verdict = Verdict::kWarn, .found = "so so", .fix = "mend"}}));

  EXPECT_EQ(document["verdict"], "WARN");
  EXPECT_EQ(document["checks"][0]["check"], "b");
  EXPECT_EQ(document["checks"][0]["fix"], "mend");
}

}  // namespace
}  // namespace descent
