#include "launch/mpi_leftovers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace descent {
namespace {

namespace fs = std::filesystem;

using namespace std::string_literals;

TEST(MpiLeftoversTest, TheEnvironmentOfARankTellsWhereTheyAre) {
  const MpiLeftovers found = LeftoversOf(
      "HOME=/root\0PMIX_NAMESPACE=2134573057\0"
      "OMPI_MCA_orte_jobfam_session_dir=/tmp/ompi.vm.0/pid.5061\0"s);

  EXPECT_EQ(found.job_id, "7f3b0001");
  EXPECT_EQ(found.session_directory, "/tmp/ompi.vm.0/pid.5061");
}

TEST(MpiLeftoversTest, OutsideOfMpirunThereAreNone) {
  const MpiLeftovers found = LeftoversOf("HOME=/root\0PMIX_NAMESPACE_OTHER=1\0"s);

  EXPECT_EQ(found.job_id, "");
  EXPECT_EQ(found.session_directory, "");
}

TEST(MpiLeftoversTest, TheSessionOfAnMpirunIsFoundByItsProcess) {
  const fs::path root = fs::path(testing::TempDir()) / ("session-" + std::to_string(getpid()));
  fs::create_directories(root / "ompi.vm.0/pid.7");
  setenv("TMPDIR", root.c_str(), /*replace=*/1);

  EXPECT_EQ(FindSessionDirectory(7), root / "ompi.vm.0/pid.7");
  EXPECT_EQ(FindSessionDirectory(8), "");

  unsetenv("TMPDIR");
  fs::remove_all(root);
}

TEST(MpiLeftoversTest, SegmentsOfTheJobGoAndOthersStay) {
  const std::string unique = std::to_string(getpid());
  const fs::path mine = "/dev/shm/vader_segment.test.0.feed" + unique + ".0";
  const fs::path other = "/dev/shm/vader_segment.test.0.beef" + unique + ".0";
  std::ofstream(mine) << "x";
  std::ofstream(other) << "x";

  RemoveSharedSegments("feed" + unique);

  EXPECT_FALSE(fs::exists(mine));
  EXPECT_TRUE(fs::exists(other));
  fs::remove(other);
}

TEST(MpiLeftoversTest, OnlyWhatLooksLikeASessionDirectoryIsRemoved) {
  const fs::path root = fs::path(testing::TempDir()) / ("leftovers-" + std::to_string(getpid()));
  fs::create_directories(root / "ompi.vm.0/pid.1/0");
  fs::create_directories(root / "home/pid.1");

  RemoveSessionDirectory(root / "ompi.vm.0/pid.1");
  RemoveSessionDirectory(root / "home/pid.1");

  EXPECT_FALSE(fs::exists(root / "ompi.vm.0"));
  EXPECT_TRUE(fs::exists(root / "home/pid.1"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace descent
