#include "coordinator/admin_token_file.h"

#include "common/file.h"
#include "common/log.h"

namespace descent {
namespace {

constexpr char kName[] = "operator";
constexpr std::size_t kSecretBytesMax = 256;

bool HoldsAdminToken(const std::filesystem::path& file, const TokenStore& tokens, double now) {
  const Result<std::string> text = ReadFile(file, kSecretBytesMax);
  if (!text.ok()) return false;
  const std::optional<Token> token = tokens.Find(text.value().substr(0, text.value().find('\n')));
  return token && token->role == Role::kAdmin &&
         (token->expire_time == 0 || token->expire_time > now);
}

}  // namespace

Status EnsureAdminToken(const std::filesystem::path& file, TokenStore& tokens, double now) {
  if (HoldsAdminToken(file, tokens, now)) return Status();
  DESCENT_ASSIGN(const NewToken made, tokens.Create(kName, Role::kAdmin, 0, now));
  DESCENT_RETURN_IF_ERROR(RemoveTree(file));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(file, made.secret + "\n"));
  LogInfo("admin token written id={} file={}", made.token.id, file.string());
  return Status();
}

}  // namespace descent
