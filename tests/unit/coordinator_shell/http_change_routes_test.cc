#include <gmock/gmock.h>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

class HttpChangeRoutesTest : public HttpRoutesTest {
 protected:
  HttpChangeRoutesTest() : HttpRoutesTest(Admission::kEverybody, Changes::kServed) {}

  HttpResponse Post(const std::string& target, const std::string& body,
                    const std::string& content_type = "application/json",
                    const std::string& host = "localhost") {
    HttpRequest request{"POST", target, host};
    request.content_type = content_type;
    request.body = body;
    return routes_.Handle(request);
  }
};

TEST_F(HttpChangeRoutesTest, ASubmissionIsPassedOn) {
  EXPECT_EQ(Post("/v1/jobs", R"({"jobId":"a"})").status, 200);

  EXPECT_EQ(last_change_.verb, JobVerb::kCreate);
  EXPECT_EQ(last_change_.body, R"({"jobId":"a"})");
}

TEST_F(HttpChangeRoutesTest, AVerbGoesToItsJob) {
  const std::pair<const char*, JobVerb> verbs[] = {
      {"cancel", JobVerb::kCancel}, {"suspend", JobVerb::kSuspend}, {"resume", JobVerb::kResume}};
  for (const auto& [name, verb] : verbs) {
    EXPECT_EQ(Post("/v1/jobs/full-1:" + std::string(name), "").status, 200) << name;

    EXPECT_EQ(last_change_.verb, verb) << name;
    EXPECT_EQ(last_change_.job_id, "full-1") << name;
  }
}

// A page of a foreign site can send these types without being asked.
TEST_F(HttpChangeRoutesTest, AnythingButJsonIsRefused) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data", "text/plain, application/json"}) {
    const HttpResponse response = Post("/v1/jobs", "{}", type);

    EXPECT_EQ(response.status, 415) << type;
    EXPECT_THAT(response.body, testing::HasSubstr("CONTENT_TYPE_INVALID")) << type;
  }
  EXPECT_EQ(Post("/v1/jobs", "{}", "application/json; charset=utf-8").status, 200);
}

TEST_F(HttpChangeRoutesTest, AForeignHostChangesNothing) {
  EXPECT_EQ(Post("/v1/jobs", "{}", "application/json", "evil.example").status, 403);
}

TEST_F(HttpChangeRoutesTest, AVerbThatThereIsNotIsNotFound) {
  EXPECT_EQ(Post("/v1/jobs/full-1:explode", "").status, 404);
}

TEST_F(HttpChangeRoutesTest, AChangeIsNotReadByGet) {
  EXPECT_EQ(Get("/v1/jobs/full-1:cancel").status, 405);
}

TEST_F(HttpChangeRoutesTest, WhoServesChangesTakesAJobFileAsLongAsItMayBe) {
  EXPECT_GT(routes_.body_bytes_max(), 2 * std::uint64_t{256 << 10});
}

}  // namespace
}  // namespace descent
