#include "common/credential_files.h"

#include <algorithm>
#include <iostream>

#include "common/file.h"
#include "common/loopback.h"

namespace descent {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::size_t kTokenBytesMax = 4096;

Result<std::string> ReadPem(const std::string& flag, const std::string& path) {
  if (path.empty()) return std::string();
  Result<std::string> text = ReadFile(path, kFileBytesMax);
  if (!text.ok()) return Status(text.status().code(), flag + ": " + text.status().message());
  if (text.value().find("-----BEGIN ") == std::string::npos)
    return Status(Code::kInvalidArgument, flag + ": " + path + " holds no PEM");
  return text;
}

// Without the white space around it.
std::string Trim(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Result<std::string> ReadToken(const std::string& path) {
  if (path.empty()) return std::string();
  std::string text;
  if (path == "-") {
    std::getline(std::cin, text);
  } else {
    Result<std::string> read = ReadFile(path, kTokenBytesMax);
    if (!read.ok()) return Status(read.status().code(), "--token-file: " + read.status().message());
    text = std::move(read).value();
  }
  std::string token = Trim(text);
  // gRPC ends the process that sends a header with any other character.
  const bool is_visible = std::ranges::all_of(token, [](char c) { return '!' <= c && c <= '~'; });
  if (!token.starts_with("dsc_") || !is_visible)
    return Status(Code::kInvalidArgument, "--token-file: " + (path == "-" ? "stdin" : path) +
                                              " holds no token, which begins with dsc_");
  return token;
}

}  // namespace

Result<Credentials> ReadCredentials(const CredentialFiles& files, const std::string& address) {
  if (files.certificate.empty() != files.key.empty())
    return Status(Code::kInvalidArgument, "--tls-cert and --tls-key go together");
  if (files.ca.empty() && !files.certificate.empty())
    return Status(Code::kInvalidArgument, "--tls-cert needs --tls-ca");
  if (files.ca.empty() && !files.token.empty() && !IsLoopbackHost(HostOf(address)))
    return Status(Code::kInvalidArgument, "--token-file: the token would travel to " + address +
                                              " in plain text; give --tls-ca too");
  Credentials credentials;
  DESCENT_ASSIGN(credentials.ca, ReadPem("--tls-ca", files.ca));
  DESCENT_ASSIGN(credentials.certificate, ReadPem("--tls-cert", files.certificate));
  DESCENT_ASSIGN(credentials.key, ReadPem("--tls-key", files.key));
  DESCENT_ASSIGN(credentials.token, ReadToken(files.token));
  return credentials;
}

std::vector<std::string> ArgumentsOf(const CredentialFiles& files) {
  std::vector<std::string> arguments;
  const auto add = [&](const char* flag, const std::string& file) {
    if (!file.empty()) arguments.insert(arguments.end(), {flag, file});
  };
  add("--tls-ca", files.ca);
  add("--tls-cert", files.certificate);
  add("--tls-key", files.key);
  add("--token-file", files.token);
  return arguments;
}

}  // namespace descent
