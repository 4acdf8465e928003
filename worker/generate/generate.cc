#include "worker/generate/generate.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "worker/generate/text_generator.h"
#include "worker/generate/utf8_stream.h"
#include "worker/kernels/usable_threads.h"

namespace descent {
namespace {

// At once, for whoever watches.
void Print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int Fail(int exit_status, const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return exit_status;
}

}  // namespace

int Generate(const GenerateOptions& options) {
  ThreadPool pool(options.threads > 0 ? options.threads : UsableThreads());
  Result<TextGenerator> generator = TextGenerator::Create(options.checkpoint, pool);
  if (!generator.ok()) return Fail(1, generator.status().message());
  const auto prompt = generator.value().Encode(options.prompt);
  if (!prompt.ok()) return Fail(2, "the prompt: " + prompt.status().message());

  Utf8Stream stream;
  Print(stream.Put(options.prompt));
  const Status status = generator.value().Continue(
      {.prompt = prompt.value(),
       .tokens = options.tokens,
       .sampling = options.sampling,
       .take = [&](std::string_view bytes) { Print(stream.Put(bytes)); }});
  Print(stream.Finish() + "\n");
  return status.ok() ? 0 : Fail(1, status.message());
}

}  // namespace descent
