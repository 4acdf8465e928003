#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "worker/graph/sample_source.h"
#include "worker/kernels/cpu/product.h"

// Products of f32 operands, on sizes that every way of computing them takes, with tails.

namespace descent::cpu {
namespace {

// Of the sum of the absolute values of what is added: n additions in f32 are off by up to n 2^-24.
constexpr double kAdditionError = 0x1p-24;

constexpr float kBefore = 0.375f;

struct Sizes {
  const char* name;
  std::int64_t rows, inner, columns;
};

void PrintTo(const Sizes& sizes, std::ostream* out) { *out << sizes.name; }

MatrixStrides StridesOf(std::int64_t rows, std::int64_t columns, bool is_transposed) {
  return is_transposed ? MatrixStrides{1, rows} : MatrixStrides{columns, 1};
}

std::vector<float> Floats(SampleSource& source, std::int64_t rows, std::int64_t columns) {
  const std::vector<double> values = source.Reals({rows, columns}).values;
  return {values.begin(), values.end()};
}

// Sizes, whether a and b are transposed, and whether the product is added to what is there.
using Parameters = std::tuple<Sizes, bool, bool, bool>;

std::string NameOf(const testing::TestParamInfo<Parameters>& info) {
  const auto& [sizes, transposes_a, transposes_b, accumulates] = info.param;
  return std::string(sizes.name) + (transposes_a ? "OfTransposed" : "") +
         (transposes_b ? "ByTransposed" : "") + (accumulates ? "Added" : "");
}

class ProductTest : public testing::TestWithParam<Parameters> {
 protected:
  // A row of c is longer than the product's columns.
  ProductShape shape() const {
    const auto& [sizes, transposes_a, transposes_b, accumulates] = GetParam();
    return {.rows = sizes.rows,
            .inner = sizes.inner,
            .columns = sizes.columns,
            .a = StridesOf(sizes.rows, sizes.inner, transposes_a),
            .b = StridesOf(sizes.inner, sizes.columns, transposes_b),
            .c_stride = sizes.columns + 3,
            .accumulates = accumulates};
  }

  // c, all of which was kBefore, after the product.
  std::vector<float> Multiply(int threads) const {
    ThreadPool pool(threads);
    const ProductShape shape = this->shape();
    std::vector<float> c(static_cast<std::size_t>(shape.rows * shape.c_stride), kBefore);
    Product::Create(shape, pool).value()->Run(a_.data(), b_.data(), c.data());
    return c;
  }

  void ExpectElement(std::int64_t row, std::int64_t column, float found) const {
    const ProductShape shape = this->shape();
    double sum = shape.accumulates ? kBefore : 0, magnitude = std::abs(sum);
    for (std::int64_t k = 0; k < shape.inner; ++k) {
      const auto at = [](MatrixStrides strides, std::int64_t i, std::int64_t j) {
        return static_cast<std::size_t>(i * strides.row + j * strides.column);
      };
      const double product = double{a_[at(shape.a, row, k)]} * b_[at(shape.b, k, column)];
      sum += product;
      magnitude += std::abs(product);
    }
    const double bound = static_cast<double>(shape.inner + 1) * kAdditionError * magnitude;
    ASSERT_NEAR(found, sum, bound) << "row " << row << ", column " << column;
  }

 private:
  SampleSource source_{11};
  const std::vector<float> a_ =
      Floats(source_, std::get<0>(GetParam()).rows, std::get<0>(GetParam()).inner);
  const std::vector<float> b_ =
      Floats(source_, std::get<0>(GetParam()).inner, std::get<0>(GetParam()).columns);
};

TEST_P(ProductTest, IsTheSumAndWritesNothingBesideIt) {
  const std::vector<float> c = Multiply(1);

  for (std::int64_t row = 0; row < shape().rows; ++row) {
    const float* const values = c.data() + row * shape().c_stride;
    for (std::int64_t column = 0; column < shape().columns; ++column)
      ExpectElement(row, column, values[column]);
    for (std::int64_t column = shape().columns; column < shape().c_stride; ++column)
      ASSERT_EQ(values[column], kBefore);
  }
}

TEST_P(ProductTest, HasEqualBitsForAnyNumberOfThreads) {
  const std::vector<float> alone = Multiply(1);

  for (const int threads : {2, 3}) EXPECT_EQ(Multiply(threads), alone);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ProductTest,
                         testing::Combine(testing::Values(Sizes{"OneRow", 1, 37, 131},
                                                          Sizes{"FewRows", 23, 131, 75},
                                                          Sizes{"ShortSums", 141, 19, 77},
                                                          Sizes{"SeveralTiles", 259, 133, 71}),
                                          testing::Bool(), testing::Bool(), testing::Bool()),
                         NameOf);

}  // namespace
}  // namespace descent::cpu
