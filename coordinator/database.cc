#include "coordinator/database.h"

#include <sqlite3.h>

#include <limits>
#include <utility>

namespace descent {
namespace {

constexpr int kBusyTimeoutMilliseconds = 2000;

Code CodeOf(int sqlite_error) {
  switch (sqlite_error & 0xff) {
    case SQLITE_FULL:
      return Code::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR:
      return Code::kInternal;
    default:
      return Code::kUnavailable;
  }
}

Status ErrorOf(sqlite3* handle) {
  const char* file = sqlite3_db_filename(handle, "main");
  return Status(CodeOf(sqlite3_extended_errcode(handle)),
                std::string(file == nullptr ? "database" : file) + ": " + sqlite3_errmsg(handle));
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::Bind(int parameter, std::int64_t value) {
  DESCENT_CHECK(sqlite3_bind_int64(statement_.get(), parameter + 1, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(int parameter, double value) {
  DESCENT_CHECK(sqlite3_bind_double(statement_.get(), parameter + 1, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(int parameter, std::string_view text) {
  // A null pointer would bind null, which is not the empty text.
  const char* start = text.data() == nullptr ? "" : text.data();
  DESCENT_CHECK(sqlite3_bind_text64(statement_.get(), parameter + 1, start, text.size(),
                                    SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::BindBlob(int parameter, std::string_view bytes) {
  DESCENT_CHECK(sqlite3_bind_blob64(statement_.get(), parameter + 1, bytes.data(), bytes.size(),
                                    SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::Step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  Status status = ErrorOf(sqlite3_db_handle(statement_.get()));
  Reset();
  return status;
}

Status Statement::Run() {
  DESCENT_ASSIGN(const bool has_row, Step());
  DESCENT_CHECK(!has_row);
  Reset();
  return Status();
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::Real(int column) const {
  if (IsNull(column)) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::Bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return std::string(bytes, sqlite3_column_bytes(statement_.get(), column));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::OpenWithFlags(const std::filesystem::path& path, int flags) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);  // even a failed open leaves a handle to close
  if (result != SQLITE_OK)
    return Status(CodeOf(result), "cannot open " + path.string() + ": " + sqlite3_errstr(result));
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMilliseconds);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  DESCENT_RETURN_IF_ERROR(database.Execute("PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON"));
  return database;
}

Result<Database> Database::Open(const std::filesystem::path& path, Durability durability) {
  DESCENT_ASSIGN(Database database,
                 OpenWithFlags(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // SQLite reads where it cannot open to write, even if that is for a moment, and stays so.
  if (sqlite3_db_readonly(database.handle_.get(), "main") == 1)
    return Status(Code::kUnavailable, path.string() + " cannot be opened to be written");
  DESCENT_RETURN_IF_ERROR(database.Execute("PRAGMA journal_mode=WAL"));
  DESCENT_RETURN_IF_ERROR(database.Execute(durability == Durability::kEveryCommit
                                               ? "PRAGMA synchronous=FULL"
                                               : "PRAGMA synchronous=NORMAL"));
  return database;
}

Result<Database> Database::OpenReadOnly(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return Status(Code::kNotFound, path.string() + ": no such file");
  return OpenWithFlags(path, SQLITE_OPEN_READONLY);
}

void Database::WaitForOthers(std::chrono::milliseconds time_max) {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(time_max.count()));
}

Result<std::size_t> Database::Version() {
  DESCENT_ASSIGN(Statement query, Prepare("PRAGMA user_version"));
  DESCENT_ASSIGN(const bool has_row, query.Step());
  DESCENT_CHECK(has_row);
  return static_cast<std::size_t>(query.Integer(0));
}

Status Database::Migrate(std::span<const std::string_view> migrations) {
  DESCENT_ASSIGN(const std::size_t version, Version());
  if (version > migrations.size())
    return Status(Code::kFailedPrecondition,
                  std::string(sqlite3_db_filename(handle_.get(), "main")) + " has schema version " +
                      std::to_string(version) + ", this program knows versions up to " +
                      std::to_string(migrations.size()));
  for (std::size_t n = version; n < migrations.size(); ++n) {
    DESCENT_RETURN_IF_ERROR(Begin());
    Status status = Execute(migrations[n]);
    // PRAGMA takes no parameters; the number is ours.
    if (status.ok()) status = Execute("PRAGMA user_version=" + std::to_string(n + 1));
    if (status.ok()) status = Commit();
    if (!status.ok()) {
      Rollback();
      return status;
    }
  }
  return Status();
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) return ErrorOf(handle_.get());
  return Statement(statement);
}

Status Database::Execute(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return ErrorOf(handle_.get());
  return Status();
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

Status Database::CopyTo(const std::filesystem::path& path) {
  DESCENT_ASSIGN(Database copy, OpenWithFlags(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  sqlite3_backup* const backup =
      sqlite3_backup_init(copy.handle_.get(), "main", handle_.get(), "main");
  if (backup == nullptr) return ErrorOf(copy.handle_.get());
  const int result = sqlite3_backup_step(backup, /*pages=*/-1);
  sqlite3_backup_finish(backup);
  if (result == SQLITE_DONE) return Status();
  return Status(CodeOf(result), "cannot copy to " + path.string() + ": " + sqlite3_errstr(result));
}

// Immediate: a transaction that is going to write takes the lock before it reads.
Status Database::Begin() { return Execute("BEGIN IMMEDIATE"); }

Status Database::Commit() { return Execute("COMMIT"); }

void Database::Rollback() {
  // A failed COMMIT may have rolled back already; then there is nothing to do.
  if (sqlite3_get_autocommit(handle_.get()) == 0)
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace descent
