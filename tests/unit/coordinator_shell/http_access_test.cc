#include "coordinator/http_access.h"

#include <gmock/gmock.h>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using testing::HasSubstr;

// The pages of a coordinator that asks for tokens.
class HttpAccessTest : public HttpRoutesTest {
 protected:
  HttpAccessTest() : HttpRoutesTest(Admission::kTokens) {}

  HttpResponse Get(const std::string& target, const std::string& authorization) {
    return routes_.Handle({"GET", target, "head.example.org:8080", authorization});
  }
  std::string TokenOf(Role role) {
    return "Bearer " + tokens_.store().Create("somebody", role, 0, 0).value().secret;
  }
};

// A path that the route serves.
std::string PathOf(const HttpRoute& route) {
  std::string path(route.path);
  if (path.ends_with('*')) path.replace(path.size() - 1, 1, "status");
  return path;
}

TEST_F(HttpAccessTest, WithoutATokenOnlyWhatIsOpenIsServed) {
  for (const HttpRoute& route : HttpRouteTable()) {
    const HttpResponse response = Get(PathOf(route), "");

    EXPECT_EQ(response.status == 401, route.access == HttpAccess::kViewer) << route.path;
  }
}

TEST_F(HttpAccessTest, AWorkersTokenOpensNothing) {
  const std::string worker = TokenOf(Role::kWorker);
  for (const HttpRoute& route : HttpRouteTable())
    EXPECT_EQ(Get(PathOf(route), worker).status == 403, route.access == HttpAccess::kViewer)
        << route.path;
}

TEST_F(HttpAccessTest, EveryRoleOfPeopleSeesEverything) {
  for (const Role role : {Role::kViewer, Role::kUser, Role::kAdmin}) {
    const std::string token = TokenOf(role);
    for (const HttpRoute& route : HttpRouteTable()) {
      const int status = Get(PathOf(route), token).status;
      EXPECT_TRUE(status == 200 || route.path == "/assets/*") << route.path << " " << status;
    }
  }
}

TEST_F(HttpAccessTest, ProbesAndPagesAreOpenAndNothingElse) {
  std::vector<std::string_view> open;
  for (const HttpRoute& route : HttpRouteTable())
    if (route.access == HttpAccess::kOpen) open.push_back(route.path);

  EXPECT_THAT(open, testing::ElementsAre("/", "/assets/*", "/livez", "/readyz", "/healthz"));
}

TEST_F(HttpAccessTest, TheLogOfAJobIsForViewers) {
  EXPECT_EQ(Get("/v1/jobs/full-1/logs", "").status, 401);
  EXPECT_EQ(Get("/v1/jobs/full-1/logs", TokenOf(Role::kWorker)).status, 403);
  EXPECT_EQ(Get("/v1/jobs/full-1/logs", TokenOf(Role::kViewer)).status, 200);
}

TEST_F(HttpAccessTest, APathWithoutARuleIsNotFound) {
  EXPECT_EQ(Get("/debug", TokenOf(Role::kAdmin)).status, 404);
}

TEST_F(HttpAccessTest, ARefusalSaysWhatIsMissing) {
  const HttpResponse response = Get("/v1/jobs", "");

  EXPECT_THAT(response.body, HasSubstr("TOKEN_MISSING"));
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("WWW-Authenticate", "Bearer")));
}

TEST_F(HttpAccessTest, EventsAreOverWhenTheirTokenIsRevoked) {
  const NewToken made = tokens_.store().Create("vic", Role::kViewer, 0, 0).value();
  const HttpResponse response = Get("/v1/watch?topics=status", "Bearer " + made.secret);
  ASSERT_NE(response.events, nullptr);
  EXPECT_FALSE(response.events->IsOver());

  ASSERT_TRUE(tokens_.store().Revoke(made.token.id).ok());

  EXPECT_TRUE(response.events->IsOver());
}

}  // namespace
}  // namespace descent
