#include "worker/data/npz_file.h"

#include <spdlog/fmt/fmt.h>
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "common/limits.h"
#include "common/spec_checker.h"
#include "worker/data/file_problems.h"
#include "worker/data/npy_file.h"

namespace descent {
namespace {

constexpr std::string_view kEnding = ".npy";
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

struct EntryCloser {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};
using Entry = std::unique_ptr<zip_file_t, EntryCloser>;

Status Problem(const std::filesystem::path& path, std::string_view problem) {
  return Status(Code::kInvalidArgument, fmt::format("{}: {}", path.string(), problem));
}

// Refuses what an entry says of itself before it is opened.
Status CheckEntry(const zip_stat_t& facts) {
  const zip_uint64_t wanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((facts.valid & wanted) != wanted)
    return Status(Code::kInvalidArgument, "an entry without a size or a method");
  if (facts.encryption_method != ZIP_EM_NONE)
    return Status(Code::kInvalidArgument, "encrypted, must not be");
  if (facts.comp_method != ZIP_CM_STORE && facts.comp_method != ZIP_CM_DEFLATE)
    return Status(Code::kInvalidArgument, fmt::format("compressed by method {}, must be stored or "
                                                      "deflated",
                                                      facts.comp_method));
  return Status();
}

// All bytes of an entry; the archive's checksum is compared at its end.
Result<std::vector<std::byte>> ReadAll(zip_file_t* entry, std::size_t wanted) {
  std::vector<std::byte> bytes;
  while (bytes.size() < wanted) {
    const std::size_t done = bytes.size();
    bytes.resize(done + std::min(kBlockBytes, wanted - done));
    const zip_int64_t count = zip_fread(entry, bytes.data() + done, bytes.size() - done);
    if (count < 0)
      return Status(Code::kInvalidArgument, fmt::format("damaged: {}", zip_file_strerror(entry)));
    bytes.resize(done + static_cast<std::size_t>(count));
    if (count == 0) break;
  }
  std::byte beyond{};
  const zip_int64_t more = zip_fread(entry, &beyond, 1);
  if (more < 0)
    return Status(Code::kInvalidArgument, fmt::format("damaged: {}", zip_file_strerror(entry)));
  if (bytes.size() < wanted || more > 0)
    return Status(Code::kInvalidArgument,
                  fmt::format("{} {} bytes, must be {} as the archive says",
                              more > 0 ? "more than" : "only", bytes.size(), wanted));
  return bytes;
}

Result<Array> ReadArray(zip_t* archive, zip_uint64_t index) {
  zip_stat_t facts;
  zip_stat_init(&facts);
  if (zip_stat_index(archive, index, 0, &facts) != 0)
    return Status(Code::kInvalidArgument, zip_strerror(archive));
  DESCENT_RETURN_IF_ERROR(CheckEntry(facts));
  const Entry entry(zip_fopen_index(archive, index, 0));
  if (!entry) return Status(Code::kInvalidArgument, zip_strerror(archive));
  DESCENT_ASSIGN(std::vector<std::byte> bytes, ReadAll(entry.get(), facts.size));
  DESCENT_ASSIGN(NpyHeader header, ParseNpyHeader(bytes));
  return Array(header.type, std::move(header.shape), std::move(bytes), header.values_offset);
}

}  // namespace

void NpzFile::Closer::operator()(zip_t* archive) const { zip_discard(archive); }

NpzFile::NpzFile(std::filesystem::path path, std::unique_ptr<zip_t, Closer> archive)
    : path_(std::move(path)), archive_(std::move(archive)) {}

Result<NpzFile> NpzFile::Open(const std::filesystem::path& path) {
  int error = 0;
  std::unique_ptr<zip_t, Closer> archive(
      zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &error));
  if (!archive) {
    zip_error_t described;
    zip_error_init_with_code(&described, error);
    const std::string text = zip_error_strerror(&described);
    zip_error_fini(&described);
    return Problem(path, "cannot be read as NPZ: " + text);
  }
  const zip_int64_t entries = zip_get_num_entries(archive.get(), 0);
  if (entries > static_cast<zip_int64_t>(limits::kArchiveEntriesMax))
    return Problem(
        path, fmt::format("{} entries, must be at most {}", entries, limits::kArchiveEntriesMax));
  return NpzFile(path, std::move(archive));
}

std::vector<std::string> NpzFile::Names() const {
  std::vector<std::string> names;
  const zip_int64_t entries = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    const char* const name =
        zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    std::string_view text = name == nullptr ? "" : name;
    if (text.ends_with(kEnding)) text.remove_suffix(kEnding.size());
    names.emplace_back(text);
  }
  return names;
}

Result<Array> NpzFile::Read(const std::string& name) const {
  const std::vector<std::string> names = Names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    return Problem(
        path_, fmt::format("no array {}, must be one of: {}", Quoted(name), ListedNames(names)));
  Result<Array> array = ReadArray(archive_.get(), static_cast<zip_uint64_t>(found - names.begin()));
  if (!array.ok())
    return Problem(path_, fmt::format("array {}: {}", Printable(name), array.status().message()));
  return array;
}

}  // namespace descent
