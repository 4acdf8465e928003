// ClusterSimulation's part for streams between ranks and the coordinator. Messages of one direction
// arrive in their order; those of different streams in any. A stream that breaks loses what is
// under way, and both ends notice at times of their own.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/limits.h"
#include "tests/simulation/cluster_simulation.h"

namespace descent {
namespace {

constexpr double kRepeatedReports = 0.01;

}  // namespace

EventQueue::Time ClusterSimulation::Delay() {
  if (queue_.now() < slow_until_) return random_.Seconds(0.001, 2);
  return random_.Seconds(0.0001, 0.005);
}

ClusterSimulation::Host& ClusterSimulation::HostOf(const Process& process) {
  const auto rank = static_cast<std::size_t>(process.rank.place().world_rank);
  return hosts_[sites_[process.site].hosts[rank]];
}

bool ClusterSimulation::IsReachable(const Process& process) {
  const Host& host = HostOf(process);
  return coordinator_.is_up() && host.up_blocked_until <= queue_.now() &&
         host.down_blocked_until <= queue_.now();
}

// With growing, jittered delays.
void ClusterSimulation::Connect(RankId id) {
  Process* const process = Find(id);
  if (process == nullptr || process->rank.session() != 0) return;
  if (process->stopped_until <= queue_.now() && IsReachable(*process)) {
    process->reconnect_delay = limits::kReconnectDelayMin;
    process->up_at = process->down_at = queue_.now();
    const SessionId session = ++last_session_;
    streams_[session] = {.rank = id};
    process->rank.OpenStream(session);
    return Flush(*process);
  }
  process->reconnect_delay =
      std::min<Time>(2 * process->reconnect_delay, limits::kReconnectDelayMax);
  const auto delay = std::chrono::duration<double>(process->reconnect_delay).count();
  queue_.After(random_.Seconds(0.5 * delay, delay), [this, id] { Connect(id); });
}

void ClusterSimulation::Flush(Process& process) {
  for (std::string& problem : process.rank.TakeProblems()) checks_.Add(std::move(problem));
  if (process.stopped_until > queue_.now()) return;  // it is sent once the process goes on
  for (SimulatedRank::Said& said : process.rank.TakeOutbox()) SendUp(process, std::move(said));
}

void ClusterSimulation::SendUp(Process& process, SimulatedRank::Said said) {
  const Time sent = std::max(queue_.now(), HostOf(process).up_blocked_until);
  process.up_at = std::max(process.up_at, sent + Delay());
  queue_.At(process.up_at, [this, session = process.rank.session(),
                            message = std::make_shared<const SimulatedRank::Said>(
                                std::move(said))] { HearUp(session, *message); });
}

void ClusterSimulation::HearUp(SessionId session, const SimulatedRank::Said& said) {
  const auto is_heard = [&] {
    const auto stream = streams_.find(session);
    return stream != streams_.end() && stream->second.is_open_up;
  };
  if (!is_heard()) return;
  const WorkerSaid event{.session = session, .message = said.message, .sequence = said.sequence};
  Post(event);
  if (said.sequence > 0 && random_.Happens(kRepeatedReports) && is_heard()) Post(event);
}

void ClusterSimulation::SendDown(SessionId session, const CoordinatorMessage& message) {
  const auto stream = streams_.find(session);
  if (stream == streams_.end()) return;
  Process* const process = Find(stream->second.rank);
  if (process == nullptr || process->rank.session() != session) return;
  const Time sent = std::max(queue_.now(), HostOf(*process).down_blocked_until);
  process->down_at = std::max(process->down_at, sent + Delay());
  queue_.At(process->down_at,
            [this, session, sent_message = std::make_shared<const CoordinatorMessage>(message)] {
              HearDown(session, sent_message);
            });
}

void ClusterSimulation::HearDown(SessionId session,
                                 const std::shared_ptr<const CoordinatorMessage>& message) {
  const auto stream = streams_.find(session);
  if (stream == streams_.end() || !stream->second.is_open_down) return;
  Process* const process = Find(stream->second.rank);
  if (process == nullptr || process->rank.session() != session) return;
  if (process->stopped_until > queue_.now())
    return queue_.At(process->stopped_until,
                     [this, session, message] { HearDown(session, message); });
  const bool was_leaving = process->rank.is_leaving();
  process->rank.Receive(*message);
  if (const auto* stop = std::get_if<Stop>(message.get()); stop && stop->mode == StopMode::kAbort)
    WatchAbort(*process);
  const std::size_t site = process->site;
  const int world_rank = process->rank.place().world_rank;
  if (!was_leaving && process->rank.is_leaving()) AskToLeave(site, world_rank);
  GoOn(*process);
}

// The coordinator's end is closed; the rank notices after what was sent before.
void ClusterSimulation::CloseDown(SessionId session) {
  const auto stream = streams_.find(session);
  if (stream == streams_.end()) return;
  stream->second.is_open_up = false;
  Process* const process = Find(stream->second.rank);
  if (process == nullptr || process->rank.session() != session) {
    streams_.erase(stream);
    return;
  }
  const Time sent = std::max(queue_.now(), HostOf(*process).down_blocked_until);
  process->down_at = std::max(process->down_at, sent + Delay());
  queue_.At(process->down_at, [this, session] { LoseStream(session); });
}

void ClusterSimulation::LoseStream(SessionId session) {
  const auto stream = streams_.find(session);
  if (stream == streams_.end()) return;
  Process* const process = Find(stream->second.rank);
  if (process != nullptr && process->stopped_until > queue_.now())
    return queue_.At(process->stopped_until, [this, session] { LoseStream(session); });
  stream->second.is_open_down = false;
  if (!stream->second.is_open_up) streams_.erase(stream);
  if (process == nullptr || process->rank.session() != session) return;
  process->rank.CloseStream();
  queue_.After(random_.Seconds(0.05, 0.1), [this, id = process->id] { Connect(id); });
}

void ClusterSimulation::BreakStream(SessionId session) {
  const auto stream = streams_.find(session);
  if (stream == streams_.end()) return;
  const bool was_heard = std::exchange(stream->second.is_open_up, false);
  stream->second.is_open_down = false;
  queue_.After(Delay(), [this, session] { LoseStream(session); });
  if (!was_heard) return;
  queue_.After(Delay(), [this, session] {
    Post(WorkerGone{.session = session, .reason = "the connection was reset"});
  });
}

void ClusterSimulation::BeatForEver(RankId id) {
  Process* const process = Find(id);
  if (process == nullptr) return;
  if (process->rank.session() != 0 && process->stopped_until <= queue_.now())
    SendUp(*process, {process->rank.MakeHeartbeat(), 0});
  queue_.After(limits::kHeartbeatInterval, [this, id] { BeatForEver(id); });
}

}  // namespace descent
