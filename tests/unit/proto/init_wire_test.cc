#include <gtest/gtest.h>

#include "proto/wire.h"

namespace descent {
namespace {

TEST(InitWireTest, EveryInitializerComesBackAsItWent) {
  for (const Initializer init : {Initializer::kPytorch, Initializer::kGpt2, Initializer::kZeros}) {
    JobSpec sent;
    sent.model.init = init;

    EXPECT_EQ(FromProto(ToProto(sent)).value().model.init, init);
  }
  EXPECT_FALSE(FromProto(ToProto(JobSpec())).value().model.init.has_value());
}

TEST(InitWireTest, AnInitializerThatIsNotKnownIsRefusedByItsField) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_mlp();
  sent.mutable_model()->set_init(static_cast<v1::Init>(9));

  EXPECT_EQ(FromProto(sent).status().message(),
            "model.init has the unknown value 9: the sender is newer than this program");
}

}  // namespace
}  // namespace descent
