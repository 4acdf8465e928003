#include "tests/simulation/commit_model.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/check.h"
#include "tests/simulation/message_text.h"
#include "tests/simulation/state_fingerprint.h"

namespace descent {
namespace {

constexpr char kJob[] = "job";
constexpr std::uint64_t kSeed = 7;
constexpr std::chrono::seconds kPassing{200};  // longer than any deadline here

StateOptions SearchedOptions() {
  return {.checkpoint_root = "/checkpoints",
          .stall_timeout = std::chrono::seconds(0),
          .start_timeout = std::chrono::seconds(100)};
}

JobSpec SpecOf(const CommitBounds& bounds) {
  JobSpec spec{.name = "searched"};
  spec.seed = kSeed;
  spec.batch.global = 64;
  spec.steps = bounds.steps;
  spec.checkpoint = {.every_steps = bounds.save_every, .keep_last = 1};
  spec.workers.min = bounds.workers;
  spec.workers.max = bounds.workers;
  spec.restarts_max = 1000;
  return WithDefaults(spec);
}

std::size_t Index(std::int64_t number) { return static_cast<std::size_t>(number); }

}  // namespace

CommitModel::CommitModel(const CommitBounds& bounds)
    : left_(bounds),
      coordinator_(SearchedOptions()),
      now_(MonotonicTime() + std::chrono::hours(1)) {
  Post(SubmitJob{.job_id = kJob, .spec = SpecOf(bounds)});
  Launch();
}

bool CommitModel::IsOver() const { return coordinator_.observer().AllJobsAreTerminal(); }

std::vector<std::string> CommitModel::Violations() const {
  std::vector<std::string> all = coordinator_.observer().violations();
  all.insert(all.end(), checks_.violations().begin(), checks_.violations().end());
  return all;
}

// --- What the coordinator does -------------------------------------------------------------------

void CommitModel::Post(const Event& event) {
  if (!coordinator_.is_up()) return;
  const std::vector<Action> actions = coordinator_.Apply(event, Now());
  checks_.Check(event, actions, coordinator_.observer(), disk_);
  Perform(actions);
}

void CommitModel::Perform(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    const auto* send = std::get_if<SendToWorker>(&action);
    const auto* close = std::get_if<CloseSession>(&action);
    if (send == nullptr && close == nullptr) continue;
    if (crash_after_ == 0) break;
    if (crash_after_ > 0) --crash_after_;
    Stream* const stream =
        Find(static_cast<std::int64_t>(send != nullptr ? send->session : close->session));
    if (stream == nullptr) continue;
    if (send != nullptr && stream->is_heard && stream->is_held && !stream->down_closes)
      stream->down.push_back(send->message);
    if (close == nullptr) continue;
    stream->is_heard = false;
    stream->down_closes = true;
    stream->up.clear();
  }
  if (crash_after_ >= 0) CrashNow();
  crash_after_ = -1;
}

// What it has sent may still arrive; what is on its way to it does not.
void CommitModel::CrashNow() {
  coordinator_.Crash();
  for (Stream& stream : streams_) {
    stream.is_heard = false;
    stream.down_closes = true;
    stream.up.clear();
  }
}

void CommitModel::Hear(std::int64_t session) {
  Stream& stream = *Find(session);
  if (stream.up.empty()) {
    stream.is_heard = false;
    return Post(WorkerGone{.session = stream.session, .reason = "closed"});
  }
  const SimulatedRank::Said said = std::move(stream.up.front());
  stream.up.pop_front();
  Post(WorkerSaid{.session = stream.session, .message = said.message, .sequence = said.sequence});
}

// The second time changes nothing.
void CommitModel::HearTwice(std::int64_t session) {
  const SimulatedRank::Said said = Find(session)->up.front();
  Hear(session);
  const std::string once = StateText();
  Post(WorkerSaid{.session = static_cast<SessionId>(session),
                  .message = said.message,
                  .sequence = said.sequence});
  if (StateText() != once)
    checks_.Add("it matters that this is said twice: " + MessageText(said.message));
}

// --- What the ranks do ---------------------------------------------------------------------------

void CommitModel::Launch() {
  ++world_;
  members_.clear();
  for (int rank = 0; rank < left_.workers; ++rank)
    members_.push_back({SimulatedRank({.pool = "pool-" + std::to_string(world_),
                                       .world_rank = rank,
                                       .world_size = left_.workers,
                                       .host = "host"})});
}

void CommitModel::Connect(std::size_t rank) {
  Stream stream;
  stream.session = ++last_session_;
  stream.world = world_;
  stream.rank = static_cast<int>(rank);
  streams_.push_back(std::move(stream));
  members_[rank].rank.OpenStream(last_session_);
}

void CommitModel::Receive(std::int64_t session) {
  Stream& stream = *Find(session);
  SimulatedRank& rank = members_[Index(stream.rank)].rank;
  if (stream.down.empty()) {
    stream.is_held = false;
    return rank.CloseStream();
  }
  rank.Receive(stream.down.front());
  stream.down.pop_front();
}

void CommitModel::Kill(std::size_t rank) {
  Member& member = members_[rank];
  member.is_alive = false;
  Stream* const stream = Find(static_cast<std::int64_t>(member.rank.session()));
  if (stream == nullptr) return;
  stream->is_held = false;
  stream->up_closes = true;
  stream->down.clear();
}

void CommitModel::EndCall(std::int64_t generation) {
  SimulatedGang gang;
  std::vector<std::size_t> ranks;
  for (std::size_t rank = 0; rank < members_.size(); ++rank) {
    if (!IsIn(rank, generation)) continue;
    gang.push_back(&members_[rank].rank);
    ranks.push_back(rank);
  }
  CompleteCall(gang, {}, disk_);
  for (const std::size_t rank : ranks)
    if (const auto& work = members_[rank].rank.current()) checks_.CheckState(kJob, work->state);
}

// It needs nobody for what it does until it waits, and what it says is sent at once.
void CommitModel::GoOn(std::size_t place) {
  Member& member = members_[place];
  if (!member.is_alive) return;
  SimulatedRank& rank = member.rank;
  rank.GoOn();
  while (rank.needs_preparation()) {
    rank.Prepare(disk_);
    rank.GoOn();
  }
  for (std::string& problem : rank.TakeProblems()) checks_.Add(std::move(problem));
  std::vector<SimulatedRank::Said> outbox = rank.TakeOutbox();
  Stream* const stream = Find(static_cast<std::int64_t>(rank.session()));
  if (stream == nullptr || !stream->is_heard || stream->up_closes) return;
  for (SimulatedRank::Said& said : outbox) stream->up.push_back(std::move(said));
}

// All whose streams are open are heard before the coordinator looks at the time.
void CommitModel::PassTime() {
  now_ += kPassing;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const Stream& stream = streams_[i];
    if (!stream.is_heard || !stream.is_held || stream.up_closes) continue;
    Post(WorkerSaid{.session = stream.session,
                    .message = members_[Index(stream.rank)].rank.MakeHeartbeat()});
  }
  Post(Tick());
  for (Member& member : members_)
    if (member.rank.is_leaving()) member.rank.StopByItself();
}

// --- Choices -------------------------------------------------------------------------------------

void CommitModel::Take(const Choice& choice) {
  waits_ = choice.kind == Kind::kWait ? waits_ + 1 : 0;
  switch (choice.kind) {
    case Kind::kHear:
      Hear(choice.a);
      break;
    case Kind::kReceive:
      Receive(choice.a);
      break;
    case Kind::kEndCall:
      EndCall(choice.a);
      break;
    case Kind::kLosePeers:
      members_[Index(choice.a)].rank.End(EndOutcome::kFailed);
      break;
    case Kind::kConnect:
      Connect(Index(choice.a));
      break;
    case Kind::kStart: {
      const std::vector<Action> actions = coordinator_.Start(Now());
      checks_.Check(Restore(), actions, coordinator_.observer(), disk_);
      Perform(actions);
      break;
    }
    case Kind::kKillWorld:
      for (std::size_t rank = 0; rank < members_.size(); ++rank) Kill(rank);
      break;
    case Kind::kLaunch:
      Launch();
      break;
    case Kind::kResume:
      Post(CommandJob{.job_id = kJob, .command = JobCommand::kResume});
      break;
    case Kind::kWait:
      PassTime();
      break;
    case Kind::kCrash:
      --left_.crashes;
      crash_after_ = choice.b;
      if (choice.b < 0)
        CrashNow();
      else
        Hear(choice.a);
      break;
    case Kind::kKillRank:
      --left_.crashes;
      Kill(Index(choice.a));
      break;
    case Kind::kBreak: {
      --left_.losses;
      Stream& stream = *Find(choice.a);
      stream.up.clear();
      stream.down.clear();
      stream.up_closes = stream.down_closes = true;
      break;
    }
    case Kind::kHearTwice:
      --left_.losses;
      HearTwice(choice.a);
      break;
    case Kind::kCommand:
      --left_.requests;
      Post(CommandJob{.job_id = kJob, .command = static_cast<JobCommand>(choice.a)});
      break;
    case Kind::kLeave:
      --left_.requests;
      members_[Index(choice.a)].rank.RequestEnd("signal Terminated");
      break;
    case Kind::kTimeout:
      --left_.timeouts;
      PassTime();
      break;
  }
  for (std::size_t rank = 0; rank < members_.size(); ++rank) GoOn(rank);
  Forget();
  if (waits_ > 5) checks_.Add("nothing happens any more, and the job has not ended");
}

CommitModel::Stream* CommitModel::Find(std::int64_t session) {
  const auto stream =
      std::ranges::find(streams_, static_cast<SessionId>(session), &Stream::session);
  return stream == streams_.end() ? nullptr : &*stream;
}

void CommitModel::Forget() {
  std::erase_if(streams_, [](const Stream& stream) { return !stream.is_heard && !stream.is_held; });
}

}  // namespace descent
