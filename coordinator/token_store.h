#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "coordinator/database.h"
#include "coordinator/event.h"
#include "coordinator/role.h"

namespace descent {

struct Token {
  std::string id;
  // Whose it is: 1 to 63 characters of [a-zA-Z0-9._@-], none of the actors that are no token's
  // name.
  std::string name;
  Role role = Role::kViewer;
  double create_time = 0;  // seconds since the epoch
  double expire_time = 0;  // 0: never
};

struct NewToken {
  Token token;
  std::string secret;  // told now and never again
};

// The tokens that the coordinator accepts: in memory, and in the table `tokens` of state.db, which
// Store makes. Of a secret only its hash is kept. Any thread; Create and Revoke wait for the disk.
class TokenStore {
 public:
  // Over a file that Store has opened before. kDataLoss: a stored token cannot be read.
  static Result<std::unique_ptr<TokenStore>> Open(const std::filesystem::path& path);

  // `now` in seconds since the epoch, `valid_seconds` 0: for ever. kInvalidArgument: the name or
  // the time. kResourceExhausted: ten thousand are stored. `actor`, who asked for it, is put on
  // record with it.
  Result<NewToken> Create(const std::string& name, Role role, double valid_seconds, double now,
                          std::string_view actor = kActorCoordinator);

  // kNotFound. `now` and `actor` as above.
  Status Revoke(const std::string& id, double now, std::string_view actor);

  // By creation.
  std::vector<Token> List() const;

  // That it is stored, expired or not.
  bool Has(const std::string& id) const;

  // Those that have expired are found too.
  std::optional<Token> Find(std::string_view secret) const;

 private:
  explicit TokenStore(Database database) : database_(std::move(database)) {}

  Status Load();
  Status Insert(const Token& token, const std::string& hash);
  Status Remove(const std::string& id);
  // `change` and that it was made, by `actor`, together or not at all.
  Status Record(const std::function<Status()>& change, std::string type, const Token& token,
                double now, std::string_view actor);

  mutable std::mutex mutex_;  // guards the following
  Database database_;
  std::map<std::string, Token> by_hash_;
  std::set<std::string> ids_;  // of all of them
};

}  // namespace descent
