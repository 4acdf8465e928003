#include "common/job_spec_reduction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace descent {
namespace {

std::vector<std::string> FieldsRefused(CollectiveKind collective, ReductionKind reduction) {
  JobSpec spec;
  spec.collective = collective;
  spec.reduction = reduction;
  SpecChecker checker;
  CheckReduction(spec, checker);
  std::vector<std::string> fields;
  for (const Violation& violation : checker.TakeViolations()) fields.push_back(violation.field);
  return fields;
}

TEST(CheckReductionTest, ReproducibleSumsGoOverAnyCollective) {
  for (const auto collective :
       {CollectiveKind::kAuto, CollectiveKind::kMpi, CollectiveKind::kSharedMemory})
    EXPECT_THAT(FieldsRefused(collective, ReductionKind::kReproducible), testing::IsEmpty());
}

TEST(CheckReductionTest, FastestSumsGoOverMpiAlone) {
  for (const auto collective : {CollectiveKind::kAuto, CollectiveKind::kMpi})
    EXPECT_THAT(FieldsRefused(collective, ReductionKind::kFastest), testing::IsEmpty());
  EXPECT_THAT(FieldsRefused(CollectiveKind::kSharedMemory, ReductionKind::kFastest),
              testing::ElementsAre("reduction"));
}

}  // namespace
}  // namespace descent
