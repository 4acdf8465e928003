#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/file.h"
#include "common/limits.h"
#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::Pair;

// The second checkpoint of full-1 has a file of a MiB and three bytes.
class HttpCheckpointRoutesTest : public HttpRoutesTest {
 protected:
  HttpCheckpointRoutesTest() {
    snapshot_.jobs[0].checkpoints.back().directory = directory_.path().string();
    EXPECT_TRUE(WriteNewFile(directory_.path() / "model.safetensors", bytes_).ok());
  }

  HttpResponse GetRange(const std::string& range, const std::string& if_range = "") {
    HttpRequest request{"GET", kModel, "localhost"};
    request.range = range;
    request.if_range = if_range;
    return routes_.Handle(request);
  }
  // What is sent, piece after piece.
  static std::string BytesOf(const HttpResponse& response) {
    std::string bytes;
    while (true) {
      const std::string piece = response.pieces->Next().value();
      EXPECT_LE(piece.size(), limits::kChunkBytes);
      if (piece.empty()) return bytes;
      bytes += piece;
    }
  }
  static std::string TagOf(const HttpResponse& response) {
    for (const auto& [name, value] : response.headers)
      if (name == "ETag") return value;
    return "";
  }
  std::string ReasonFor(const std::string& target) {
    return json::parse(Get(target).body)["error"]["details"][0]["reason"];
  }

  static constexpr char kModel[] = "/v1/jobs/full-1/checkpoints/40/files/model.safetensors";
  const std::string bytes_ = std::string(limits::kChunkBytes, 'a') + "bcd";
  const TemporaryDirectory directory_;
};

TEST_F(HttpCheckpointRoutesTest, OneCheckpointIsShownWithItsFiles) {
  const json checkpoint = GetJson("/v1/jobs/full-1/checkpoints/40");

  EXPECT_EQ(checkpoint["name"], "jobs/full-1/checkpoints/40");
  EXPECT_EQ(checkpoint["files"], json::array({"model.safetensors"}));
  EXPECT_EQ(GetJson("/v1/jobs/full-1/checkpoints/latest"), checkpoint);
}

TEST_F(HttpCheckpointRoutesTest, AFileIsSentInPieces) {
  const HttpResponse response = Get(kModel);

  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers, Contains(Pair("Accept-Ranges", "bytes")));
  ASSERT_NE(response.pieces, nullptr);
  EXPECT_EQ(response.pieces->size(), std::ssize(bytes_));
  EXPECT_EQ(BytesOf(response), bytes_);
}

TEST_F(HttpCheckpointRoutesTest, ARangeIsThatPartOfTheFile) {
  const HttpResponse response = GetRange("bytes=1048575-1048577");

  EXPECT_EQ(response.status, 206);
  EXPECT_THAT(response.headers, Contains(Pair("Content-Range", "bytes 1048575-1048577/1048579")));
  EXPECT_EQ(response.pieces->size(), 3);
  EXPECT_EQ(BytesOf(response), "abc");
}

TEST_F(HttpCheckpointRoutesTest, WhatIsBeyondTheEndIsRefusedWithTheSize) {
  const HttpResponse response = GetRange("bytes=1048579-");

  EXPECT_EQ(response.status, 416);
  EXPECT_THAT(response.headers, Contains(Pair("Content-Range", "bytes */1048579")));
}

TEST_F(HttpCheckpointRoutesTest, ADownloadGoesOnOnlyWhereTheFileIsTheSame) {
  const std::string tag = TagOf(Get(kModel));

  EXPECT_EQ(GetRange("bytes=5-", tag).status, 206);
  EXPECT_EQ(GetRange("bytes=5-", "\"another\"").status, 200);
}

TEST_F(HttpCheckpointRoutesTest, AFileThatIsWrittenAgainHasAnotherTag) {
  const std::string tag = TagOf(Get(kModel));
  snapshot_.jobs[0].checkpoints.back().create_time += 1;

  EXPECT_NE(TagOf(Get(kModel)), tag);
}

TEST_F(HttpCheckpointRoutesTest, AFileStaysReadableWhenItsCheckpointGoes) {
  const HttpResponse response = Get(kModel);
  ASSERT_TRUE(RemoveTree(directory_.path() / "model.safetensors").ok());

  EXPECT_EQ(BytesOf(response), bytes_);
}

TEST_F(HttpCheckpointRoutesTest, OnlyFilesOfTheCheckpointAreServed) {
  const std::string files = "/v1/jobs/full-1/checkpoints/40/files/";
  for (const char* file : {"nothing", "..", "%2e%2e", "."})
    EXPECT_EQ(ReasonFor(files + file), "FILE_NOT_FOUND") << file;
  for (const char* file : {"../model.safetensors", "%2fetc%2fpasswd", "..%2f..%2fx", ""})
    EXPECT_EQ(Get(files + file).status, 404) << file;
}

TEST_F(HttpCheckpointRoutesTest, WhatIsNotThereIsNamed) {
  EXPECT_EQ(ReasonFor("/v1/jobs/nobody/checkpoints/40"), "JOB_NOT_FOUND");
  EXPECT_EQ(ReasonFor("/v1/jobs/full-1/checkpoints/41"), "CHECKPOINT_NOT_FOUND");
  EXPECT_EQ(ReasonFor("/v1/jobs/waiting/checkpoints/latest/files/x"), "CHECKPOINT_NOT_FOUND");
  EXPECT_EQ(ReasonFor("/v1/jobs/full-1/checkpoints/newest"), "NAME_INVALID");
}

TEST_F(HttpCheckpointRoutesTest, SoManyDownloadsAtATimeAreServedAndNoMore) {
  std::vector<HttpResponse> downloads;
  for (int i = 0; i < 64; ++i) downloads.push_back(Get(kModel));

  EXPECT_EQ(ReasonFor(kModel), "TOO_MANY_STREAMS");
  downloads.pop_back();
  EXPECT_EQ(Get(kModel).status, 200);
}

}  // namespace
}  // namespace descent
