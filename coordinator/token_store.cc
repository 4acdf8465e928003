#include "coordinator/token_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "coordinator/audit_log.h"
#include "coordinator/token_secret.h"

namespace descent {
namespace {

constexpr std::size_t kTokensMax = 10000;
constexpr std::size_t kTokenNameCharactersMax = 63;
constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";

Status CheckNewToken(const std::string& name, double valid_seconds) {
  if (name.empty() || name.size() > kTokenNameCharactersMax ||
      name.find_first_not_of(kNameCharacters) != std::string::npos)
    return Status(Code::kInvalidArgument,
                  "name is \"" + name + "\", must be 1 to 63 characters of [a-zA-Z0-9._@-]");
  if (name == kActorLocal || name == kActorCoordinator)
    return Status(Code::kInvalidArgument,
                  "name is \"" + name + "\", which histories say of others: choose another");
  if (!std::isfinite(valid_seconds) || valid_seconds < 0)
    return Status(Code::kInvalidArgument, "valid_seconds is " + std::to_string(valid_seconds) +
                                              ", must be 0 (for ever) or more");
  return Status();
}

}  // namespace

Result<std::unique_ptr<TokenStore>> TokenStore::Open(const std::filesystem::path& path) {
  DESCENT_ASSIGN(Database database, Database::Open(path, Durability::kEveryCommit));
  std::unique_ptr<TokenStore> store(  // NOLINT: private constructor
      new TokenStore(std::move(database)));
  DESCENT_RETURN_IF_ERROR(store->Load());
  return store;
}

Status TokenStore::Load() {
  DESCENT_ASSIGN(Statement query,
                 database_.Prepare("SELECT hash, id, name, role, create_time, expire_time "
                                   "FROM tokens"));
  while (true) {
    DESCENT_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return Status();
    const std::optional<Role> role = RoleFromName(query.Bytes(3));
    if (!role) return Status(Code::kDataLoss, "a stored token has role " + query.Bytes(3));
    by_hash_[query.Bytes(0)] = {.id = query.Bytes(1),
                                .name = query.Bytes(2),
                                .role = *role,
                                .create_time = query.Real(4),
                                .expire_time = query.Real(5)};
    ids_.insert(query.Bytes(1));
  }
}

Result<NewToken> TokenStore::Create(const std::string& name, Role role, double valid_seconds,
                                    double now, std::string_view actor) {
  DESCENT_RETURN_IF_ERROR(CheckNewToken(name, valid_seconds));
  NewToken made{.token = {.id = MakeTokenId(),
                          .name = name,
                          .role = role,
                          .create_time = now,
                          .expire_time = valid_seconds == 0 ? 0 : now + valid_seconds},
                .secret = MakeTokenSecret()};
  const std::string hash = HashTokenSecret(made.secret);
  const std::lock_guard lock(mutex_);
  if (by_hash_.size() >= kTokensMax)
    return Status(Code::kResourceExhausted,
                  fmt::format("{} tokens are stored; revoke those that have expired", kTokensMax));
  DESCENT_RETURN_IF_ERROR(
      Record([&] { return Insert(made.token, hash); }, "TokenCreated", made.token, now, actor));
  by_hash_[hash] = made.token;
  ids_.insert(made.token.id);
  return made;
}

Status TokenStore::Insert(const Token& token, const std::string& hash) {
  DESCENT_ASSIGN(Statement insert,
                 database_.Prepare("INSERT INTO tokens(id, hash, name, role, create_time, "
                                   "expire_time) VALUES(?, ?, ?, ?, ?, ?)"));
  insert.Bind(0, token.id).BindBlob(1, hash).Bind(2, token.name).Bind(3, RoleName(token.role));
  return insert.Bind(4, token.create_time).Bind(5, token.expire_time).Run();
}

Status TokenStore::Remove(const std::string& id) {
  DESCENT_ASSIGN(Statement remove, database_.Prepare("DELETE FROM tokens WHERE id = ?"));
  return remove.Bind(0, id).Run();
}

Status TokenStore::Record(const std::function<Status()>& change, std::string type,
                          const Token& token, double now, std::string_view actor) {
  DESCENT_RETURN_IF_ERROR(database_.Begin());
  const StoreAudit audit{.actor = std::string(actor),
                         .type = std::move(type),
                         .subject = fmt::format("tokens/{}", token.id),
                         .message = fmt::format("{} of {}", RoleName(token.role), token.name)};
  Status status = change();
  if (status.ok()) status = AddAuditEvent(database_, audit, now);
  if (status.ok()) status = database_.Commit();
  if (!status.ok()) database_.Rollback();
  return status;
}

Status TokenStore::Revoke(const std::string& id, double now, std::string_view actor) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(by_hash_, [&](const auto& entry) { return entry.second.id == id; });
  if (found == by_hash_.end()) return Status(Code::kNotFound, "there is no token " + id);
  DESCENT_RETURN_IF_ERROR(
      Record([&] { return Remove(id); }, "TokenRevoked", found->second, now, actor));
  by_hash_.erase(found);
  ids_.erase(id);
  return Status();
}

std::vector<Token> TokenStore::List() const {
  std::vector<Token> tokens;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [hash, token] : by_hash_) tokens.push_back(token);
  }
  std::ranges::sort(tokens, {},
                    [](const Token& token) { return std::pair(token.create_time, token.id); });
  return tokens;
}

bool TokenStore::Has(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return ids_.contains(id);
}

std::optional<Token> TokenStore::Find(std::string_view secret) const {
  const std::string hash = HashTokenSecret(secret);
  const std::lock_guard lock(mutex_);
  const auto found = by_hash_.find(hash);
  return found == by_hash_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace descent
