#include <gtest/gtest.h>

#include "proto/job_file.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr const char* kPrecisionJob =
    "name: a\nmodel: {mlp: {hidden_sizes: [3]}}\ndata: {train: {path: p}}\nbatch: {global: 4}\n"
    "steps: 1\n";

TEST(PrecisionWireTest, EveryPrecisionComesBackAsItWent) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    JobSpec sent;
    sent.model.precision = precision;

    EXPECT_EQ(FromProto(ToProto(sent)).value().model.precision, precision);
  }
}

TEST(PrecisionWireTest, APrecisionThatIsNotKnownIsRefusedByItsField) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_mlp();
  sent.set_precision(static_cast<v1::Precision>(9));

  EXPECT_EQ(FromProto(sent).status().message(),
            "precision has the unknown value 9: the sender is newer than this program");
}

TEST(PrecisionWireTest, AJobFileIsF32UnlessItSaysBf16) {
  EXPECT_EQ(ReadJobFile(kPrecisionJob, {}).spec.model.precision, Precision::kFloat32);
  EXPECT_EQ(ReadJobFile(kPrecisionJob, {"precision=bf16"}).spec.model.precision,
            Precision::kBFloat16);
}

TEST(PrecisionWireTest, AnotherWordIsRefusedWithTheTwo) {
  const JobFile file = ReadJobFile(kPrecisionJob, {"precision=fp8"});

  ASSERT_EQ(file.problems.size(), 1u);
  EXPECT_NE(file.problems[0].message.find("f32, bf16"), std::string::npos)
      << file.problems[0].message;
}

}  // namespace
}  // namespace descent
