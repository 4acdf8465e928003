// Times AdamW beside what the machine's memory allows, in one run:
//   adamw_bench [millions of parameters, 124 by default]
// Lines for 670 thousand parameters, some of which stay in the caches, and for so many millions,
// with 1 and with 2 threads; the new state is written over the old one, and elsewhere as a sharded
// update does. Columns:
//   ours    milliseconds for all parameters, which the threads share out in chunks
//   plain   of a loop over the same memory, 28 bytes for each parameter, that only adds
//   past    the same with stores past the caches
//   GB/s    of ours, at 28 bytes for each parameter
//   share   the faster of the two loops / ours
// The three are interleaved; a time is the median.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/update_streams.h"
#include "common/aligned_buffer.h"
#include "common/clock.h"
#include "worker/kernels/thread_pool.h"
#include "worker/optim/arena_update.h"

namespace descent {
namespace {

constexpr std::int64_t kChunkElements = std::int64_t{1} << 15;  // a multiple of a cache line's
constexpr std::int64_t kFewParameters = 670'000;
constexpr double kBytesPerParameter = 28;
constexpr double kSecondsPerLine = 2;

// Weights and two moments in memory of their own.
struct State {
  explicit State(std::int64_t size) {
    for (std::size_t i = 0; i < kArrays; ++i) buffers.emplace_back(size);
    arenas = {.weights = buffers[0].span(),
              .moments = {buffers[1].span(), buffers[2].span()},
              .average = {}};
  }
  static constexpr std::size_t kArrays = 3;
  std::vector<AlignedBuffer> buffers;
  StateArenas arenas;
};

// Of body(chunk) for chunks of so many parameters.
template <typename Body>
double MillisecondsOf(ThreadPool& pool, std::int64_t size, const Body& body) {
  const MonotonicTime start = MonotonicNow();
  pool.ParallelFor((size + kChunkElements - 1) / kChunkElements, [&](std::int64_t chunk, int) {
    const std::int64_t first = chunk * kChunkElements;
    body({first, std::min(first + kChunkElements, size)});
  });
  return 1e3 * SecondsBetween(start, MonotonicNow());
}

double Median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

auto Streams(State& from, State& to, AlignedBuffer& grads, bool past_caches) {
  return [&from, &to, &grads, past_caches](IndexRange chunk) {
    UpdateStreams streams{.added = grads.span().data() + chunk.first,
                          .from = {},
                          .to = {},
                          .count = static_cast<std::size_t>(chunk.size())};
    for (std::size_t s = 0; s < State::kArrays; ++s) {
      streams.from[s] = from.buffers[s].span().data() + chunk.first;
      streams.to[s] = to.buffers[s].span().data() + chunk.first;
    }
    RunUpdateStreams(streams, past_caches);
  };
}

auto AdamW(const ArenaUpdate& update, State& from, State& to, AlignedBuffer& grads) {
  return [&update, &from, &to, &grads](IndexRange chunk) {
    const UpdateStep step = {.number = 2, .learning_rate = 1e-4};
    update.UpdateRange(step, chunk,
                       grads.span().subspan(static_cast<std::size_t>(chunk.first),
                                            static_cast<std::size_t>(chunk.size())),
                       from.arenas, to.arenas);
  };
}

void PrintLine(std::int64_t size, int threads, bool is_elsewhere) {
  ThreadPool pool(threads);
  const ArenaUpdate update(MakeOptimizer({.algorithm = AdamWSpec{}}),
                           {{{0, size}, {.weight_decay = 0.01}}});
  AlignedBuffer grads(size);
  State from(size);
  State elsewhere(is_elsewhere ? size : 0);
  State& to = is_elsewhere ? elsewhere : from;
  const auto adamw = AdamW(update, from, to, grads);
  const auto stores = Streams(from, to, grads, false);
  const auto stores_past = Streams(from, to, grads, true);
  std::array<std::vector<double>, 3> times;
  const MonotonicTime start = MonotonicNow();
  while (times[0].size() < 5 || SecondsBetween(start, MonotonicNow()) < kSecondsPerLine) {
    times[0].push_back(MillisecondsOf(pool, size, adamw));
    times[1].push_back(MillisecondsOf(pool, size, stores));
    times[2].push_back(MillisecondsOf(pool, size, stores_past));
  }
  const double ours = Median(times[0]);
  const double plain = Median(times[1]);
  const double past = Median(times[2]);
  std::printf("%11ld %8d %-9s %9.3f %9.3f %9.3f %7.1f %6.2f\n", static_cast<long>(size), threads,
              is_elsewhere ? "elsewhere" : "in place", ours, plain, past,
              kBytesPerParameter * static_cast<double>(size) / ours / 1e6,
              std::min(plain, past) / ours);
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  const double millions = argc > 1 ? std::atof(argv[1]) : 124;
  if (millions <= 0 || millions > 2000) {
    std::fprintf(stderr, "usage: adamw_bench [millions of parameters, above 0, up to 2000]\n");
    return 2;
  }
  std::printf("%11s %8s %-9s %9s %9s %9s %7s %6s\n", "parameters", "threads", "written", "ours",
              "plain", "past", "GB/s", "share");
  constexpr std::int64_t kLine = 16;  // floats
  for (const std::int64_t size : {descent::kFewParameters / kLine * kLine,
                                  static_cast<std::int64_t>(millions * 1e6) / kLine * kLine})
    for (const int threads : {1, 2})
      for (const bool is_elsewhere : {false, true}) descent::PrintLine(size, threads, is_elsewhere);
  return 0;
}
