#include "tests/simulation/message_text.h"

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <variant>

namespace descent {
namespace {

struct WorkerText {
  std::string operator()(const Register& said) const {
    std::string text = fmt::format("register {}/{}", said.pool, said.world_rank);
    if (said.held)
      text += fmt::format(" holds {} {} step {} granted {}", said.held->job, said.held->generation,
                          said.held->step, said.held->granted.value_or(-1));
    if (said.leaving) text += " leaving";
    return text;
  }
  std::string operator()(const Heartbeat&) const { return "heartbeat"; }
  std::string operator()(const Prepared& said) const {
    return fmt::format("prepared {} step {} {}", said.generation, said.start_step,
                       said.state_digest.low);
  }
  std::string operator()(const StepReports& said) const {
    return fmt::format("steps {} {}..{}", said.generation, said.steps.front().step,
                       said.steps.back().step);
  }
  std::string operator()(const EvaluationReport& said) const {
    return fmt::format("evaluated {} step {}", said.generation, said.step);
  }
  std::string operator()(const CheckpointWritten& said) const {
    return fmt::format("written {} step {} {} request {}", said.generation, said.step,
                       said.state_digest.low, said.request);
  }
  std::string operator()(const CheckpointSkipped& said) const {
    return fmt::format("skipped {} step {}", said.generation, said.step);
  }
  std::string operator()(const AssignmentEnded& said) const {
    return fmt::format("ended {} rank {} outcome {} step {} {} {}", said.generation, said.rank,
                       static_cast<int>(said.outcome), said.step, said.state_digest.low,
                       said.reason);
  }
  std::string operator()(const Goodbye&) const { return "goodbye"; }
};

struct CoordinatorText {
  std::string operator()(const Assign& said) const {
    return fmt::format("assign {} {} rank {}/{} from {}", said.job, said.generation, said.rank,
                       said.world_ranks.size(), said.start_checkpoint);
  }
  std::string operator()(const Begin& said) const {
    return fmt::format("begin {}", said.generation);
  }
  std::string operator()(const GrantSteps& said) const {
    return fmt::format("grant {} {}..{}{}{}{}", said.generation, said.first, said.last,
                       said.evaluate ? " evaluate" : "", said.save_checkpoint ? " save" : "",
                       said.is_final ? " final" : "");
  }
  std::string operator()(const Stop& said) const {
    return fmt::format("stop {} {}", said.generation, static_cast<int>(said.mode));
  }
  std::string operator()(const Acknowledge& said) const {
    return fmt::format("acknowledge {}", fmt::join(said.kept_checkpoints, ","));
  }
  std::string operator()(const SaveNow& said) const {
    return fmt::format("save {} request {}", said.generation, said.request);
  }
  std::string operator()(const Leave&) const { return "leave"; }
  std::string operator()(const Dismiss&) const { return "dismiss"; }
};

std::int64_t Generation(const auto& message) {
  if constexpr (requires { message.generation; })
    return message.generation;
  else
    return 0;
}

}  // namespace

std::string MessageText(const WorkerMessage& message) { return std::visit(WorkerText(), message); }

std::string MessageText(const CoordinatorMessage& message) {
  return std::visit(CoordinatorText(), message);
}

std::int64_t GenerationOf(const WorkerMessage& message) {
  return std::visit([](const auto& known) { return Generation(known); }, message);
}

std::int64_t GenerationOf(const CoordinatorMessage& message) {
  return std::visit([](const auto& known) { return Generation(known); }, message);
}

std::string JobOf(const WorkerMessage& message) {
  return std::visit(
      [](const auto& known) -> std::string {
        if constexpr (requires { known.job; })
          return known.job;
        else
          return {};
      },
      message);
}

}  // namespace descent
