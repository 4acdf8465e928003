#include <gtest/gtest.h>

#include "proto/job_file.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr const char* kReductionJob =
    "name: a\nmodel: {mlp: {hidden_sizes: [3]}}\ndata: {train: {path: p}}\nbatch: {global: 4}\n"
    "steps: 1\n";

TEST(ReductionWireTest, EveryReductionComesBackAsItWent) {
  for (const auto reduction : {ReductionKind::kReproducible, ReductionKind::kFastest}) {
    JobSpec sent;
    sent.reduction = reduction;

    EXPECT_EQ(FromProto(ToProto(sent)).value().reduction, reduction);
  }
}

TEST(ReductionWireTest, AReductionThatIsNotKnownIsRefusedByItsField) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_mlp();
  sent.set_reduction(static_cast<v1::Reduction>(9));

  EXPECT_EQ(FromProto(sent).status().message(),
            "reduction has the unknown value 9: the sender is newer than this program");
}

TEST(ReductionWireTest, AJobFileIsReproducibleUnlessItSaysFastest) {
  EXPECT_EQ(ReadJobFile(kReductionJob, {}).spec.reduction, ReductionKind::kReproducible);
  EXPECT_EQ(ReadJobFile(kReductionJob, {"reduction=fastest"}).spec.reduction,
            ReductionKind::kFastest);
}

TEST(ReductionWireTest, AnotherWordIsRefusedWithTheTwo) {
  const JobFile file = ReadJobFile(kReductionJob, {"reduction=quick"});

  ASSERT_EQ(file.problems.size(), 1u);
  EXPECT_NE(file.problems[0].message.find("reproducible, fastest"), std::string::npos)
      << file.problems[0].message;
}

}  // namespace
}  // namespace descent
