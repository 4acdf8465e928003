#include "coordinator/state_backup.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "common/file.h"
#include "common/log.h"
#include "coordinator/database.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBackupsDirectory = "backups";
constexpr std::string_view kPartial = ".partial";  // no name of a backup begins with a dot
constexpr std::size_t kNameCharactersMax = 63;

bool IsName(std::string_view name) {
  const auto is_allowed = [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameCharactersMax && name.front() != '.' &&
         std::ranges::all_of(name, is_allowed);
}

std::string NameOf(WallTime time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

Result<std::vector<std::string>> JobIds(Database& store) {
  std::vector<std::string> ids;
  DESCENT_ASSIGN(Statement rows, store.Prepare("SELECT id FROM jobs"));
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return ids;
    ids.push_back(rows.Bytes(0));
  }
}

// The jobs that the copy has.
Result<std::vector<std::string>> CopyStore(const fs::path& from, const fs::path& to) {
  DESCENT_ASSIGN(Database store, Database::OpenReadOnly(from));
  DESCENT_RETURN_IF_ERROR(store.Execute("BEGIN"));  // both look at the same jobs
  DESCENT_ASSIGN(std::vector<std::string> job_ids, JobIds(store));
  DESCENT_RETURN_IF_ERROR(store.CopyTo(to));
  return job_ids;
}

// A job that has measured nothing yet, or that was deleted since, has no file.
Status CopyIfPresent(const fs::path& from, const fs::path& to) {
  Result<Database> metrics = Database::OpenReadOnly(from);
  if (metrics.status().code() == Code::kNotFound) return Status();
  DESCENT_ASSIGN(Database opened, std::move(metrics));
  return opened.CopyTo(to);
}

Result<StateBackup> Fill(const fs::path& directory, const fs::path& store_file,
                         const MetricStore& metrics) {
  const fs::path state_directory = store_file.parent_path();
  DESCENT_ASSIGN(const std::vector<std::string> job_ids,
                 CopyStore(store_file, directory / store_file.filename()));
  for (const std::string& job_id : job_ids) {
    const fs::path from = metrics.FileOf(job_id);
    const fs::path to = directory / from.lexically_relative(state_directory);
    DESCENT_RETURN_IF_ERROR(MakeDirectories(to.parent_path()));
    DESCENT_RETURN_IF_ERROR(CopyIfPresent(from, to));
  }
  StateBackup backup{.directory = directory, .jobs = static_cast<int>(job_ids.size())};
  std::error_code error;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory, error)) {
    if (entry.is_directory(error)) DESCENT_RETURN_IF_ERROR(SyncDirectory(entry.path()));
    if (entry.is_regular_file(error))
      backup.bytes += static_cast<std::int64_t>(entry.file_size(error));
  }
  if (error) return Status(Code::kUnavailable, directory.string() + ": " + error.message());
  DESCENT_RETURN_IF_ERROR(SyncDirectory(directory));
  return backup;
}

}  // namespace

Result<StateBackup> BackUpState(const fs::path& store_file, const MetricStore& metrics,
                                const std::string& name, WallTime now) {
  if (!name.empty() && !IsName(name))
    return Status(Code::kInvalidArgument,
                  "\"" + name +
                      "\" is no name of a backup, must be 1 to 63 characters of [a-zA-Z0-9._-], "
                      "the first not a dot");
  const fs::path backups = store_file.parent_path() / kBackupsDirectory;
  const fs::path directory = backups / (name.empty() ? NameOf(now) : name);
  const fs::path partial = backups / kPartial;
  std::error_code error;
  if (fs::exists(directory, error))
    return Status(Code::kAlreadyExists, directory.string() + " is there already");
  DESCENT_RETURN_IF_ERROR(RemoveTree(partial));  // of one that was interrupted
  DESCENT_RETURN_IF_ERROR(MakeDirectories(partial));
  Result<StateBackup> backup = Fill(partial, store_file, metrics);
  Status status = backup.status();
  if (status.ok()) status = RenameNoReplace(partial, directory);
  if (status.ok()) status = SyncDirectory(backups);
  if (!status.ok()) {
    if (const Status removed = RemoveTree(partial); !removed.ok())
      LogWarning("unfinished backup not removed error=\"{}\"", removed.ToString());
    return status;
  }
  return StateBackup{
      .directory = directory, .bytes = backup.value().bytes, .jobs = backup.value().jobs};
}

}  // namespace descent
