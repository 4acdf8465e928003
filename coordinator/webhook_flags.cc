#include "coordinator/webhook_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "common/file.h"
#include "coordinator/tls.h"

namespace descent {
namespace {

constexpr std::size_t kUrlsMax = 16;  // a thread each
constexpr std::size_t kSecretBytesMin = 16;
constexpr std::size_t kWebhookSecretBytesMax = 4096;

Status RefuseFlag(std::string message) {
  return Status(Code::kInvalidArgument, std::move(message));
}

// By their place: what is in a URL may be a secret.
Result<std::vector<WebhookUrl>> ParseUrls(const std::vector<std::string>& texts) {
  if (texts.size() > kUrlsMax)
    return RefuseFlag(
        fmt::format("--webhook is given {} times, may be {}", texts.size(), kUrlsMax));
  std::vector<WebhookUrl> urls;
  for (const std::string& text : texts) {
    const std::string which =
        texts.size() == 1 ? "--webhook" : fmt::format("--webhook number {}", urls.size() + 1);
    Result<WebhookUrl> url = WebhookUrl::Parse(text);
    if (!url.ok()) return RefuseFlag(fmt::format("{}: {}", which, url.status().message()));
    if (std::ranges::find(urls, url.value()) != urls.end())
      return RefuseFlag(which + ": is given twice");
    urls.push_back(std::move(url).value());
  }
  return urls;
}

Result<WebhookEvents> ParseEvents(const std::vector<std::string>& names) {
  if (names.empty()) return DefaultWebhookEvents();
  for (const std::string& name : names)
    if (std::ranges::find(AllWebhookEvents(), name) == AllWebhookEvents().end())
      return RefuseFlag(fmt::format("--webhook-events: \"{}\" is none of {}", name,
                                    fmt::join(AllWebhookEvents(), ", ")));
  return WebhookEvents(names.begin(), names.end());
}

// Without the line end, which an editor adds.
Result<std::string> ReadSecret(const std::string& path) {
  Result<std::string> text = ReadFile(path, kWebhookSecretBytesMax);
  if (!text.ok())
    return Status(text.status().code(), "--webhook-secret-file: " + text.status().message());
  std::string secret = std::move(text).value();
  secret.resize(secret.find_last_not_of("\r\n") + 1);
  const bool is_visible = std::ranges::all_of(secret, [](char c) { return '!' <= c && c <= '~'; });
  if (!is_visible || secret.size() < kSecretBytesMin)
    return RefuseFlag(fmt::format(
        "--webhook-secret-file: {} has {} characters{}, must have at least "
        "{}, on one line and without spaces: openssl rand -hex 32",
        path, secret.size(), is_visible ? "" : ", not all of them visible", kSecretBytesMin));
  return secret;
}

}  // namespace

void DeclareWebhookFlags(CLI::App& app, WebhookFlags& flags) {
  CLI::Option* const url =
      app.add_option("--webhook", flags.urls,
                     "Tell this URL, https:// or http://, when a job ends; any number of times")
          ->type_name("URL")
          ->allow_extra_args(false);
  app.add_option("--webhook-secret-file", flags.secret_file,
                 "Sign what webhooks are told with the secret in this file")
      ->needs(url);
  app.add_option("--webhook-events", flags.events,
                 "What webhooks are told of [JobSucceeded,JobFailed,JobCancelled]; also "
                 "JobCreated, JobStarted, JobRecovering, JobSuspended")
      ->type_name("EVENT,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(url);
  app.add_option("--webhook-ca", flags.ca_file,
                 "PEM file of who vouches for https:// receivers [whom this machine trusts]")
      ->needs(url);
}

Result<WebhookOptions> ResolveWebhookFlags(const WebhookFlags& flags) {
  WebhookOptions options;
  if (flags.urls.empty()) return options;
  DESCENT_ASSIGN(options.urls, ParseUrls(flags.urls));
  DESCENT_ASSIGN(options.events, ParseEvents(flags.events));
  if (!flags.secret_file.empty()) {
    DESCENT_ASSIGN(options.secret, ReadSecret(flags.secret_file));
  }
  if (!flags.ca_file.empty()) {
    DESCENT_ASSIGN(options.authority, ReadAuthority("--webhook-ca", flags.ca_file));
  }
  return options;
}

}  // namespace descent
