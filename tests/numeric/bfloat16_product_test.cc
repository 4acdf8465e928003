#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "worker/graph/sample_source.h"
#include "worker/kernels/bfloat16.h"
#include "worker/kernels/cpu/product.h"
#include "worker/kernels/instruction_set.h"

// Products of bf16 operands on instructions made for them, on sizes of several tiles with tails.

namespace descent::cpu {
namespace {

// Both bounds are of the sum of the absolute values of what is added. A sum in f32 of n products is
// off by up to n 2^-24 of it, and one rounded to bf16 by 2^-8 of itself more.
constexpr double kAdditionError = 0x1p-24;
constexpr double kRoundingError = 0x1p-8;

struct Sizes {
  const char* name;
  std::int64_t rows, inner, columns;
  bool transposes_a, transposes_b;
};

void PrintTo(const Sizes& sizes, std::ostream* out) { *out << sizes.name; }

MatrixStrides StridesOf(std::int64_t rows, std::int64_t columns, bool is_transposed) {
  return is_transposed ? MatrixStrides{1, rows} : MatrixStrides{columns, 1};
}

std::vector<std::uint16_t> Halves(SampleSource& source, std::int64_t rows, std::int64_t columns) {
  std::vector<std::uint16_t> halves;
  for (const double value : source.Reals({rows, columns}).values)
    halves.push_back(ToBFloat16(static_cast<float>(value)));
  return halves;
}

class BFloat16ProductTest : public testing::TestWithParam<Sizes> {
 protected:
  void SetUp() override {
    if (!HasBFloat16Products()) GTEST_SKIP() << "the machine has no products of bf16 operands";
  }

  ProductShape ShapeFor(DataType result, bool accumulates) const {
    const Sizes& sizes = GetParam();
    return {.rows = sizes.rows,
            .inner = sizes.inner,
            .columns = sizes.columns,
            .a = StridesOf(sizes.rows, sizes.inner, sizes.transposes_a),
            .b = StridesOf(sizes.inner, sizes.columns, sizes.transposes_b),
            .c_stride = sizes.columns,
            .accumulates = accumulates,
            .operands = DataType::kBFloat16,
            .result = result};
  }

  // c, which holds `before`, after the product.
  template <typename T>
  std::vector<T> Multiply(const ProductShape& shape, int threads, T before = {}) const {
    ThreadPool pool(threads);
    std::vector<T> c(static_cast<std::size_t>(shape.rows * shape.columns), before);
    Product::Create(shape, pool).value()->Run(a_.data(), b_.data(), c.data());
    return c;
  }

  // Expects value(row, column) at every place to be the exact sum and `before`, as nearly as
  // `relative` of it and the additions allow.
  template <typename Value>
  void ExpectProduct(double before, double relative, const Value& value) const {
    const Sizes& sizes = GetParam();
    const ProductShape shape = ShapeFor(DataType::kFloat32, false);
    const auto element = [](const std::vector<std::uint16_t>& m, MatrixStrides at, std::int64_t i,
                            std::int64_t j) {
      return double{FromBFloat16(m[static_cast<std::size_t>(i * at.row + j * at.column)])};
    };
    for (std::int64_t i = 0; i < sizes.rows; ++i) {
      for (std::int64_t j = 0; j < sizes.columns; ++j) {
        double sum = before, magnitude = std::abs(before);
        for (std::int64_t k = 0; k < sizes.inner; ++k) {
          const double product = element(a_, shape.a, i, k) * element(b_, shape.b, k, j);
          sum += product;
          magnitude += std::abs(product);
        }
        const double additions = static_cast<double>(sizes.inner + 1) * kAdditionError * magnitude;
        ASSERT_NEAR(value(i * sizes.columns + j), sum, relative * std::abs(sum) + additions)
            << "row " << i << ", column " << j;
      }
    }
  }

 private:
  SampleSource source_{11};
  const std::vector<std::uint16_t> a_ = Halves(source_, GetParam().rows, GetParam().inner);
  const std::vector<std::uint16_t> b_ = Halves(source_, GetParam().inner, GetParam().columns);
};

TEST_P(BFloat16ProductTest, IsTheSumToTheRoundingOfItsResult) {
  const auto c = Multiply<std::uint16_t>(ShapeFor(DataType::kBFloat16, false), 1);

  ExpectProduct(0, kRoundingError,
                [&](std::int64_t i) { return FromBFloat16(c[static_cast<std::size_t>(i)]); });
}

TEST_P(BFloat16ProductTest, IsAddedInF32ToWhatIsThere) {
  const auto c = Multiply<float>(ShapeFor(DataType::kFloat32, true), 1, 0.375f);

  ExpectProduct(0.375, 0, [&](std::int64_t i) { return c[static_cast<std::size_t>(i)]; });
}

TEST_P(BFloat16ProductTest, HasEqualBitsForAnyNumberOfThreads) {
  const ProductShape shape = ShapeFor(DataType::kFloat32, false);
  const auto alone = Multiply<float>(shape, 1);

  for (const int threads : {2, 3}) EXPECT_EQ(Multiply<float>(shape, threads), alone);
}

INSTANTIATE_TEST_SUITE_P(Sizes, BFloat16ProductTest,
                         testing::Values(Sizes{"OneRow", 1, 37, 131, false, true},
                                         Sizes{"OddInnerAxis", 7, 3, 5, false, false},
                                         Sizes{"OneBand", 65, 101, 271, false, true},
                                         Sizes{"SeveralBands", 259, 33, 77, false, false},
                                         Sizes{"HighBands", 3201, 5, 17, true, false},
                                         Sizes{"TransposedBoth", 131, 67, 129, true, true}),
                         [](const auto& sizes) { return std::string(sizes.param.name); });

}  // namespace
}  // namespace descent::cpu
