#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace descent {

// One prepared statement of a Database, which must outlive it. Parameters and columns count from 0.
// Text and blobs that are bound must live until the next Reset.
class Statement {
 public:
  Statement& Bind(int parameter, std::int64_t value);
  Statement& Bind(int parameter, double value);  // NaN is stored as null
  Statement& Bind(int parameter, std::string_view text);
  Statement& BindBlob(int parameter, std::string_view bytes);

  // True: there is a row to read. False: done. A statement starts again after Reset or Run.
  Result<bool> Step();
  Status Run();  // steps to the end, then resets; for statements without rows
  void Reset();

  std::int64_t Integer(int column) const;
  double Real(int column) const;  // null reads as NaN
  std::string Bytes(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

enum class Durability {
  kEveryCommit,  // a commit survives power loss (synchronous=FULL)
  kConsistent,   // power loss may undo the last commits, never damage the file (synchronous=NORMAL)
};

// An SQLite file in WAL mode. One thread at a time; another process or thread opens its own.
// Errors: kResourceExhausted: disk full. kDataLoss: the file is damaged. kUnavailable: busy, or any
// other I/O error. Every message names the file.
class Database {
 public:
  // Creates the file if it is missing. kUnavailable: also where it may only be read.
  static Result<Database> Open(const std::filesystem::path& path, Durability durability);
  // kNotFound if there is no file.
  static Result<Database> OpenReadOnly(const std::filesystem::path& path);

  // How long a call waits for others that have the file locked; two seconds unless told otherwise.
  void WaitForOthers(std::chrono::milliseconds time_max);

  // The schema version: 0 until the first migration.
  Result<std::size_t> Version();

  // Runs `migrations[n]` for each n from the file's version on, each in its own transaction that
  // also stores version n + 1. kFailedPrecondition: the file is of a newer program.
  Status Migrate(std::span<const std::string_view> migrations);

  Result<Statement> Prepare(std::string_view sql);
  Status Execute(std::string_view sql);  // fixed text of ours only: any number of statements

  // The row id of the last row that was inserted.
  std::int64_t last_insert_id() const;

  // Writes what the file holds now, as a whole, into a new one, while others go on writing. Inside
  // a transaction it is what that sees.
  Status CopyTo(const std::filesystem::path& path);

  // The calls between Begin and Commit take effect together, or not at all after Rollback.
  Status Begin();
  Status Commit();
  void Rollback();

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}

  static Result<Database> OpenWithFlags(const std::filesystem::path& path, int flags);

  std::unique_ptr<sqlite3, Closer> handle_;
};

}  // namespace descent
