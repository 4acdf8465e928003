#include <gtest/gtest.h>

#include "proto/job_file.h"
#include "proto/wire.h"

namespace descent {
namespace {

TEST(ActivationCheckpointingWireTest, EveryKindComesBackAsItWent) {
  for (const auto kind : {ActivationCheckpointing::kNone, ActivationCheckpointing::kFull}) {
    JobSpec sent;
    sent.model.activation_checkpointing = kind;

    EXPECT_EQ(FromProto(ToProto(sent)).value().model.activation_checkpointing, kind);
  }
}

TEST(ActivationCheckpointingWireTest, AKindThatIsNotKnownIsRefusedByItsField) {
  v1::JobSpec sent;
  sent.mutable_model()->mutable_mlp();
  sent.mutable_model()->set_activation_checkpointing(static_cast<v1::ActivationCheckpointing>(9));

  EXPECT_EQ(FromProto(sent).status().message(),
            "model.activation_checkpointing has the unknown value 9: the sender is newer than this "
            "program");
}

TEST(ActivationCheckpointingWireTest, AJobFileNamesTheKind) {
  const JobFile file = ReadJobFile(
      "name: a\nmodel: {mlp: {hidden_sizes: [3]}, activation_checkpointing: full}\n"
      "data: {train: {path: p}}\nbatch: {global: 4}\nsteps: 1\n",
      {});

  EXPECT_TRUE(file.problems.empty());
  EXPECT_EQ(file.spec.model.activation_checkpointing, ActivationCheckpointing::kFull);
}

}  // namespace
}  // namespace descent
