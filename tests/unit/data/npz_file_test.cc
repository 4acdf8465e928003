#include "worker/data/npz_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/mutations.h"
#include "tests/unit/data/npy_writer.h"
#include "tests/unit/data/npz_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NpzFileTest : public testing::TestWithParam<NpzMethod> {
 protected:
  std::filesystem::path Path() const { return directory_.path() / "d.npz"; }

  static std::vector<float> FirstRow(const Array& array) {
    std::vector<float> row(static_cast<std::size_t>(array.row_size()));
    array.CopyRow(0, std::span(row));
    return row;
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_P(NpzFileTest, ArraysAreReadByTheirNames) {
  WriteNpz(Path(),
           {{"x", NpyBytes("<f4", "(1, 2)", BytesOf<float>({1.5f, -2}))},
            {"y", NpyBytes("|u1", "(1,)", "\x07")}},
           GetParam());

  const NpzFile file = NpzFile::Open(Path()).value();

  EXPECT_THAT(file.Names(), ElementsAre("x", "y"));
  EXPECT_THAT(FirstRow(file.Read("x").value()), ElementsAre(1.5f, -2.0f));
  EXPECT_THAT(FirstRow(file.Read("y").value()), ElementsAre(7.0f));
}

INSTANTIATE_TEST_SUITE_P(Methods, NpzFileTest,
                         testing::Values(NpzMethod::kStored, NpzMethod::kDeflated));

TEST_F(NpzFileTest, AnArrayThatIsNotThereListsThoseThatAre) {
  WriteNpz(Path(), {{"x", NpyBytes("|u1", "(1,)", "x")}, {"y", ""}}, NpzMethod::kStored);

  EXPECT_THAT(NpzFile::Open(Path()).value().Read("z").status().message(),
              HasSubstr("d.npz: no array \"z\", must be one of: x, y"));
}

TEST_F(NpzFileTest, AnEntryThatIsNoArrayNamesFileAndArray) {
  WriteNpz(Path(), {{"x", "pickled"}}, NpzMethod::kDeflated);

  EXPECT_THAT(NpzFile::Open(Path()).value().Read("x").status().message(),
              HasSubstr("d.npz: array x: not NPY"));
}

TEST_F(NpzFileTest, AnotherFileIsRefused) {
  WriteBytes(Path(), "no archive");

  EXPECT_THAT(NpzFile::Open(Path()).status().message(),
              HasSubstr("d.npz: cannot be read as NPZ: "));
}

TEST_F(NpzFileTest, AFileThatIsMissingIsRefused) {
  EXPECT_EQ(NpzFile::Open(Path()).status().code(), Code::kInvalidArgument);
}

// A flipped byte of the values is found by the archive's checksum.
TEST_F(NpzFileTest, DamagedValuesAreRefused) {
  WriteNpz(Path(), {{"x", NpyBytes("|u1", "(64,)", std::string(64, 'v'))}}, NpzMethod::kStored);
  std::ifstream stream(Path(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  bytes[bytes.find("vvvv")] = 'w';
  WriteBytes(Path(), bytes);

  EXPECT_THAT(NpzFile::Open(Path()).value().Read("x").status().message(), HasSubstr("damaged"));
}

TEST_F(NpzFileTest, AMutatedArchiveIsReadOrRefused) {
  WriteNpz(Path(), {{"x", NpyBytes("|u1", "(8,)", "abcdefgh")}}, NpzMethod::kDeflated);
  std::ifstream stream(Path(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  for (const std::string& mutated : Mutations(bytes, std::string_view("PK\0\xff\x08", 5), 1000)) {
    WriteBytes(Path(), mutated);
    const Result<NpzFile> file = NpzFile::Open(Path());
    if (!file.ok()) continue;
    const Result<Array> array = file.value().Read("x");
    if (array.ok()) {
      EXPECT_EQ(array.value().bytes().size(), 8u);
    }
  }
}

TEST_F(NpzFileTest, NamesThatATerminalWouldObeyAreShownHarmless) {
  WriteNpz(Path(), {{"\x1b[31mred", "no array"}}, NpzMethod::kStored);
  const NpzFile file = NpzFile::Open(Path()).value();

  EXPECT_THAT(file.Read("z").status().message(), HasSubstr("must be one of: ?[31mred"));
  EXPECT_THAT(file.Read("\x1b[31mred").status().message(), HasSubstr("array ?[31mred: not NPY"));
}

}  // namespace
}  // namespace descent
