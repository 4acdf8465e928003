#include "coordinator/token_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "coordinator/admin_token_file.h"
#include "coordinator/audit_log.h"
#include "coordinator/store.h"
#include "coordinator/token_secret.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr double kNow = 1'800'000'000;

class TokenStoreTest : public testing::Test {
 protected:
  TokenStoreTest() {
    EXPECT_TRUE(Store::Open(path_).ok());
    Open();
  }

  void Open() {
    Result<std::unique_ptr<TokenStore>> tokens = TokenStore::Open(path_);
    ASSERT_TRUE(tokens.ok()) << tokens.status();
    tokens_ = std::move(tokens).value();
  }
  NewToken Create(const std::string& name, Role role, double valid_seconds = 0) {
    const Result<NewToken> made = tokens_->Create(name, role, valid_seconds, kNow);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value();
  }
  std::string AdminToken() {
    EXPECT_TRUE(EnsureAdminToken(file_, *tokens_, kNow).ok());
    std::ifstream stream(file_);
    std::string line;
    std::getline(stream, line);
    return line;
  }

  const TemporaryDirectory directory_;
  const fs::path path_ = directory_.path() / "state.db";
  const fs::path file_ = directory_.path() / "admin-token";
  std::unique_ptr<TokenStore> tokens_;
};

TEST(TokenSecretTest, ASecretHas256RandomBitsAfterItsPrefix) {
  const std::string secret = MakeTokenSecret();

  EXPECT_EQ(secret.substr(0, 4), "dsc_");
  EXPECT_EQ(secret.size(), 4u + 43u);
  EXPECT_EQ(secret.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-_"),
            std::string::npos);
  EXPECT_NE(secret, MakeTokenSecret());
}

// The example of FIPS 180-2, appendix B.1.
TEST(TokenSecretTest, HashesAreThoseOfSha256) {
  using namespace std::string_view_literals;

  EXPECT_EQ(HashTokenSecret("abc"),
            "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\xb0\x03\x61\xa3\x96"
            "\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad"sv);
}

TEST_F(TokenStoreTest, ATokenIsFoundByItsSecretAlone) {
  const NewToken made = Create("alice", Role::kUser, 60);

  const std::optional<Token> found = tokens_->Find(made.secret);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "alice");
  EXPECT_EQ(found->role, Role::kUser);
  EXPECT_EQ(found->create_time, kNow);
  EXPECT_EQ(found->expire_time, kNow + 60);
  EXPECT_FALSE(tokens_->Find(made.token.id));
  EXPECT_FALSE(tokens_->Find(made.secret + "x"));
  EXPECT_FALSE(tokens_->Find(""));
}

TEST_F(TokenStoreTest, TokensSurviveARestart) {
  const NewToken made = Create("alice", Role::kAdmin);

  Open();

  const std::optional<Token> found = tokens_->Find(made.secret);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, made.token.id);
  EXPECT_EQ(found->role, Role::kAdmin);
}

TEST_F(TokenStoreTest, ARevokedTokenIsForgottenForGood) {
  const NewToken made = Create("alice", Role::kUser);

  ASSERT_TRUE(tokens_->Revoke(made.token.id, 0, "root").ok());

  EXPECT_FALSE(tokens_->Find(made.secret));
  Open();
  EXPECT_FALSE(tokens_->Find(made.secret));
  EXPECT_EQ(tokens_->Revoke(made.token.id, 0, "root").code(), Code::kNotFound);
}

TEST_F(TokenStoreTest, NoSecretIsOnTheDisk) {
  const NewToken made = Create("alice", Role::kUser);
  tokens_.reset();

  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
    EXPECT_EQ(bytes.find(made.secret.substr(4)), std::string::npos) << entry.path();
  }
}

TEST_F(TokenStoreTest, AListIsByCreation) {
  const NewToken late = tokens_->Create("late", Role::kUser, 0, kNow + 1).value();
  const NewToken early = Create("early", Role::kUser);

  const std::vector<Token> tokens = tokens_->List();

  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].id, early.token.id);
  EXPECT_EQ(tokens[1].id, late.token.id);
}

TEST_F(TokenStoreTest, ANameThatIsNoneIsRefused) {
  for (const std::string& name : {std::string(), std::string("a b"), std::string(64, 'a')})
    EXPECT_EQ(tokens_->Create(name, Role::kUser, 0, kNow).status().code(), Code::kInvalidArgument)
        << name;
}

TEST_F(TokenStoreTest, NobodyIsCalledAsHistoriesCallOthers) {
  for (const char* name : {"local", "coordinator"})
    EXPECT_EQ(tokens_->Create(name, Role::kUser, 0, kNow).status().code(), Code::kInvalidArgument)
        << name;
}

TEST_F(TokenStoreTest, WhoMadeAndRevokedItIsOnRecord) {
  const NewToken made = tokens_->Create("alice", Role::kUser, 0, kNow, "root").value();
  ASSERT_TRUE(tokens_->Revoke(made.token.id, kNow + 1, "carol").ok());

  const Result<std::vector<AuditEvent>> events = ReadAuditEvents(path_, std::nullopt, 10);

  ASSERT_TRUE(events.ok()) << events.status();
  ASSERT_EQ(events.value().size(), 2u);
  const AuditEvent& revoked = events.value()[0];
  EXPECT_EQ(revoked.change.actor, "carol");
  EXPECT_EQ(revoked.change.type, "TokenRevoked");
  EXPECT_EQ(revoked.change.subject, "tokens/" + made.token.id);
  EXPECT_EQ(revoked.time, kNow + 1);
  const AuditEvent& created = events.value()[1];
  EXPECT_EQ(created.change.actor, "root");
  EXPECT_EQ(created.change.type, "TokenCreated");
  EXPECT_EQ(created.change.message, "user of alice");
}

TEST_F(TokenStoreTest, ATimeThatIsNoneIsRefused) {
  EXPECT_EQ(tokens_->Create("alice", Role::kUser, -1, kNow).status().code(),
            Code::kInvalidArgument);
}

TEST_F(TokenStoreTest, TheFirstStartWritesAnAdminTokenForTheOperatorAlone) {
  const std::string secret = AdminToken();

  const std::optional<Token> token = tokens_->Find(secret);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->role, Role::kAdmin);
  EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(TokenStoreTest, ALaterStartKeepsTheAdminToken) {
  const std::string secret = AdminToken();
  Open();

  EXPECT_EQ(AdminToken(), secret);
}

TEST_F(TokenStoreTest, ARevokedAdminTokenIsReplacedAtTheNextStart) {
  const std::string secret = AdminToken();
  ASSERT_TRUE(tokens_->Revoke(tokens_->Find(secret)->id, 0, "root").ok());

  const std::string next = AdminToken();

  EXPECT_NE(next, secret);
  EXPECT_TRUE(tokens_->Find(next));
}

}  // namespace
}  // namespace descent
