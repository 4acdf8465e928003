#include "tests/fault/crash_states.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/hash.h"

namespace descent {
namespace {

using Kind = DiskOperation::Kind;
using Random = std::mt19937_64;

constexpr std::size_t kEverySubsetMax = 6;
constexpr std::size_t kTriesPerState = 4;  // until a prefix is taken to have no further states

// Of all inodes of a record, by number.
struct Node {
  std::string bytes = {};
  std::map<std::string, Inode> entries = {};
};
using Nodes = std::vector<Node>;

Node& At(Nodes& nodes, Inode inode) { return nodes[static_cast<std::size_t>(inode)]; }

void WriteInto(std::string& file, std::int64_t position, std::string_view bytes) {
  const auto first = static_cast<std::size_t>(position);
  if (file.size() < first + bytes.size()) file.resize(first + bytes.size());
  std::copy(bytes.begin(), bytes.end(), file.begin() + position);
}

bool Has(const Node& directory, const std::string& name, Inode child) {
  const auto found = directory.entries.find(name);
  return found != directory.entries.end() && found->second == child;
}

void Apply(const DiskOperation& operation, Nodes& nodes) {
  Node& node = At(nodes, operation.inode);
  switch (operation.kind) {
    case Kind::kWrite:
      WriteInto(node.bytes, operation.position, operation.bytes);
      break;
    case Kind::kResize:
      node.bytes.resize(static_cast<std::size_t>(operation.position));
      break;
    case Kind::kLink:
      node.entries.emplace(operation.name, operation.child);
      break;
    case Kind::kUnlink:
      if (Has(node, operation.name, operation.child)) node.entries.erase(operation.name);
      break;
    case Kind::kMove:
      if (!Has(node, operation.name, operation.child)) break;
      node.entries.erase(operation.name);
      node.entries[operation.new_name] = operation.child;
      break;
    case Kind::kSync:
    case Kind::kFailedSync:
      break;
  }
}

// What becomes of the operations that were not synced.
class Fate {
 public:
  // Whole operations: the n-th is kept if bit n is set; from the 64th on all are as bit 63.
  static Fate Choice(std::uint64_t kept) { return Fate(kept); }
  static Fate AtRandom(std::uint64_t seed) { return Fate(Random(seed)); }

  void ApplyTo(Nodes& nodes, const DiskOperation& operation, std::size_t number) {
    if (!random_) {
      if (((kept_ >> std::min<std::size_t>(number, 63)) & 1) != 0) Apply(operation, nodes);
    } else if (operation.kind == Kind::kWrite) {
      WriteAtRandom(operation, At(nodes, operation.inode).bytes);
    } else if (IsKept()) {
      Apply(operation, nodes);
    }
  }

 private:
  explicit Fate(std::uint64_t kept) : kept_(kept) {}
  explicit Fate(Random random) : random_(random) {
    constexpr std::array kSectors = {std::size_t{1} << 40, std::size_t{512}, std::size_t{4096}};
    constexpr std::array kChances = {10u, 50u, 90u};
    sector_ = kSectors[(*random_)() % kSectors.size()];
    percent_kept_ = kChances[(*random_)() % kChances.size()];
    leaves_zeros_ = (*random_)() % 2 == 0;
  }

  bool IsKept() { return (*random_)() % 100 < percent_kept_; }

  void WriteAtRandom(const DiskOperation& write, std::string& file) {
    const std::string_view bytes = write.bytes;
    const auto position = static_cast<std::size_t>(write.position);
    if (leaves_zeros_) file.resize(std::max(file.size(), position + bytes.size()));
    for (std::size_t first = 0; first < bytes.size();) {
      const std::size_t to_next_sector = sector_ - (position + first) % sector_;
      const std::string_view part = bytes.substr(first, to_next_sector);
      if (IsKept()) WriteInto(file, write.position + static_cast<std::int64_t>(first), part);
      first += part.size();
    }
  }

  std::uint64_t kept_ = 0;
  std::optional<Random> random_;
  std::size_t sector_ = 0;
  std::uint64_t percent_kept_ = 0;
  bool leaves_zeros_ = false;
};

// A disk as of one number of operations: what has to be there, and what need not.
class Disk {
 public:
  explicit Disk(const DiskRecord& record) : record_(record), durable_(record.inodes()) {}

  void Advance(const DiskOperation& operation) {
    if (operation.kind != Kind::kSync && operation.kind != Kind::kFailedSync) {
      pending_.push_back(&operation);
      return;
    }
    std::erase_if(pending_, [&](const DiskOperation* earlier) {
      if (earlier->inode != operation.inode) return false;
      if (operation.kind == Kind::kSync) Apply(*earlier, durable_);
      return true;
    });
  }

  std::size_t pending() const { return pending_.size(); }

  DiskImage ImageAfter(Fate fate) const {
    Nodes nodes = durable_;
    for (std::size_t i = 0; i < pending_.size(); ++i) fate.ApplyTo(nodes, *pending_[i], i);
    return ImageOf(nodes);
  }

  DiskImage ImageWithNames() const {
    Nodes nodes = durable_;
    for (const DiskOperation* operation : pending_)
      if (record_.IsDirectory(operation->inode)) Apply(*operation, nodes);
    return ImageOf(nodes);
  }

 private:
  DiskImage ImageOf(Nodes& nodes) const {
    DiskImage image;
    Collect(nodes, kRootInode, "", image);
    return image;
  }

  void Collect(Nodes& nodes, Inode directory, const std::string& prefix, DiskImage& image) const {
    for (const auto& [name, child] : At(nodes, directory).entries) {
      std::string path = prefix;
      path += name;
      if (!record_.IsDirectory(child)) {
        image.files[path] = std::move(At(nodes, child).bytes);
        continue;
      }
      image.directories.insert(path);
      path += '/';
      Collect(nodes, child, path, image);
    }
  }

  const DiskRecord& record_;
  Nodes durable_;
  std::vector<const DiskOperation*> pending_;  // in the order in which they were asked for
};

// Tells states apart: the same disk is another state where more had been acknowledged.
std::string KeyOf(const CrashState& state) {
  ChunkedHasher hasher;
  const auto add = [&](std::string_view text) { hasher.Add(std::as_bytes(std::span(text))); };
  for (const std::string& path : state.image.directories) add(path);
  for (const auto& [path, bytes] : state.image.files) {
    add(path);
    add(bytes);
  }
  return hasher.Finish().ToHex() + std::to_string(state.acknowledged);
}

// Goes through the states of a record. Each pass goes on where the one before ended.
class Search {
 public:
  Search(const DiskRecord& record, const CrashSearch& search,
         const std::function<bool(const CrashState&)>& check)
      : record_(record), search_(search), check_(check) {}

  std::size_t Run() {
    for (std::uint64_t pass = 0; !IsOver(); ++pass) {
      const std::size_t before = seen_.size();
      RunPass(pass);
      if (seen_.size() == before) break;
    }
    return checked_;
  }

 private:
  bool IsOver() const { return has_failed_ || checked_ >= search_.states_wanted; }

  void RunPass(std::uint64_t pass) {
    Disk disk(record_);
    const std::vector<DiskOperation>& operations = record_.operations();
    for (std::size_t done = 0; done <= operations.size() && !IsOver(); ++done) {
      if (done > 0) disk.Advance(operations[done - 1]);
      TryStatesOf(disk, done, pass);
    }
  }

  // As many as keep the rest of this pass from going beyond what is wanted.
  void TryStatesOf(const Disk& disk, std::size_t done, std::uint64_t pass) {
    const std::size_t points_left = record_.operations().size() + 1 - done;
    const std::size_t wanted = search_.states_wanted - checked_;
    const std::size_t quota = (wanted + points_left - 1) / points_left;
    const std::size_t end = checked_ + quota;
    const std::size_t tries = disk.pending() == 0 ? 1 : quota * kTriesPerState;
    for (std::size_t i = 0; i < tries && checked_ < end && !has_failed_; ++i)
      Try({.image = disk.ImageAfter(FateOf(disk, done, pass, i)),
           .operations = done,
           .acknowledged = record_.AcknowledgedAfter(done)});
  }

  Fate FateOf(const Disk& disk, std::size_t done, std::uint64_t pass, std::size_t number) const {
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    const bool is_every_subset_tried = disk.pending() <= kEverySubsetMax;
    const std::uint64_t subsets = is_every_subset_tried ? std::uint64_t{1} << disk.pending() : 2;
    // The first two lose nothing and everything.
    if (pass == 0 && number < 2) return Fate::Choice(number == 0 ? kAll : 0);
    if (pass == 0 && number < subsets) return Fate::Choice(number - 1);
    std::seed_seq seeds = {search_.seed, std::uint64_t{done}, pass, std::uint64_t{number}};
    std::array<std::uint32_t, 2> seed = {};
    seeds.generate(seed.begin(), seed.end());
    return Fate::AtRandom((std::uint64_t{seed[0]} << 32) | seed[1]);
  }

  void Try(const CrashState& state) {
    if (!seen_.insert(KeyOf(state)).second) return;
    ++checked_;
    has_failed_ = !check_(state);
  }

  const DiskRecord& record_;
  const CrashSearch search_;
  const std::function<bool(const CrashState&)>& check_;
  std::unordered_set<std::string> seen_;
  std::size_t checked_ = 0;
  bool has_failed_ = false;
};

}  // namespace

void DiskImage::WriteTo(const std::filesystem::path& root) const {
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  for (const std::string& path : directories) std::filesystem::create_directories(root / path);
  for (const auto& [path, bytes] : files) {
    std::ofstream file(root / path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    DESCENT_CHECK(file.good());
  }
}

std::size_t ForEachCrashState(const DiskRecord& record, const CrashSearch& search,
                              const std::function<bool(const CrashState&)>& check) {
  return Search(record, search, check).Run();
}

DiskImage ImageOfWhatWasSynced(const DiskRecord& record) {
  Disk disk(record);
  for (const DiskOperation& operation : record.operations()) disk.Advance(operation);
  return disk.ImageWithNames();
}

}  // namespace descent
