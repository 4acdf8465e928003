#include "client/api/service_config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace descent {
namespace {

using nlohmann::json;

json Policy() { return json::parse(RetryServiceConfig())["methodConfig"][0]; }

std::set<std::string> RepeatedMethods() {
  std::set<std::string> methods;
  const json policy = Policy();
  for (const json& name : policy.at("name"))
    methods.insert(name["service"].get<std::string>() + "/" + name["method"].get<std::string>());
  return methods;
}

TEST(ServiceConfigTest, WhatChangesNothingOrMayBeDoneTwiceIsRepeated) {
  const std::set<std::string> methods = RepeatedMethods();

  for (const char* method :
       {"descent.v1.JobService/GetJob", "descent.v1.JobService/CreateJob",
        "descent.v1.JobService/ForkJob", "descent.v1.JobService/CancelJobs",
        "descent.v1.MetricService/QueryMetrics", "descent.v1.CheckpointService/UpdateCheckpoint",
        "descent.v1.ClusterService/DrainWorker", "descent.v1.AuthService/RevokeToken"})
    EXPECT_TRUE(methods.contains(method)) << method;
}

TEST(ServiceConfigTest, ALostAnswerMakesNoSecondToken) {
  EXPECT_FALSE(RepeatedMethods().contains("descent.v1.AuthService/CreateToken"));
}

TEST(ServiceConfigTest, ABackupIsMadeOnce) {
  EXPECT_FALSE(RepeatedMethods().contains("descent.v1.ClusterService/BackupState"));
}

TEST(ServiceConfigTest, StreamsAreLeftToThoseWhoKnowWhereTheyWere) {
  EXPECT_FALSE(RepeatedMethods().contains("descent.v1.JobService/WatchJobs"));
}

TEST(ServiceConfigTest, OnlyWhatIsUnavailableIsTriedAgain) {
  EXPECT_EQ(Policy()["retryPolicy"]["retryableStatusCodes"], json::array({"UNAVAILABLE"}));
}

}  // namespace
}  // namespace descent
