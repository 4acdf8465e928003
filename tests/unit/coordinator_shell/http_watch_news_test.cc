#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "coordinator/http_watch.h"
#include "coordinator/log_segments.h"
#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using EventTexts = std::vector<std::string>;

// The topics workers and job/JOB/logs.
class HttpWatchNewsTest : public HttpRoutesTest {
 protected:
  std::unique_ptr<HttpEvents> Watch(const std::string& topics, const std::string& last_seen = "") {
    HttpRequest request{"GET", "/v1/watch?topics=" + topics, "localhost"};
    request.last_event_id = last_seen;
    HttpResponse response = routes_.Handle(request);
    EXPECT_EQ(response.status, 200) << response.body;
    return std::move(response.events);
  }
  // Lines "SEQUENCE" of rank 0.
  void Append(std::int64_t first, std::int64_t last) {
    LogChunk chunk{.job = "full-1", .generation = 1, .first_sequence = first, .lines = {}};
    for (std::int64_t i = first; i <= last; ++i) chunk.lines.push_back({.text = std::to_string(i)});
    const Status stored = logs_.Append(chunk);
    EXPECT_TRUE(stored.ok()) << stored;
  }
  // What one event of this type says; null: there is none.
  static json DataOf(const std::string& news, const std::string& type) {
    const std::string head = "event: " + type + "\ndata: ";
    const std::size_t begin = news.find(head);
    if (begin == std::string::npos) return nullptr;
    const std::size_t data = begin + head.size();
    return json::parse(news.substr(data, news.find('\n', data) - data));
  }
  static EventTexts TextsOf(const std::string& news) {
    EventTexts texts;
    const json data = DataOf(news, "logs");
    for (const json& line : data.value("lines", json::array())) texts.push_back(line["text"]);
    return texts;
  }
  static std::string IdOf(const std::string& news) {
    const std::size_t id = news.find("id: ");
    return id == std::string::npos ? "" : news.substr(id + 4, news.find('\n', id) - id - 4);
  }
  std::string Cursor(std::int64_t line) const {
    return "full-1." + UidOf(snapshot_.jobs[0]).substr(0, 8) + "~" + std::to_string(line);
  }
};

TEST_F(HttpWatchNewsTest, WorkersComeAllAtFirst) {
  const json workers = DataOf(Watch("workers")->Next(), "workers")["workers"];

  ASSERT_EQ(workers.size(), 2u);
  EXPECT_EQ(workers[0]["name"], "pools/local/workers/0");
  EXPECT_EQ(workers[0]["job"], "jobs/full-1");
}

TEST_F(HttpWatchNewsTest, ALogBeginsWithItsLastLinesAndGoesOn) {
  Append(1, 510);
  const auto watch = Watch("job/full-1/logs");

  const std::string first = watch->Next();

  const EventTexts texts = TextsOf(first);
  ASSERT_EQ(texts.size(), 500u);
  EXPECT_EQ(texts.front(), "11");
  EXPECT_EQ(texts.back(), "510");
  EXPECT_EQ(IdOf(first), Cursor(511));
  EXPECT_EQ(watch->Next(), "");
  Append(511, 512);
  EXPECT_EQ(TextsOf(watch->Next()), (EventTexts{"511", "512"}));
}

TEST_F(HttpWatchNewsTest, AResumedLogBeginsAfterTheLastLineThatWasSent) {
  Append(1, 5);

  const std::string news = Watch("job/full-1/logs", Cursor(4))->Next();

  EXPECT_EQ(TextsOf(news), (EventTexts{"4", "5"}));
  EXPECT_EQ(IdOf(news), Cursor(6));
}

TEST_F(HttpWatchNewsTest, ALogThatIsEmptyWaitsForItsFirstLine) {
  const auto watch = Watch("job/full-1/logs");
  EXPECT_EQ(watch->Next(), "");

  Append(1, 1);

  EXPECT_EQ(TextsOf(watch->Next()), EventTexts{"1"});
}

TEST_F(HttpWatchNewsTest, LinesThatAreNoLongerKeptAreAGap) {
  Append(1, 1);
  const std::filesystem::path log = logs_directory_.path() / "full-1";
  std::filesystem::rename(LogSegmentPath(log, 1), LogSegmentPath(log, 100));

  const std::string news = Watch("job/full-1/logs", Cursor(3))->Next();

  EXPECT_EQ(DataOf(news, "gap")["oldestLine"], "100");
  EXPECT_EQ(TextsOf(news), EventTexts{"1"});
  EXPECT_EQ(IdOf(news), Cursor(101));
}

TEST_F(HttpWatchNewsTest, TheLogOfAnotherJobOfThatNameBeginsAnew) {
  Append(1, 3);
  const std::string cursor = Cursor(4);
  snapshot_.jobs[0].create_time += 1;

  EXPECT_EQ(TextsOf(Watch("job/full-1/logs", cursor)->Next()).size(), 3u);
}

TEST_F(HttpWatchNewsTest, ALogSaysWhereItGoesOnOverTheOtherRoute) {
  Append(1, 2);
  const std::string token = DataOf(Watch("job/full-1/logs")->Next(), "logs")["resumeToken"];

  Append(3, 3);

  EXPECT_EQ(GetJson("/v1/jobs/full-1/logs?resume_token=" + token)["lines"][0]["text"], "3");
}

}  // namespace
}  // namespace descent
