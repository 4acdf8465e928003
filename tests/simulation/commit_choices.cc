// CommitModel's part that says what can happen next, and what tells two models apart.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "tests/simulation/commit_model.h"
#include "tests/simulation/message_text.h"
#include "tests/simulation/state_fingerprint.h"

namespace descent {
namespace {

constexpr JobCommand kCommands[] = {JobCommand::kSuspend, JobCommand::kStop,
                                    JobCommand::kCheckpoint, JobCommand::kCancel};

std::string_view NameOfKind(CommitModel::Kind kind) {
  using Kind = CommitModel::Kind;
  switch (kind) {
    case Kind::kHear:
      return "the coordinator hears";
    case Kind::kReceive:
      return "a rank receives";
    case Kind::kEndCall:
      return "a call ends of generation";
    case Kind::kLosePeers:
      return "others are lost to rank";
    case Kind::kConnect:
      return "a stream is opened by rank";
    case Kind::kStart:
      return "the coordinator starts";
    case Kind::kKillWorld:
      return "the launcher ends the world";
    case Kind::kLaunch:
      return "the launcher starts a world";
    case Kind::kResume:
      return "a user resumes the job";
    case Kind::kWait:
      return "time passes";
    case Kind::kCrash:
      return "the coordinator crashes as it hears";
    case Kind::kKillRank:
      return "killed is rank";
    case Kind::kBreak:
      return "a stream breaks";
    case Kind::kHearTwice:
      return "the coordinator hears twice";
    case Kind::kCommand:
      return "a user commands";
    case Kind::kLeave:
      return "told to leave is rank";
    case Kind::kTimeout:
      return "all deadlines pass";
  }
  return "?";
}

}  // namespace

std::vector<CommitModel::Choice> CommitModel::Choices() const {
  std::vector<Choice> choices;
  AddProgress(choices);
  if (choices.empty() && !IsOver()) choices.push_back({.kind = Kind::kWait});
  if (IsOver()) return choices;  // what fails then fails nobody
  AddFaults(choices);
  AddRequests(choices);
  return choices;
}

void CommitModel::AddProgress(std::vector<Choice>& choices) const {
  if (!coordinator_.is_up()) choices.push_back({.kind = Kind::kStart});
  for (const Stream& stream : streams_) {
    const auto session = static_cast<std::int64_t>(stream.session);
    if (stream.is_heard && (!stream.up.empty() || stream.up_closes))
      choices.push_back({.kind = Kind::kHear, .a = session});
    if (stream.is_held && (!stream.down.empty() || stream.down_closes))
      choices.push_back({.kind = Kind::kReceive, .a = session});
  }
  bool is_any_alive = false;
  bool is_any_over = false;
  for (std::size_t rank = 0; rank < members_.size(); ++rank) {
    const Member& member = members_[rank];
    is_any_alive |= member.is_alive;
    is_any_over |= !member.is_alive;
    if (coordinator_.is_up() && member.is_alive && member.rank.session() == 0)
      choices.push_back({.kind = Kind::kConnect, .a = static_cast<std::int64_t>(rank)});
  }
  const bool has_left = std::ranges::all_of(
      members_, [](const Member& member) { return !member.is_alive || member.rank.has_left(); });
  if (is_any_alive && (is_any_over || has_left)) choices.push_back({.kind = Kind::kKillWorld});
  if (!is_any_alive) choices.push_back({.kind = Kind::kLaunch});
  AddGangs(choices);
  const auto job = coordinator_.observer().stored_jobs().begin();
  if (coordinator_.is_up() && job->second.state == JobState::kSuspended)
    choices.push_back({.kind = Kind::kResume});
}

bool CommitModel::IsIn(std::size_t rank, std::int64_t generation) const {
  const Member& member = members_[rank];
  const auto& work = member.rank.current();
  return member.is_alive && work && work->assign->generation == generation &&
         work->call != SimulatedRank::Call::kNone;
}

bool CommitModel::IsGone(std::size_t rank, std::int64_t generation) const {
  const Member& member = members_[rank];
  if (!member.is_alive) return true;
  const auto& work = member.rank.current();
  const bool is_at_it = work && work->assign->generation == generation;
  return !is_at_it && member.rank.newest_generation() >= generation;
}

// Calls that end, and those that cannot any more.
void CommitModel::AddGangs(std::vector<Choice>& choices) const {
  std::set<std::int64_t> ending;
  for (std::size_t rank = 0; rank < members_.size(); ++rank) {
    const auto& work = members_[rank].rank.current();
    if (!work || !IsIn(rank, work->assign->generation)) continue;
    const std::int64_t generation = work->assign->generation;
    const auto is_in = [&](int other) { return IsIn(static_cast<std::size_t>(other), generation); };
    const auto is_gone = [&](int other) {
      return IsGone(static_cast<std::size_t>(other), generation);
    };
    const std::vector<int>& members = work->assign->world_ranks;
    if (std::ranges::all_of(members, is_in) && ending.insert(generation).second)
      choices.push_back({.kind = Kind::kEndCall, .a = generation});
    if (std::ranges::any_of(members, is_gone))
      choices.push_back({.kind = Kind::kLosePeers, .a = static_cast<std::int64_t>(rank)});
  }
}

// A coordinator that crashes before it hears something has not heard it: which stream does not
// matter.
void CommitModel::AddFaults(std::vector<Choice>& choices) const {
  if (left_.crashes > 0 && coordinator_.is_up()) {
    choices.push_back({.kind = Kind::kCrash, .a = 0, .b = -1});
    for (const Stream& stream : streams_)
      if (stream.is_heard && !stream.up.empty())
        for (int sent = 0; sent < 3 * left_.workers; ++sent)
          choices.push_back(
              {.kind = Kind::kCrash, .a = static_cast<std::int64_t>(stream.session), .b = sent});
  }
  for (std::size_t rank = 0; rank < members_.size() && left_.crashes > 0; ++rank)
    if (members_[rank].is_alive)
      choices.push_back({.kind = Kind::kKillRank, .a = static_cast<std::int64_t>(rank)});
  for (const Stream& stream : streams_) {
    if (left_.losses == 0) break;
    const auto session = static_cast<std::int64_t>(stream.session);
    const bool is_whole = !stream.up_closes && !stream.down_closes;
    if (is_whole) choices.push_back({.kind = Kind::kBreak, .a = session});
    if (stream.is_heard && !stream.up.empty() && stream.up.front().sequence > 0)
      choices.push_back({.kind = Kind::kHearTwice, .a = session});
  }
  if (left_.timeouts > 0) choices.push_back({.kind = Kind::kTimeout});
}

void CommitModel::AddRequests(std::vector<Choice>& choices) const {
  if (left_.requests == 0) return;
  if (coordinator_.is_up())
    for (const JobCommand command : kCommands)
      choices.push_back({.kind = Kind::kCommand, .a = static_cast<std::int64_t>(command)});
  for (std::size_t rank = 0; rank < members_.size(); ++rank)
    if (members_[rank].is_alive && !members_[rank].rank.is_leaving())
      choices.push_back({.kind = Kind::kLeave, .a = static_cast<std::int64_t>(rank)});
}

std::string CommitModel::TextOf(const Choice& choice) const {
  std::string text = fmt::format("{} {}", NameOfKind(choice.kind), choice.a);
  if (choice.kind == Kind::kCrash) text += fmt::format(", after {} messages", choice.b);
  const auto stream =
      std::ranges::find(streams_, static_cast<SessionId>(choice.a), &Stream::session);
  if (stream == streams_.end()) return text;
  if (choice.kind == Kind::kReceive)
    return fmt::format(
        "rank {} receives: {}", stream->rank,
        stream->down.empty() ? "its stream is closed" : MessageText(stream->down.front()));
  if (choice.kind == Kind::kHear || choice.kind == Kind::kHearTwice || choice.kind == Kind::kCrash)
    text += fmt::format(
        ", of rank {}: {}", stream->rank,
        stream->up.empty() ? "its stream is closed" : MessageText(stream->up.front().message));
  return text;
}

// Numbers of sessions depend on the order in which streams were opened, which matters to nobody.
std::string CommitModel::NameOf(SessionId session) const {
  const auto stream = std::ranges::find(streams_, session, &Stream::session);
  if (stream == streams_.end()) return "nobody";
  const auto older = std::ranges::count_if(streams_, [&](const Stream& other) {
    return other.world == stream->world && other.rank == stream->rank && other.session < session;
  });
  return fmt::format("{}/{}/{}", stream->world, stream->rank, older);
}

std::string CommitModel::StateText() const {
  if (!coordinator_.is_up()) return "down";
  return StateFingerprint::Of(coordinator_.state(), now_,
                              [this](SessionId session) { return NameOf(session); });
}

std::string CommitModel::Text() const {
  std::string text = fmt::format("{} {} {} {} {} {}\n", left_.crashes, left_.losses, left_.requests,
                                 left_.timeouts, waits_, world_);
  text += StateText();
  const ActionObserver& observer = coordinator_.observer();
  text += fmt::format("committed {}\n", observer.stored_generation());
  for (const auto& [id, job] : observer.stored_jobs())
    text += StateFingerprint::Of(job) + fmt::format(" recorded {}\n", checks_.RecordedStep(id));
  std::set<std::string> streams;
  for (const Stream& stream : streams_) {
    std::string one = fmt::format("{} {}{}{}{}", NameOf(stream.session), stream.is_heard,
                                  stream.is_held, stream.up_closes, stream.down_closes);
    const bool is_of_now = stream.world == world_;
    const std::int64_t last =
        is_of_now ? members_[static_cast<std::size_t>(stream.rank)].rank.last_sequence() : 0;
    for (const SimulatedRank::Said& said : stream.up)
      one += fmt::format(" up {} {};", said.sequence == 0 ? 0 : said.sequence - last - 1,
                         MessageText(said.message));
    for (const CoordinatorMessage& message : stream.down) {
      one += " down " + MessageText(message);
      if (const auto* acknowledge = std::get_if<Acknowledge>(&message))
        one += fmt::format(" {}", acknowledge->sequence - last);
      one += ";";
    }
    streams.insert(std::move(one));
  }
  for (const std::string& stream : streams) text += stream + "\n";
  for (const Member& member : members_)
    text += member.is_alive ? member.rank.Text() + "\n" : "dead\n";
  for (const auto& [job, checkpoints] : disk_.jobs())
    for (const auto& [step, state] : checkpoints) text += fmt::format("{} {};", step, state.digest);
  return text;
}

}  // namespace descent
