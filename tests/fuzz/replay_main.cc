// Gives targets a corpus and what mutates from it, without libFuzzer: what CI runs in every build.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>

#include "common/check.h"
#include "common/file.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutator.h"

namespace {

// An input of at most 64 KiB makes nobody take more at once. Bytes that are packed a thousandfold
// are the most that a parser may unpack.
constexpr std::size_t kAllocationBytesMax = std::size_t{256} << 20;

void* Allocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > kAllocationBytesMax) {
    std::fprintf(stderr, "error: an allocation of %zu bytes, must be at most %zu\n", bytes,
                 kAllocationBytesMax);
    std::abort();
  }
  void* const memory =
      alignment == 0 ? std::malloc(std::max<std::size_t>(bytes, 1))
                     : std::aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return Allocate(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return Allocate(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace descent {
namespace {

constexpr int kNothingTaken = 3;  // exit status of the child

struct Options {
  std::string target;
  std::string corpus;
  std::uint64_t seed = 1;
  std::uint64_t inputs = 3000;
  std::string file;  // this alone, and no mutation
};

std::vector<std::string> ReadCorpus(const std::filesystem::path& directory) {
  std::vector<std::string> corpus;
  for (const std::string& name : ListDirectory(directory).value())
    corpus.push_back(ReadFile(directory / name).value());
  return corpus;
}

// Which input a child is at: it cannot tell once it has crashed.
class Progress {
 public:
  Progress() {
    void* const memory = mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    DESCENT_CHECK(memory != MAP_FAILED);
    index_ = new (memory) std::atomic<std::uint64_t>(0);
  }
  std::atomic<std::uint64_t>& index() { return *index_; }

 private:
  std::atomic<std::uint64_t>* index_;
};

// The corpus comes first: what it has is there to be taken, some of it.
[[noreturn]] void RunAll(const FuzzTarget& target, const Mutator& mutator, std::uint64_t inputs,
                         std::atomic<std::uint64_t>& index) {
  for (; index < inputs; ++index) target.run(mutator.Input(index));
  // As programs end, so that leaks are looked for.
  std::exit(TakenInputs() == 0 ? kNothingTaken : 0);
}

int Fail(const FuzzTarget& target, const Options& options, const std::string& input,
         std::uint64_t index) {
  const std::string file = "crash-" + std::string(target.name) + "-" + std::to_string(index);
  if (std::FILE* const crash = std::fopen(file.c_str(), "wb")) {
    std::fwrite(input.data(), 1, input.size(), crash);
    std::fclose(crash);
  }
  std::fprintf(stderr,
               "error: %s failed at input %llu of seed %llu, which is in %s\n"
               "replay it: fuzz_replay %s --file %s\n",
               options.target.c_str(), static_cast<unsigned long long>(index),
               static_cast<unsigned long long>(options.seed), file.c_str(), options.target.c_str(),
               file.c_str());
  return 1;
}

int Replay(const FuzzTarget& target, const Options& options) {
  if (!options.file.empty()) {
    target.run(ReadFile(options.file).value());
    return 0;
  }
  const Mutator mutator(ReadCorpus(options.corpus), options.seed);
  Progress progress;
  const pid_t child = fork();
  DESCENT_CHECK(child >= 0);
  if (child == 0) RunAll(target, mutator, options.inputs, progress.index());
  int status = 0;
  DESCENT_CHECK(waitpid(child, &status, 0) == child);
  const std::uint64_t index = progress.index();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNothingTaken) {
    std::fprintf(stderr, "error: %s takes none of %llu inputs, must take some of its corpus\n",
                 options.target.c_str(), static_cast<unsigned long long>(index));
    return 1;
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Fail(target, options, mutator.Input(index), index);
  std::printf("%s: %llu inputs without a failure\n", options.target.c_str(),
              static_cast<unsigned long long>(index));
  return 0;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app{"Gives a parser of Descent inputs that were made to break it"};
  app.add_option("target", options.target, "Which parser; without it all are listed");
  app.add_option("--corpus", options.corpus, "The directory of known inputs");
  app.add_option("--seed", options.seed, "Of the mutations")->capture_default_str();
  app.add_option("--inputs", options.inputs, "How many, the corpus with them")
      ->capture_default_str();
  app.add_option("--file", options.file, "Only give it the bytes of this file");
  CLI11_PARSE(app, argc, argv);
  const auto target = std::ranges::find(FuzzTargets(), options.target, &FuzzTarget::name);
  if (target != FuzzTargets().end()) return Replay(*target, options);
  for (const FuzzTarget& known : FuzzTargets())
    std::printf("%s\n", std::string(known.name).c_str());
  return options.target.empty() ? 0 : 2;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
