#include "tests/scenario/action_text.h"

#include <spdlog/fmt/fmt.h>

#include <map>

namespace descent {
namespace {

struct MessageText {
  std::string operator()(const Assign& assign) const {
    return fmt::format("assign {} generation={} attempt={} rank={}/{} from={}", assign.job,
                       assign.generation, assign.attempt, assign.rank, assign.world_ranks.size(),
                       assign.start_checkpoint.empty() ? "scratch" : assign.start_checkpoint);
  }
  std::string operator()(const Begin& begin) const {
    return fmt::format("begin {} generation={} samples={} total_steps={}", begin.job,
                       begin.generation, begin.shard_plan.sample_count, begin.total_steps);
  }
  std::string operator()(const GrantSteps& grant) const {
    return fmt::format("grant {} [{},{}){}{}{}", grant.job, grant.first, grant.last,
                       grant.evaluate ? " evaluate" : "", grant.save_checkpoint ? " save" : "",
                       grant.is_final ? " final" : "");
  }
  std::string operator()(const Acknowledge& acknowledge) const {
    return fmt::format("acknowledge {}", acknowledge.sequence);
  }
  std::string operator()(const Leave& leave) const { return "leave: " + leave.reason; }
  std::string operator()(const Dismiss& dismiss) const {
    const std::map<JobOutcome, std::string> names = {{JobOutcome::kSucceeded, "succeeded"},
                                                     {JobOutcome::kFailed, "failed"},
                                                     {JobOutcome::kCancelled, "cancelled"},
                                                     {JobOutcome::kSuspended, "suspended"}};
    return fmt::format("dismissed: its job {}", names.at(dismiss.outcome));
  }
  std::string operator()(const SaveNow& save) const {
    return fmt::format("save {} request={}", save.job, save.request);
  }
  std::string operator()(const Stop& stop) const {
    const std::map<StopMode, std::string> names = {{StopMode::kGraceful, "graceful"},
                                                   {StopMode::kFinal, "final"},
                                                   {StopMode::kAbort, "abort"}};
    return fmt::format("stop {} {}", stop.job, names.at(stop.mode));
  }
};

struct ActionText {
  const SessionName& name_of;

  std::string operator()(const StoreJob& store) const {
    const std::string by =
        store.origin.actor == kActorCoordinator ? "" : fmt::format(", by {}", store.origin.actor);
    if (store.event_type == "Created")
      return fmt::format("job {} is created {}{}", store.job.id, store.to_state, by);
    if (store.event_type == "CheckpointWritten")
      return fmt::format("job {} keeps checkpoints of {}", store.job.id,
                         CheckpointSteps(store.job));
    if (store.event_type.empty())
      return fmt::format("job {} is stored: {}", store.job.id, store.job.state_message);
    return fmt::format("job {} {} -> {} ({}) {}{}", store.job.id, store.from_state, store.to_state,
                       store.reason, store.message, by);
  }
  std::string operator()(const ForgetJob& forget) const {
    return fmt::format("job {} is forgotten", forget.job_id);
  }
  std::string operator()(const StoreGeneration& store) const {
    return fmt::format("generation {}", store.generation);
  }
  std::string operator()(const StoreCordon& store) const {
    return fmt::format("worker {} of pool {} is {}", store.record.world_rank, store.record.pool,
                       store.record.cordon == Cordon::kNone ? "no longer cordoned"
                                                            : CordonName(store.record.cordon));
  }
  std::string operator()(const StoreAudit& audit) const {
    return fmt::format("audit: {} {} {}", audit.actor, audit.type, audit.subject);
  }
  std::string operator()(const RecordMetrics& record) const {
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> ranges;
    for (const MetricPoint& point : record.points) {
      const auto [range, is_new] = ranges.try_emplace(point.name, point.step, point.step);
      if (!is_new) range->second.second = point.step;
    }
    std::string text = "record " + record.job_id;
    for (const auto& [name, range] : ranges)
      text += range.first == range.second
                  ? fmt::format(" {}[{}]", name, range.first)
                  : fmt::format(" {}[{}..{}]", name, range.first, range.second);
    return text;
  }
  std::string operator()(const SendToWorker& send) const {
    return fmt::format("{} <- {}", name_of(send.session), std::visit(MessageText(), send.message));
  }
  std::string operator()(const CloseSession& close) const {
    return fmt::format("close {}: {}", name_of(close.session), close.reason);
  }
  std::string operator()(const Answer& answer) const {
    return answer.status.ok() ? "answer ok" + (answer.job_id.empty() ? "" : " " + answer.job_id)
                              : "answer " + answer.status.ToString();
  }
  std::string operator()(const NotifyWatchers& notify) const { return "notify " + notify.job_id; }
};

}  // namespace

std::vector<std::string> ActionLines(const std::vector<Action>& actions,
                                     const SessionName& name_of) {
  std::vector<std::string> lines;
  std::string last_message;
  for (const Action& action : actions) {
    const auto* send = std::get_if<SendToWorker>(&action);
    const std::string message =
        send ? fmt::format(" <- {}", std::visit(MessageText(), send->message)) : "";
    if (send != nullptr && message == last_message) {
      std::string& line = lines.back();
      line.insert(line.size() - message.size(), fmt::format(" {}", name_of(send->session)));
    } else {
      lines.push_back(std::visit(ActionText{name_of}, action));
    }
    last_message = message;
  }
  return lines;
}

std::string CheckpointSteps(const Job& job) {
  if (job.checkpoints.empty()) return "none";
  std::string text = "steps";
  for (const CheckpointRecord& record : job.checkpoints) text += fmt::format(" {}", record.step);
  return text;
}

std::vector<std::string> AttemptLines(const Job& job) {
  std::vector<AttemptRecord> attempts = job.earlier_attempts;
  attempts.push_back(job.attempt);
  std::vector<std::string> lines;
  for (const AttemptRecord& attempt : attempts) {
    std::string line = fmt::format("attempt {} generation={} steps={}..", attempt.attempt,
                                   attempt.generation, attempt.start_step);
    if (attempt.end_time > 0)
      line += fmt::format("{} {}: {}", attempt.end_step, attempt.end_reason, attempt.end_message);
    if (attempt.failure)
      line +=
          fmt::format(" [rank={} host={} step={} phase={} exit_code={} signal={}]",
                      attempt.failure->rank, attempt.failure->host, attempt.failure->step,
                      attempt.failure->phase, attempt.failure->exit_code, attempt.failure->signal);
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> ConditionLines(const std::vector<Condition>& conditions) {
  const std::map<ConditionStatus, std::string> names = {{ConditionStatus::kTrue, "true"},
                                                        {ConditionStatus::kFalse, "false"},
                                                        {ConditionStatus::kUnknown, "unknown"}};
  std::vector<std::string> lines;
  for (const Condition& condition : conditions)
    lines.push_back(fmt::format("{} {} since {} ({}) {}", condition.type,
                                names.at(condition.status), condition.last_transition_time,
                                condition.reason, condition.message));
  return lines;
}

}  // namespace descent
