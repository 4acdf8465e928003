#include "worker/export/write_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

TEST(WriteModelTest, AFileThatIsThereIsReplaced) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "model.onnx";
  ASSERT_TRUE(WriteWholeFile(file, "old").ok());

  ASSERT_TRUE(WriteWholeFile(file, "new").ok());

  EXPECT_EQ(ReadFile(file).value(), "new");
  EXPECT_THAT(ListDirectory(directory.path()).value(), testing::ElementsAre("model.onnx"));
}

TEST(WriteModelTest, WhatAnInterruptedExportLeftIsNoObstacle) {
  const TemporaryDirectory directory;
  const auto file = directory.path() / "model.onnx";
  ASSERT_TRUE(WriteNewFile(directory.path() / "model.onnx.part", std::string_view("half")).ok());

  EXPECT_TRUE(WriteWholeFile(file, "whole").ok());

  EXPECT_EQ(ReadFile(file).value(), "whole");
}

TEST(WriteModelTest, ADirectoryThatIsThereIsRefused) {
  const TemporaryDirectory directory;

  const Status refused = WriteWholeDirectory(directory.path(), [](const auto&) {
    ADD_FAILURE() << "nothing is to be written";
    return Status();
  });

  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), testing::HasSubstr("is there already, must be new"));
}

TEST(WriteModelTest, ADirectoryThatCouldNotBeFilledIsNotThere) {
  const TemporaryDirectory directory;

  const Status failed = WriteWholeDirectory(directory.path() / "gpt2", [](const auto& part) {
    EXPECT_TRUE(WriteNewFile(part / "config.json", std::string_view("{}")).ok());
    return Status(Code::kResourceExhausted, "disk full");
  });

  EXPECT_EQ(failed.code(), Code::kResourceExhausted);
  EXPECT_THAT(ListDirectory(directory.path()).value(), testing::IsEmpty());
}

}  // namespace
}  // namespace descent
