#include "coordinator/http_access.h"

#include <gmock/gmock.h>

#include <optional>
#include <utility>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using testing::HasSubstr;

// What a coordinator serves that asks for tokens.
class HttpAccessTest : public HttpRoutesTest {
 protected:
  HttpAccessTest() : HttpRoutesTest(Admission::kTokens, Changes::kServed) {}

  HttpResponse Send(const std::string& method, const std::string& target,
                    const std::string& authorization) {
    HttpRequest request{method, target, "head.example.org:8080", authorization};
    request.content_type = "application/json";
    return routes_.Handle(request);
  }
  HttpResponse Send(const HttpRoute& route, const std::string& authorization) {
    return Send(std::string(route.method), PathOf(route), authorization);
  }
  HttpResponse Get(const std::string& target, const std::string& authorization) {
    return Send("GET", target, authorization);
  }
  std::string TokenOf(Role role) {
    return "Bearer " + tokens_.store().Create("somebody", role, 0, 0).value().secret;
  }

 private:
  // A path that the route serves.
  static std::string PathOf(const HttpRoute& route) {
    std::string path(route.pattern);
    const std::pair<std::string, std::string> values[] = {{"{job}", "full-1"},
                                                          {"{checkpoint}", "40"},
                                                          {"{file}", "model.safetensors"},
                                                          {"*", "main.js"}};
    for (const auto& [place, value] : values)
      if (const std::size_t at = path.find(place); at != std::string::npos)
        path.replace(at, place.size(), value);
    return path;
  }
};

// Nothing: everybody is let in.
std::optional<Role> RequiredBy(HttpAccess access) {
  switch (access) {
    case HttpAccess::kOpen:
      return std::nullopt;
    case HttpAccess::kViewer:
      return Role::kViewer;
    case HttpAccess::kUser:
      return Role::kUser;
  }
  return Role::kAdmin;
}

TEST_F(HttpAccessTest, WithoutATokenOnlyWhatIsOpenIsServed) {
  for (const HttpRoute& route : HttpRoutes::Table()) {
    const HttpResponse response = Send(route, "");

    EXPECT_EQ(response.status == 401, RequiredBy(route.access).has_value()) << route.pattern;
  }
}

TEST_F(HttpAccessTest, EveryRouteIsServedToTheRolesOfItsRuleAlone) {
  for (const Role role : {Role::kViewer, Role::kUser, Role::kAdmin, Role::kWorker}) {
    const std::string token = TokenOf(role);
    for (const HttpRoute& route : HttpRoutes::Table()) {
      const std::optional<Role> required = RequiredBy(route.access);
      const int status = Send(route, token).status;

      SCOPED_TRACE(std::string(route.method) + " " + std::string(route.pattern) + " as " +
                   std::string(RoleName(role)));
      EXPECT_EQ(status == 403, required && !Permits(role, *required));
      EXPECT_NE(status, 401);
      EXPECT_NE(status, 405);
    }
  }
}

TEST_F(HttpAccessTest, ProbesPagesAndTheSchemaAreOpenAndNothingElse) {
  std::vector<std::string_view> open;
  for (const HttpRoute& route : HttpRoutes::Table())
    if (route.access == HttpAccess::kOpen) open.push_back(route.pattern);

  EXPECT_THAT(open, testing::ElementsAre("/", "/assets/*", "/livez", "/readyz", "/healthz",
                                         "/schema/job.json"));
}

TEST_F(HttpAccessTest, WhateverChangesSomethingIsForUsers) {
  for (const HttpRoute& route : HttpRoutes::Table())
    EXPECT_EQ(route.method != "GET", route.access == HttpAccess::kUser) << route.pattern;
}

TEST_F(HttpAccessTest, AChangeIsMadeInTheNameOfTheTokensHolder) {
  const std::string token = TokenOf(Role::kUser);

  Send("POST", "/v1/jobs/full-1:cancel", token);

  EXPECT_EQ(last_change_.authorization, token);
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
  EXPECT_THAT(response.body, HasSubstr("descent token create"));
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("WWW-Authenticate", "Bearer")));
}

TEST_F(HttpAccessTest, EventsAreOverWhenTheirTokenIsRevoked) {
  const NewToken made = tokens_.store().Create("vic", Role::kViewer, 0, 0).value();
  const HttpResponse response = Get("/v1/watch?topics=status", "Bearer " + made.secret);
  ASSERT_NE(response.events, nullptr);
  EXPECT_FALSE(response.events->IsOver());

  ASSERT_TRUE(tokens_.store().Revoke(made.token.id, 0, "root").ok());

  EXPECT_TRUE(response.events->IsOver());
}

TEST_F(HttpAccessTest, ADownloadEndsWithItsToken) {
  ASSERT_TRUE(metrics_.Record({"full-1", {{"train/loss", 1, 0.5}}}, WallNow()).ok());
  const NewToken made = tokens_.store().Create("somebody", Role::kViewer, 0, 0).value();
  const HttpResponse response = Get("/v1/jobs/full-1/metrics?format=csv", "Bearer " + made.secret);
  ASSERT_NE(response.pieces, nullptr);
  EXPECT_TRUE(response.pieces->Next().ok());

  ASSERT_TRUE(tokens_.store().Revoke(made.token.id, 0, "root").ok());

  EXPECT_FALSE(response.pieces->Next().ok());
}

}  // namespace
}  // namespace descent
