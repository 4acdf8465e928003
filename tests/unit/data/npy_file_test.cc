#include "worker/data/npy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/mutations.h"
#include "tests/unit/data/npy_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<NpyHeader> Parse(const std::string& bytes) {
  return ParseNpyHeader(std::as_bytes(std::span(bytes)));
}

std::string NpyProblemOf(const std::string& bytes) { return Parse(bytes).status().message(); }

TEST(NpyFileTest, AHeaderSaysTypeShapeAndWhereTheValuesAre) {
  const std::string bytes = NpyBytes("<f4", "(2, 3)", std::string(24, '\0'));

  const NpyHeader header = Parse(bytes).value();

  EXPECT_EQ(header.type, ElementType::kFloat32);
  EXPECT_THAT(header.shape, ElementsAre(2, 3));
  EXPECT_EQ(header.values_offset, bytes.size() - 24);
}

TEST(NpyFileTest, KeysMayComeInAnyOrderAndQuotes) {
  const std::string header = "{\"shape\":(4,),\"fortran_order\":False,\"descr\":\"|u1\"}";

  EXPECT_THAT(Parse(NpyBytesOf(header, "abcd")).value().shape, ElementsAre(4));
}

TEST(NpyFileTest, VersionTwoHasALongerLength) {
  const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n";
  std::string bytes("\x93NUMPY\x02\x00", 8);
  bytes += static_cast<char>(header.size());
  bytes += std::string(3, '\0') + header + "x";

  EXPECT_THAT(Parse(bytes).value().shape, ElementsAre(1));
}

class NpyTypeTest : public testing::TestWithParam<std::tuple<const char*, ElementType, int>> {};

TEST_P(NpyTypeTest, IsKnownByItsName) {
  const auto& [descr, type, size] = GetParam();
  const std::string values(static_cast<std::size_t>(size), '\0');

  EXPECT_EQ(Parse(NpyBytes(descr, "(1,)", values)).value().type, type);
}

INSTANTIATE_TEST_SUITE_P(Types, NpyTypeTest,
                         testing::Values(std::tuple("|b1", ElementType::kBool, 1),
                                         std::tuple("|i1", ElementType::kInt8, 1),
                                         std::tuple("|u1", ElementType::kUint8, 1),
                                         std::tuple("<i2", ElementType::kInt16, 2),
                                         std::tuple("<u2", ElementType::kUint16, 2),
                                         std::tuple("<i4", ElementType::kInt32, 4),
                                         std::tuple("<i8", ElementType::kInt64, 8),
                                         std::tuple("<f4", ElementType::kFloat32, 4),
                                         std::tuple("<f8", ElementType::kFloat64, 8)));

TEST(NpyFileTest, ObjectsTextAndBigEndianValuesAreRefused) {
  for (const char* descr : {"|O", "<U8", "|S4", ">f4", "<c8", "<M8[ns]", "<f2"})
    EXPECT_THAT(NpyProblemOf(NpyBytes(descr, "(1,)", "xxxxxxxx")),
                HasSubstr(std::string("values of type \"") + descr + "\", must be one of |b1"));
}

TEST(NpyFileTest, FortranOrderIsRefused) {
  EXPECT_THAT(NpyProblemOf(NpyBytes("|u1", "(1, 2)", "xx", "True")),
              HasSubstr("Fortran order, must be C order"));
}

TEST(NpyFileTest, EmptyArraysAndNumbersAloneAreRefused) {
  EXPECT_THAT(NpyProblemOf(NpyBytes("|u1", "()", "x")),
              HasSubstr("shape (), must be 1 to 8 sizes"));
  EXPECT_THAT(NpyProblemOf(NpyBytes("|u1", "(0,)", "")), HasSubstr("shape (0), must be"));
}

TEST(NpyFileTest, AsManyValuesAsTheShapeWantsMustFollow) {
  EXPECT_THAT(NpyProblemOf(NpyBytes("<f4", "(3,)", std::string(8, 'x'))),
              HasSubstr("8 bytes of values, must be 12 for shape (3) of f4"));
  EXPECT_THAT(NpyProblemOf(NpyBytes("<f4", "(1,)", std::string(8, 'x'))),
              HasSubstr("8 bytes of values, must be 4"));
}

TEST(NpyFileTest, AShapeBeyondAllMemoryIsRefusedByTheSizeOfTheFile) {
  EXPECT_THAT(NpyProblemOf(NpyBytes("<f8", "(4611686018427387904, 4)", "x")),
              HasSubstr("1 bytes of values, must be more than 2^64"));
  EXPECT_THAT(NpyProblemOf(NpyBytes("<f8", "(2305843009213693952,)", "x")),
              HasSubstr("1 bytes of values, must be"));
}

TEST(NpyFileTest, WhatIsNoHeaderIsRefusedWithItsPlace) {
  for (const char* header :
       {"", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1)",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}"})
    EXPECT_THAT(NpyProblemOf(NpyBytesOf(header, "xxxx")),
                HasSubstr("a header that is wrong at byte"))
        << header;
}

TEST(NpyFileTest, AnotherFileIsRefused) {
  EXPECT_THAT(NpyProblemOf("PK\x03\x04"), HasSubstr("not NPY"));
  EXPECT_THAT(NpyProblemOf("\x93NUMPY"), HasSubstr("truncated: 6 bytes"));
  EXPECT_THAT(NpyProblemOf(std::string("\x93NUMPY\x09\x00\x00\x00\x00\x00", 12)),
              HasSubstr("NPY of version 9.0"));
}

TEST(NpyFileTest, AHeaderBeyondTheFileIsRefused) {
  EXPECT_THAT(NpyProblemOf(std::string("\x93NUMPY\x01\x00\xff\xff{}", 12)),
              HasSubstr("a header of 65535 bytes in a file of 12"));
}

TEST(NpyFileTest, AMutatedFileIsReadWithinItsBytesOrRefused) {
  const std::string bytes = NpyBytes("<i2", "(2, 3)", std::string(12, '\1'));
  for (const std::string& mutated : Mutations(bytes, "(){},'0: 19<", 5000)) {
    const Result<NpyHeader> header = Parse(mutated);
    if (!header.ok()) continue;
    const std::size_t size = SizeOf(header.value().type);
    EXPECT_EQ(header.value().values_offset +
                  static_cast<std::size_t>(*ElementCount(header.value().shape)) * size,
              mutated.size());
  }
}

TEST(NpyFileTest, AFileIsMappedAndItsRowsAreRoundedToFloats) {
  const TemporaryDirectory directory;
  WriteBytes(directory.path() / "x.npy",
             NpyBytes("<f8", "(2, 2)", BytesOf<double>({1, 2, 0.1, -4})));

  const Array array = OpenNpyFile(directory.path() / "x.npy").value();
  std::vector<float> row(2);
  array.CopyRow(1, std::span(row));

  EXPECT_THAT(row, ElementsAre(0.1f, -4.0f));
}

TEST(NpyFileTest, AProblemNamesTheFile) {
  const TemporaryDirectory directory;
  WriteBytes(directory.path() / "x.npy", "?");

  EXPECT_THAT(OpenNpyFile(directory.path() / "x.npy").status().message(),
              HasSubstr((directory.path() / "x.npy").string() + ": not NPY"));
  EXPECT_THAT(OpenNpyFile(directory.path() / "y.npy").status().message(), HasSubstr("y.npy"));
}

}  // namespace
}  // namespace descent
