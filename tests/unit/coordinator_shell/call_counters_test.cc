#include "coordinator/call_counters.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

constexpr char kPath[] = "/descent.v1.JobService/GetJob";

TEST(CallCountersTest, AMethodIsCountedByTheStatusOfItsCalls) {
  CallCounters counters;
  counters.Declare(kPath, "unary");
  for (int i = 0; i < 3; ++i) counters.CountStart(kPath);
  counters.CountEnd(kPath, grpc::StatusCode::OK, 0.002);
  counters.CountEnd(kPath, grpc::StatusCode::NOT_FOUND, 0.25);

  const std::vector<MethodCalls> methods = counters.Read();

  ASSERT_EQ(methods.size(), 1u);
  EXPECT_EQ(methods[0].service, "descent.v1.JobService");
  EXPECT_EQ(methods[0].method, "GetJob");
  EXPECT_EQ(methods[0].type, "unary");
  EXPECT_EQ(methods[0].started, 3);
  EXPECT_EQ(methods[0].handled, (std::map<std::string, std::int64_t>{{"NotFound", 1}, {"OK", 1}}));
  EXPECT_DOUBLE_EQ(methods[0].seconds.sum, 0.252);
}

TEST(CallCountersTest, AMethodThatWasNeverCalledTakesNoRoom) {
  CallCounters counters;
  counters.Declare(kPath, "unary");

  EXPECT_TRUE(counters.IsDeclared(kPath));
  EXPECT_TRUE(counters.Read().empty());
}

TEST(CallCountersTest, NamesThatCallersMakeUpAreNotDeclared) {
  CallCounters counters;
  counters.Declare(kPath, "unary");

  EXPECT_FALSE(counters.IsDeclared("/descent.v1.JobService/MadeUp"));
}

}  // namespace
}  // namespace descent
