#include "coordinator/webhook_url.h"

#include <gmock/gmock.h>

namespace descent {
namespace {

using testing::HasSubstr;

std::string UrlErrorOf(const std::string& text) {
  const Result<WebhookUrl> url = WebhookUrl::Parse(text);
  EXPECT_FALSE(url.ok()) << text;
  EXPECT_EQ(url.status().code(), Code::kInvalidArgument);
  return url.status().message();
}

TEST(WebhookUrlTest, ItsPartsAreWhatAConnectionNeeds) {
  const Result<WebhookUrl> parsed = WebhookUrl::Parse("https://example.org:8443/hooks/a?team=nlp");

  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const WebhookUrl& url = parsed.value();
  EXPECT_TRUE(url.is_https);
  EXPECT_EQ(url.address.host, "example.org");
  EXPECT_EQ(url.address.port, 8443);
  EXPECT_EQ(url.authority, "example.org:8443");
  EXPECT_EQ(url.target, "/hooks/a?team=nlp");
}

TEST(WebhookUrlTest, APortThatIsMissingIsThatOfTheScheme) {
  EXPECT_EQ(WebhookUrl::Parse("https://example.org/").value().address.port, 443);
  EXPECT_EQ(WebhookUrl::Parse("http://example.org/").value().address.port, 80);
  EXPECT_EQ(WebhookUrl::Parse("http://[::1]/").value().address.port, 80);
}

TEST(WebhookUrlTest, AnAddressOfSixteenBytesIsInBrackets) {
  const WebhookUrl url = WebhookUrl::Parse("http://[::1]:8000/a").value();

  EXPECT_EQ(url.address.host, "::1");
  EXPECT_EQ(url.address.port, 8000);
  EXPECT_EQ(url.authority, "[::1]:8000");
}

TEST(WebhookUrlTest, APathThatIsMissingIsTheRoot) {
  EXPECT_EQ(WebhookUrl::Parse("http://example.org").value().target, "/");
  EXPECT_EQ(WebhookUrl::Parse("http://example.org?a=b").value().target, "/?a=b");
}

TEST(WebhookUrlTest, OtherSchemesAreRefused) {
  for (const char* text : {"", "example.org", "ftp://example.org", "file:///etc/passwd"})
    EXPECT_EQ(UrlErrorOf(text), "must begin with https:// or http://");
}

TEST(WebhookUrlTest, AHostOrPortThatIsNoneIsRefusedWithWhatWasFound) {
  EXPECT_EQ(UrlErrorOf("http://host:99999/"),
            "has \"host:99999\" where HOST or HOST:PORT must be, with a port from 1 to 65535");
  for (const char* text :
       {"http:///a", "http://:80/", "http://host:0/", "http://host:/", "http://::1/", "http://"})
    EXPECT_THAT(UrlErrorOf(text), HasSubstr("where HOST or HOST:PORT must be")) << text;
}

TEST(WebhookUrlTest, APasswordIsRefusedAndNotRepeated) {
  const std::string error = UrlErrorOf("https://alice:tops3cret@example.org/");

  EXPECT_THAT(error, HasSubstr("has a user or a password"));
  EXPECT_THAT(error, testing::Not(HasSubstr("tops3cret")));
}

TEST(WebhookUrlTest, WhatCouldBeginAnotherHeaderIsRefused) {
  EXPECT_EQ(UrlErrorOf("http://h/\r\nX: y"),
            "has a character at position 10 that must be percent-encoded");
  EXPECT_EQ(UrlErrorOf("http://h/a b"),
            "has a character at position 11 that must be percent-encoded");
  EXPECT_THAT(UrlErrorOf("http://h/a#b"), HasSubstr("has a fragment (#)"));
}

TEST(WebhookUrlTest, LogsHaveNeitherItsPathNorItsQuery) {
  EXPECT_EQ(WebhookUrl::Parse("https://example.org:1/s3cret?token=x").value().Origin(),
            "https://example.org:1");
}

TEST(WebhookUrlTest, AnotherPathMakesAnotherWebhook) {
  const WebhookUrl url = WebhookUrl::Parse("http://h/a").value();

  EXPECT_EQ(url, WebhookUrl::Parse("http://h/a").value());
  EXPECT_NE(url.Id(), WebhookUrl::Parse("http://h/b").value().Id());
  EXPECT_NE(url.Id(), WebhookUrl::Parse("https://h/a").value().Id());
}

}  // namespace
}  // namespace descent
