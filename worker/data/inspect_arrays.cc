#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <span>
#include <vector>

#include "common/spec_checker.h"
#include "worker/data/idx_file.h"
#include "worker/data/inspect_file.h"
#include "worker/data/npy_file.h"
#include "worker/data/npz_file.h"
#include "worker/data/value_summary.h"

namespace descent {
namespace {

constexpr std::size_t kShownMax = 12;

std::string Describe(const std::string& name, const Array& array) {
  ValueSummary summary;
  std::vector<float> row(static_cast<std::size_t>(array.row_size()));
  for (std::int64_t i = 0; i < array.rows(); ++i) {
    array.CopyRow(i, std::span(row));
    for (const float value : row) summary.Add(double{value});
  }
  array.CopyRow(0, std::span(row));
  const auto shown = std::span(row).first(std::min(kShownMax, row.size()));
  return fmt::format("{}: {} of shape ({})\n  values  {}\n  row 0   [{:.6g}{}]\n", name,
                     NameOf(array.type()), fmt::join(array.shape(), ", "), summary.Text(),
                     fmt::join(shown, ", "),
                     shown.size() < row.size() ? fmt::format(", … {} in all", row.size()) : "");
}

}  // namespace

Result<std::string> InspectNpy(const std::filesystem::path& path) {
  DESCENT_ASSIGN(const Array array, OpenNpyFile(path));
  return Describe(path.string(), array);
}

// An array that cannot be read costs a line, and the others are still described.
Result<std::string> InspectNpz(const std::filesystem::path& path) {
  DESCENT_ASSIGN(const NpzFile file, NpzFile::Open(path));
  std::string text;
  std::string problems;
  for (const std::string& name : file.Names()) {
    const Result<Array> array = file.Read(name);
    if (array.ok()) {
      text += Describe(Printable(name), array.value());
    } else {
      problems += (problems.empty() ? "" : "\n") + array.status().message();
    }
  }
  if (!problems.empty()) return Status(Code::kInvalidArgument, problems);
  return text;
}

Result<std::string> InspectIdx(const std::filesystem::path& path) {
  std::string plain = path.string();
  if (plain.ends_with(".gz")) plain.resize(plain.size() - 3);
  const int rank = plain.find("-idx1-") != std::string::npos ? 1 : 3;
  DESCENT_ASSIGN(IdxFile file, ReadIdxFile(plain, rank));
  const auto bytes = std::as_bytes(std::span(file.values));
  return Describe(path.string(), Array(ElementType::kUint8, file.shape,
                                       std::vector<std::byte>(bytes.begin(), bytes.end()), 0));
}

}  // namespace descent
