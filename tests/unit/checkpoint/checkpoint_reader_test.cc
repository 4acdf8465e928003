#include "worker/checkpoint/checkpoint_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/checkpoint/tiny_checkpoint.h"

namespace descent {
namespace {

using testing::HasSubstr;

constexpr std::array kFileNames = {kModelName, kOptimizerName, kModelDescriptionName,
                                   kManifestName};

class CheckpointReaderTest : public testing::Test {
 protected:
  const TemporaryDirectory root_;
  const std::filesystem::path checkpoint_ = WriteTinyCheckpoint(root_.path(), 120);
};

TEST_F(CheckpointReaderTest, LoadsByNameWhatWasWritten) {
  TinyState loaded(0);

  const Result<Manifest> manifest =
      LoadCheckpoint(checkpoint_, loaded.ParameterTargets(), loaded.OptimizerTargets());

  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(loaded.StateDigest(), TinyState(120).StateDigest());
  EXPECT_EQ(manifest.value().state_digest, TinyState(120).StateDigest());
  EXPECT_EQ(manifest.value().description, TinyState(120).ContentsAt(120).description);
}

TEST_F(CheckpointReaderTest, LoadsAModelWithoutItsOptimizer) {
  TinyState loaded(0);
  std::filesystem::remove(checkpoint_ / kOptimizerName);

  const Result<Manifest> manifest = LoadModel(checkpoint_, loaded.ParameterTargets());

  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(loaded.weight, TinyState(120).weight);
  EXPECT_EQ(loaded.weight_mean, TinyState(0).weight_mean);
}

TEST_F(CheckpointReaderTest, AModelOfAnotherShapeIsRefused) {
  TinyState state(0);
  std::vector<TensorTarget> parameters = state.ParameterTargets();
  parameters[1].shape = {3, 2};

  const Status status = LoadModel(checkpoint_, parameters).status();

  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("has shape [2, 3], must have [3, 2]"));
}

TEST_F(CheckpointReaderTest, TheModelsDescriptionComesBack) {
  const ModelDescription description = ReadModelDescription(checkpoint_).value();

  EXPECT_EQ(EncodeModelDescription(description), EncodeModelDescription(TinyDescription()));
}

TEST_F(CheckpointReaderTest, AFlippedBitIsReportedAsDataLoss) {
  for (const std::string_view name : kFileNames) {
    const std::filesystem::path path = checkpoint_ / name;
    const std::string bytes = ReadFile(path).value();
    // One bit of each byte, each bit of some byte.
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
      std::string flipped = bytes;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << byte % 8));
      OverwriteFile(path, flipped);
      const Status status = VerifyCheckpoint(checkpoint_).status();
      ASSERT_EQ(status.code(), Code::kDataLoss) << name << " byte " << byte;
      ASSERT_THAT(status.message(), HasSubstr(path.string()));
    }
    OverwriteFile(path, bytes);
  }
  EXPECT_TRUE(VerifyCheckpoint(checkpoint_).ok());
}

TEST_F(CheckpointReaderTest, ATruncatedFileIsReportedAsDataLoss) {
  for (const std::string_view name : kFileNames) {
    const std::filesystem::path path = checkpoint_ / name;
    const std::string bytes = ReadFile(path).value();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      OverwriteFile(path, bytes.substr(0, size));
      ASSERT_EQ(VerifyCheckpoint(checkpoint_).status().code(), Code::kDataLoss)
          << name << " of " << size << " bytes";
    }
    OverwriteFile(path, bytes);
  }
}

TEST_F(CheckpointReaderTest, AMissingFileIsReportedAsDataLoss) {
  for (const std::string_view name : kFileNames) {
    const std::string bytes = ReadFile(checkpoint_ / name).value();
    std::filesystem::remove(checkpoint_ / name);
    EXPECT_EQ(VerifyCheckpoint(checkpoint_).status().code(), Code::kDataLoss) << name;
    OverwriteFile(checkpoint_ / name, bytes);
  }
}

TEST_F(CheckpointReaderTest, TheFilesOfAnotherCheckpointAreDataLoss) {
  const std::filesystem::path other = WriteTinyCheckpoint(root_.path(), 240);
  OverwriteFile(checkpoint_ / kModelName, ReadFile(other / kModelName).value());

  EXPECT_EQ(VerifyCheckpoint(checkpoint_).status().code(), Code::kDataLoss);
}

TEST_F(CheckpointReaderTest, ACheckpointUnderTheNameOfAnotherStepIsDataLoss) {
  const std::filesystem::path renamed = root_.path() / "step-240";
  std::filesystem::rename(checkpoint_, renamed);

  const Status status = VerifyCheckpoint(renamed).status();

  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("is of step 120, must be of step 240"));
}

TEST_F(CheckpointReaderTest, AMissingCheckpointIsNotFound) {
  EXPECT_EQ(VerifyCheckpoint(root_.path() / "step-7").status().code(), Code::kNotFound);
}

TEST_F(CheckpointReaderTest, EveryMismatchIsListed) {
  TinyState state(0);
  std::vector<TensorTarget> parameters = state.ParameterTargets();
  parameters[0].name = "layers.1.bias";
  parameters[1].shape = {3, 2};
  std::vector<TensorTarget> optimizer = state.OptimizerTargets();
  optimizer.pop_back();

  const Status status = LoadCheckpoint(checkpoint_, parameters, optimizer).status();

  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(status.message(),
            checkpoint_.string() +
                " does not fit the model:\n"
                "model.safetensors: tensor \"layers.1.bias\" is missing, must have shape [2]\n"
                "model.safetensors: tensor \"layers.0.weight\" has shape [2, 3], must have [3, 2]\n"
                "model.safetensors: tensor \"layers.0.bias\" of shape [2] is unexpected\n"
                "optimizer.safetensors: tensor \"adamw.mean.layers.0.bias\" of shape [2] is "
                "unexpected");
}

TEST_F(CheckpointReaderTest, AFailedLoadChangesNothing) {
  TinyState state(0);
  std::vector<TensorTarget> optimizer = state.OptimizerTargets();
  optimizer.pop_back();

  ASSERT_FALSE(LoadCheckpoint(checkpoint_, state.ParameterTargets(), optimizer).ok());

  EXPECT_EQ(state.StateDigest(), TinyState(0).StateDigest());
}

}  // namespace
}  // namespace descent
