#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "client/doctor/examine.h"
#include "client/doctor/system_text.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

TEST(SystemTextTest, FlagsAreThoseOfTheFirstProcessor) {
  const std::string cpuinfo =
      "processor\t: 0\nflags\t\t: fpu avx2\n\nprocessor\t: 1\nflags\t\t: x\n";

  EXPECT_THAT(ProcessorFlags(cpuinfo), testing::IsSupersetOf({"fpu", "avx2"}));
  EXPECT_THAT(ProcessorFlags(cpuinfo), testing::Not(testing::Contains("x")));
}

TEST(SystemTextTest, MemoryIsInBytes) {
  const std::string meminfo = "MemTotal:       16 kB\nMemAvailable:   4 kB\n";

  EXPECT_EQ(MemoryBytes(meminfo, "MemAvailable"), 4096);
  EXPECT_EQ(MemoryBytes(meminfo, "Mem"), std::nullopt);
}

TEST(SystemTextTest, TheChoiceIsInBrackets) {
  EXPECT_EQ(Chosen("always [madvise] never\n"), "madvise");
  EXPECT_EQ(Chosen(""), "");
}

TEST(SystemTextTest, LimitsOfControlGroups) {
  EXPECT_EQ(CoresAllowed("150000 100000\n"), 1.5);
  EXPECT_EQ(CoresAllowed("max 100000\n"), std::nullopt);
  EXPECT_EQ(CoresAllowed("-1\n 100000\n"), std::nullopt);
  EXPECT_EQ(BytesAllowed("1048576\n"), 1048576);
  EXPECT_EQ(BytesAllowed("max\n"), std::nullopt);
}

TEST(SystemTextTest, ControlGroupsAreListedFromTheInnermost) {
  EXPECT_THAT(ControlGroups("4:memory:/x\n0::/a/b\n"), testing::ElementsAre("/a/b", "/a", "/"));
  EXPECT_THAT(ControlGroups("0::/\n"), testing::ElementsAre("/"));
  EXPECT_THAT(ControlGroups("4:memory:/x\n"), testing::IsEmpty());
}

TEST(SystemTextTest, ASocketThatListensIsFoundByItsPort) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:2382 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 "
      "11 1\n"
      "   1: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "12 1\n";

  EXPECT_EQ(ListeningInode(table, 9090), 12u);
  EXPECT_EQ(ListeningInode(table, 9091), std::nullopt);
}

TEST(ExamineTest, ADirectoryThatIsNotThereIsJudgedByTheOneAboveIt) {
  const fs::path above = fs::path(testing::TempDir()) / "doctor";
  fs::create_directory(above);

  const DirectoryFacts facts = ExamineDirectory((above / "not/yet").string());

  EXPECT_EQ(facts.path, above.string());
  EXPECT_EQ(facts.write_trouble, "");
  EXPECT_EQ(facts.lock_trouble, "");
  EXPECT_GT(facts.free_bytes, 0);
  EXPECT_TRUE(fs::is_empty(above));
  fs::remove(above);
}

TEST(ExamineTest, ADirectoryThatCannotBeWrittenIsFound) {
  EXPECT_THAT(ExamineDirectory("/proc/descent").write_trouble,
              testing::HasSubstr("cannot write in /proc"));
}

TEST(ExamineTest, WhoListensAtAPortIsFound) {
  const int file = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(file, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(file, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ASSERT_EQ(listen(file, 1), 0);
  const int port = ntohs(address.sin_port);

  const PortFacts taken = ExaminePort(port, "--listen");
  close(file);
  const PortFacts free = ExaminePort(port, "--listen");

  EXPECT_THAT(taken.listener, testing::HasSubstr("(pid " + std::to_string(getpid()) + ")"));
  EXPECT_NE(taken.trouble, "");
  EXPECT_EQ(free.trouble, "");
}

}  // namespace
}  // namespace descent
