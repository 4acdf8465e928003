#include "checkpoint/checkpoint_directory.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "checkpoint/manifest.h"
#include "common/failpoint.h"
#include "common/file.h"

namespace descent {
namespace {

constexpr std::string_view kPublishedPrefix = "step-";
constexpr std::string_view kTemporaryPrefix = ".tmp-";
constexpr std::string_view kDeletedPrefix = ".del-";

// Only the one way in which this program writes a number: no sign, no leading zero.
std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || fmt::to_string(number) != text) return std::nullopt;
  return number;
}

struct Leftover {
  bool is_deleted = false;  // or being written
  std::int64_t step = 0;
  std::int64_t generation = 0;
};

// Of ".tmp-<n>-<generation>" and ".del-<n>-<generation>".
std::optional<Leftover> ParseLeftover(std::string_view name) {
  const bool is_deleted = name.starts_with(kDeletedPrefix);
  if (!is_deleted && !name.starts_with(kTemporaryPrefix)) return std::nullopt;
  name.remove_prefix(kTemporaryPrefix.size());
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::optional<std::int64_t> step = ParseNumber(name.substr(0, dash));
  const std::optional<std::int64_t> generation = ParseNumber(name.substr(dash + 1));
  if (!step || !generation) return std::nullopt;
  return Leftover{.is_deleted = is_deleted, .step = *step, .generation = *generation};
}

}  // namespace

std::string PublishedName(std::int64_t step) { return fmt::format("{}{}", kPublishedPrefix, step); }

std::string TemporaryName(std::int64_t step, std::int64_t generation) {
  return fmt::format("{}{}-{}", kTemporaryPrefix, step, generation);
}

std::string DeletedName(std::int64_t step, std::int64_t generation) {
  return fmt::format("{}{}-{}", kDeletedPrefix, step, generation);
}

std::optional<std::int64_t> StepOfPublishedName(std::string_view name) {
  if (!name.starts_with(kPublishedPrefix)) return std::nullopt;
  return ParseNumber(name.substr(kPublishedPrefix.size()));
}

Result<std::vector<CheckpointEntry>> FindCheckpoints(const std::filesystem::path& root) {
  const Result<std::vector<std::string>> names = ListDirectory(root);
  if (names.status().code() == Code::kNotFound) return std::vector<CheckpointEntry>();
  if (!names.ok()) return names.status();
  std::vector<CheckpointEntry> entries;
  for (const std::string& name : names.value()) {
    const std::optional<std::int64_t> step = StepOfPublishedName(name);
    std::error_code ignored;
    if (step && std::filesystem::exists(root / name / kManifestName, ignored))
      entries.push_back({.step = *step, .directory = root / name});
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  return entries;
}

Status RemoveLeftovers(const std::filesystem::path& root, std::int64_t generation) {
  DESCENT_ASSIGN(const std::vector<std::string> names, ListDirectory(root));
  for (const std::string& name : names) {
    const std::optional<Leftover> found = ParseLeftover(name);
    if (found && found->generation <= generation) DESCENT_RETURN_IF_ERROR(RemoveTree(root / name));
  }
  return Status();
}

Result<bool> RemoveCheckpoint(const std::filesystem::path& root, std::int64_t step,
                              std::int64_t generation) {
  const Result<std::vector<std::string>> names = ListDirectory(root);
  if (names.status().code() == Code::kNotFound) return false;
  if (!names.ok()) return names.status();
  bool is_leftover = false;
  for (const std::string& name : names.value()) {
    const std::optional<Leftover> found = ParseLeftover(name);
    if (!found || !found->is_deleted || found->step != step || found->generation > generation)
      continue;
    is_leftover = true;
    DESCENT_RETURN_IF_ERROR(RemoveTree(root / name));
  }
  const std::filesystem::path deleted = root / DeletedName(step, generation);
  DESCENT_FAILPOINT("checkpoint.remove.before");
  const Status renamed = RenameNoReplace(root / PublishedName(step), deleted);
  if (renamed.code() == Code::kNotFound) return is_leftover;
  DESCENT_RETURN_IF_ERROR(renamed);
  DESCENT_FAILPOINT("checkpoint.remove.renamed");
  DESCENT_RETURN_IF_ERROR(SyncDirectory(root));
  DESCENT_RETURN_IF_ERROR(RemoveTree(deleted));
  DESCENT_FAILPOINT("checkpoint.remove.after");
  return true;
}

Status RemoveOldCheckpoints(const std::filesystem::path& root,
                            std::span<const std::int64_t> kept_steps, std::int64_t generation) {
  if (kept_steps.empty()) return Status();
  DESCENT_ASSIGN(const std::vector<CheckpointEntry> entries, FindCheckpoints(root));
  for (const CheckpointEntry& entry : entries) {
    if (entry.step >= kept_steps.back()) break;
    if (std::ranges::binary_search(kept_steps, entry.step)) continue;
    DESCENT_RETURN_IF_ERROR(RemoveCheckpoint(root, entry.step, generation).status());
  }
  return Status();
}

}  // namespace descent
