#include "client/worker_answer.h"

#include <filesystem>
#include <sstream>
#include <thread>

#include "client/interrupt.h"
#include "common/child_process.h"
#include "common/file.h"
#include "proto/wire.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kPollInterval{5};
constexpr int kProblemsExitStatus = 2;

// Arguments begin with the flag.
Result<WorkerAnswer> RunWorker(const std::filesystem::path& directory,
                               const std::vector<std::string>& arguments) {
  DESCENT_ASSIGN(const std::filesystem::path program, ProgramBeside("descent-worker"));
  std::vector<std::string> command = {program.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  DESCENT_ASSIGN(ChildProcess worker, ChildProcess::Start(command, directory / "output"));
  while (!worker.HasEnded()) {
    if (InterruptCount() > 0) return Status(Code::kCancelled, "interrupted");
    std::this_thread::sleep_for(kPollInterval);
  }
  DESCENT_ASSIGN(std::string output, ReadFile(worker.log()));
  if (worker.ExitStatus() == 0) return WorkerAnswer{.problems = {}, .output = std::move(output)};
  if (worker.ExitStatus() != kProblemsExitStatus)
    return Status(Code::kInternal, program.filename().string() + " " + arguments[0] +
                                       " ended with " + worker.EndText() + ": " + output);
  WorkerAnswer answer;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) answer.problems.push_back(line);
  return answer;
}

Result<WorkerAnswer> RunWorkerOnSpec(const std::filesystem::path& directory, const JobSpec& spec,
                                     std::string_view flag,
                                     const std::vector<std::string>& arguments) {
  const std::filesystem::path spec_file = directory / "spec";
  DESCENT_RETURN_IF_ERROR(WriteNewFile(spec_file, EncodeJobSpec(spec)));
  std::vector<std::string> all = {std::string(flag), spec_file.string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunWorker(directory, all);
}

// Gives `run` a directory that goes when it is done.
template <typename Run>
Result<WorkerAnswer> InTemporaryDirectory(const Run& run) {
  DESCENT_ASSIGN(const std::filesystem::path directory, MakeTemporaryDirectory());
  Result<WorkerAnswer> answer = run(directory);
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return answer;
}

}  // namespace

Result<WorkerAnswer> AskWorker(const JobSpec& spec, std::string_view flag,
                               const std::vector<std::string>& arguments) {
  return InTemporaryDirectory([&](const std::filesystem::path& directory) {
    return RunWorkerOnSpec(directory, spec, flag, arguments);
  });
}

Result<WorkerAnswer> AskWorker(std::string_view flag, const std::string& argument) {
  return InTemporaryDirectory([&](const std::filesystem::path& directory) {
    return RunWorker(directory, {std::string(flag), argument});
  });
}

}  // namespace descent
