#include "worker/predict/npy_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace descent {
namespace {

TEST(NpyWriterTest, TheHeaderIsThatOfNumPy) {
  const std::string header = NpyHeader(3, 2);

  ASSERT_EQ(header.size(), 128u);
  EXPECT_EQ(header.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(header.substr(10, 60), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), } ");
  EXPECT_EQ(header.back(), '\n');
}

TEST(NpyWriterTest, ValuesBeginAtAMultipleOf64Bytes) {
  for (const std::int64_t rows : {1, 1000, 123456789})
    EXPECT_EQ(NpyHeader(rows, 10).size() % 64, 0u) << rows;
}

}  // namespace
}  // namespace descent
