#include "coordinator/metric_export.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "coordinator/metric_store.h"
#include "coordinator/tensorboard_event.h"
#include "tensorflow/event.pb.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

const WallTime kExportTime{std::chrono::milliseconds(1500)};

class MetricExportTest : public testing::Test {
 protected:
  MetricExportTest() {
    const RecordMetrics metrics = {
        "a", {{"train/loss", 1, 0.5}, {"train/loss", 2, 0.25}, {"validation/loss", 2, 0.375}}};
    EXPECT_TRUE(store_.Record(metrics, kExportTime).ok());
  }

  std::string Export(MetricFormat format, std::vector<std::string> names = {}) {
    MetricExport all(format, MetricRows::Open(store_.FileOf("a"), std::move(names)).value());
    std::string file;
    while (true) {
      const std::string chunk = all.NextChunk().value();
      if (chunk.empty()) return file;
      file += chunk;
    }
  }

  const TemporaryDirectory directory_;
  MetricStore store_{directory_.path()};
};

TEST_F(MetricExportTest, CsvHasARowForEachStepAndAColumnForEachMetric) {
  EXPECT_EQ(Export(MetricFormat::kCsv),
            "step,time,train/loss,validation/loss\n"
            "1,1.5,0.5,\n"
            "2,1.5,0.25,0.375\n");
}

TEST_F(MetricExportTest, OnlyTheNamedMetricsAreExported) {
  EXPECT_EQ(Export(MetricFormat::kCsv, {"validation/loss"}),
            "step,time,validation/loss\n"
            "2,1.5,0.375\n");
}

TEST_F(MetricExportTest, JsonHasNoNumberForWhatIsNone) {
  ASSERT_TRUE(store_.Record({"a", {{"train/loss", 3, std::nan("")}}}, kExportTime).ok());

  EXPECT_EQ(Export(MetricFormat::kJsonLines),
            "{\"step\":1,\"time\":1.5,\"train/loss\":0.5}\n"
            "{\"step\":2,\"time\":1.5,\"train/loss\":0.25,\"validation/loss\":0.375}\n"
            "{\"step\":3,\"time\":1.5,\"train/loss\":null}\n");
}

TEST_F(MetricExportTest, AJobWithoutMetricsIsAFileWithoutRows) {
  MetricExport all(MetricFormat::kCsv, MetricRows::Open(store_.FileOf("b"), {}).value());

  EXPECT_EQ(all.NextChunk().value(), "step,time\n");
  EXPECT_EQ(all.NextChunk().value(), "");
}

// The events of the file, each with its length in front and checksums around.
TEST_F(MetricExportTest, TensorBoardGetsAnEventForEachStep) {
  const std::string file = Export(MetricFormat::kTensorBoard);
  std::vector<tensorflow::Event> events;
  for (std::size_t at = 0; at < file.size();) {
    std::uint64_t length = 0;
    ASSERT_LE(at + sizeof(length), file.size());
    std::memcpy(&length, file.data() + at, sizeof(length));
    ASSERT_TRUE(events.emplace_back().ParseFromString(file.substr(at + 12, length)));
    at += length + 16;
  }

  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[2].step(), 2);
  EXPECT_EQ(events[2].wall_time(), 1.5);
  ASSERT_EQ(events[2].summary().value_size(), 2);
  EXPECT_EQ(events[2].summary().value(1).tag(), "validation/loss");
  EXPECT_EQ(events[2].summary().value(1).simple_value(), 0.375f);
}

// As TensorBoard's own masked_crc32c gives them for these bytes.
TEST(TensorBoardEventTest, ChecksumsAreThoseOfTheFormat) {
  const std::string record = TensorBoardHeader(0);

  EXPECT_EQ(record, std::string("\x0f\0\0\0\0\0\0\0"
                                "\x6d\x53\x2b\x09"
                                "\x1a\x0d"
                                "brain.Event:2"
                                "\xfc\x98\x51\x29",
                                31));
}

}  // namespace
}  // namespace descent
