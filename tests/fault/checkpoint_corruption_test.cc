// Every change of a checkpoint's bytes is found by who reads it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include "common/file.h"
#include "tests/fault/saved_state.h"
#include "tests/fault/tier.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/checkpoint/tiny_checkpoint.h"
#include "worker/checkpoint/checkpoint_reader.h"

namespace descent {
namespace {

constexpr std::array kFileNames = {kModelName, kOptimizerName, kModelDescriptionName,
                                   kManifestName};
constexpr std::size_t kStateSize = 5'461;  // three times as many f32 are 64 KiB
constexpr std::size_t kShortStride = 97;
constexpr std::size_t kSectorBytes = 512;

// A file whose bytes are changed where they lie.
class FileInPlace {
 public:
  explicit FileInPlace(const std::filesystem::path& path)
      : file_(open(path.c_str(), O_WRONLY | O_CLOEXEC)) {
    EXPECT_GE(file_, 0);
  }
  ~FileInPlace() { close(file_); }
  FileInPlace(const FileInPlace&) = delete;
  FileInPlace& operator=(const FileInPlace&) = delete;

  void Write(std::size_t position, std::string_view bytes) {
    const ssize_t written = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(position));
    EXPECT_EQ(written, std::ssize(bytes));
  }
  void Cut(std::size_t size) { EXPECT_EQ(ftruncate(file_, static_cast<off_t>(size)), 0); }

 private:
  const int file_;
};

class CheckpointCorruptionTest : public testing::Test {
 protected:
  static constexpr std::int64_t kStep = 10;

  // Checkpoints of different steps have no file in common.
  std::filesystem::path Publish(std::int64_t step) const {
    const SavedState state(kStateSize, static_cast<float>(step));
    CheckpointContents contents = state.ContentsAt(step, 1);
    if (step != kStep) contents.model.vocabulary = Vocabulary::Bytes();
    const Result<PublishedCheckpoint> published =
        PublishCheckpoint(directory_.path(), contents, {});
    EXPECT_TRUE(published.ok()) << published.status();
    return published.value().directory;
  }

  // Who reads all of it is told of damage, and never has values that were not saved.
  void ExpectFound(const std::string& what) {
    Status status = loaded_.LoadFrom(checkpoint_);
    if (status.ok()) status = ReadModelDescription(checkpoint_).status();
    ASSERT_EQ(status.code(), Code::kDataLoss) << what << ": " << status;
    ASSERT_TRUE(loaded_ == nothing_ || loaded_ == saved_) << what;
    ++found_;
  }

  void ExpectIntact() {
    SavedState all(kStateSize, 0);
    const Status status = all.LoadFrom(checkpoint_);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(all == saved_);
    ASSERT_TRUE(ReadModelDescription(checkpoint_).ok());
  }

  std::string BytesOf(std::string_view name) const { return ReadFile(checkpoint_ / name).value(); }

  static std::size_t Stride() { return IsLongTier() ? 1 : kShortStride; }
  static std::size_t First() { return FaultSeed() % Stride(); }

  const TemporaryDirectory directory_{MemoryDirectory()};
  const SavedState nothing_{kStateSize, 0};
  const SavedState saved_{kStateSize, static_cast<float>(kStep)};
  const std::filesystem::path checkpoint_ = Publish(kStep);
  SavedState loaded_{kStateSize, 0};
  std::size_t found_ = 0;
};

TEST_F(CheckpointCorruptionTest, EveryFlippedBitIsFound) {
  std::size_t bits = 0;
  for (const std::string_view name : kFileNames) {
    const std::string bytes = BytesOf(name);
    FileInPlace file(checkpoint_ / name);
    for (std::size_t bit = First(); bit < 8 * bytes.size(); bit += Stride()) {
      const auto flipped = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      file.Write(bit / 8, {&flipped, 1});
      ASSERT_NO_FATAL_FAILURE(ExpectFound(fmt::format("{} bit {}", name, bit)));
      file.Write(bit / 8, {&bytes[bit / 8], 1});
    }
    bits += 8 * bytes.size();
  }

  EXPECT_GE(bits, std::size_t{8} * 65'536);
  ExpectIntact();
  ReportTrials("a flipped bit of a checkpoint", found_);
}

TEST_F(CheckpointCorruptionTest, EveryTruncationIsFound) {
  for (const std::string_view name : kFileNames) {
    const std::string bytes = BytesOf(name);
    FileInPlace file(checkpoint_ / name);
    // From the largest down, so that nothing has to be written back meanwhile.
    for (std::size_t cut = 1 + First(); cut <= bytes.size(); cut += Stride()) {
      file.Cut(bytes.size() - cut);
      ASSERT_NO_FATAL_FAILURE(ExpectFound(fmt::format("{} without {} bytes", name, cut)));
    }
    file.Write(0, bytes);
  }

  ExpectIntact();
  ReportTrials("a truncated file of a checkpoint", found_);
}

TEST_F(CheckpointCorruptionTest, FilesThatAreSwappedAreFound) {
  const std::filesystem::path other = Publish(kStep + 10);
  std::array<std::string, kFileNames.size()> own;
  std::array<std::string, kFileNames.size()> others;
  for (std::size_t i = 0; i < kFileNames.size(); ++i) {
    own[i] = BytesOf(kFileNames[i]);
    others[i] = ReadFile(other / kFileNames[i]).value();
  }

  // Each choice of files of the other checkpoint.
  for (unsigned choice = 1; choice < (1u << kFileNames.size()); ++choice) {
    for (std::size_t i = 0; i < kFileNames.size(); ++i)
      OverwriteFile(checkpoint_ / kFileNames[i], ((choice >> i) & 1) != 0 ? others[i] : own[i]);
    ASSERT_NO_FATAL_FAILURE(ExpectFound(fmt::format("choice {}", choice)));
  }
  // Each order of its own files but the right one.
  std::array<std::size_t, kFileNames.size()> order = {0, 1, 2, 3};
  while (std::ranges::next_permutation(order).found) {
    for (std::size_t i = 0; i < kFileNames.size(); ++i)
      OverwriteFile(checkpoint_ / kFileNames[i], own[order[i]]);
    ASSERT_NO_FATAL_FAILURE(ExpectFound("an order"));
  }

  for (std::size_t i = 0; i < kFileNames.size(); ++i)
    OverwriteFile(checkpoint_ / kFileNames[i], own[i]);
  ExpectIntact();
  ReportTrials("swapped files of a checkpoint", found_);
}

// What disks do: a sector of zeros, of something else, of another place, and bytes that are missing
// or too many.
std::string Damaged(std::string bytes, std::mt19937_64& random) {
  const std::size_t first = random() % bytes.size();
  const std::size_t count = std::min(1 + random() % kSectorBytes, bytes.size() - first);
  switch (random() % 5) {
    case 0:
      return bytes.replace(first, count, std::string(count, '\0'));
    case 1:
      for (std::size_t i = 0; i < count; ++i) bytes[first + i] = static_cast<char>(random());
      return bytes;
    case 2:
      return bytes.replace(first, count, bytes.substr(random() % bytes.size(), count));
    case 3:
      return bytes.erase(first, count);
    default:
      return bytes.insert(first, std::string(count, static_cast<char>(random())));
  }
}

TEST_F(CheckpointCorruptionTest, DamageAtRandomIsFound) {
  const std::size_t wanted = IsLongTier() ? 10'000 : 300;
  std::mt19937_64 random(FaultSeed());
  while (found_ < wanted) {
    const std::string_view name = kFileNames[random() % kFileNames.size()];
    const std::string bytes = BytesOf(name);
    const std::string damaged = Damaged(bytes, random);
    if (damaged == bytes) continue;
    OverwriteFile(checkpoint_ / name, damaged);
    ASSERT_NO_FATAL_FAILURE(ExpectFound(fmt::format("{} in trial {}", name, found_)));
    OverwriteFile(checkpoint_ / name, bytes);
  }

  ExpectIntact();
  ReportTrials("random damage of a checkpoint", found_);
}

}  // namespace
}  // namespace descent
