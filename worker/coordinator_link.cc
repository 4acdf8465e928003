#include "worker/coordinator_link.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/failpoint.h"
#include "common/limits.h"
#include "common/log.h"
#include "descent/v1/worker.grpc.pb.h"
#include "proto/wire.h"
#include "rpc/connect_failure.h"
#include "worker/coordinator_channel.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kLastWordsTimeout{1};
constexpr std::chrono::milliseconds kConnectTimeout{500};
constexpr std::chrono::seconds kServedMin{2};

// A channel does not tell why it has no connection; a call on it does.
std::string WhyUnreachable(const std::shared_ptr<grpc::Channel>& channel) {
  v1::WorkerService::Stub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kConnectTimeout);
  const std::string message = stub.Connect(&context)->Finish().error_message();
  const std::string tls_failure = ExplainTlsFailure(message);
  return tls_failure.empty() ? message : tls_failure;
}

}  // namespace

// One call of Connect: a queue with a writer thread; the reader is whoever calls ReadUntilClosed.
class CoordinatorLink::Stream {
 public:
  explicit Stream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::WorkerService::NewStub(channel)),
        call_(stub_->Connect(&context_)),
        writer_([this] { Write(); }) {}

  ~Stream() {
    Close();
    writer_.join();
  }

  void Send(const WorkerMessage& message, std::int64_t sequence) {
    const std::lock_guard lock(mutex_);
    if (is_closing_) return;
    if (queue_.size() >= limits::kStreamQueueMax) {
      context_.TryCancel();
      return;
    }
    queue_.push_back(ToProto(message));
    queue_.back().set_sequence(sequence);
    changed_.notify_all();
  }

  // Passes every message on; returns why the stream ended.
  std::string ReadUntilClosed(const std::function<void(CoordinatorMessage&&)>& on_message) {
    v1::CoordinatorMessage proto;
    while (call_->Read(&proto)) {
      Result<CoordinatorMessage> message = FromProto(proto);
      if (!message.ok()) {
        LogError("message refused error=\"{}\"", message.status().ToString());
        context_.TryCancel();
        break;
      }
      on_message(std::move(message).value());
    }
    Close();
    // Half-closing twice is an error in gRPC, so the writer must be out of the way first.
    WaitForWriter();
    const grpc::Status status = call_->Finish();
    if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
      return "nothing there serves workers: is this the coordinator's worker listener?";
    return status.ok() ? "closed by the coordinator" : status.error_message();
  }

  void Cancel() { context_.TryCancel(); }

  // The writer sends what is queued and half-closes the call.
  void Close() {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    changed_.notify_all();
  }

  bool WaitForWriter(std::chrono::milliseconds timeout = std::chrono::hours(1)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [this] { return has_written_all_; });
  }

 private:
  void Write() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return is_closing_ || !queue_.empty(); });
      if (queue_.empty()) break;
      const v1::WorkerMessage message = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      DESCENT_FAILPOINT("worker.message.before");
      const bool is_open = call_->Write(message);
      DESCENT_FAILPOINT("worker.message.after");
      lock.lock();
      if (!is_open) break;
    }
    is_closing_ = true;
    lock.unlock();
    call_->WritesDone();
    lock.lock();
    has_written_all_ = true;
    changed_.notify_all();
  }

  grpc::ClientContext context_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>> call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::WorkerMessage> queue_;  // guarded by mutex_
  bool is_closing_ = false;              // guarded by mutex_
  bool has_written_all_ = false;         // guarded by mutex_
  std::thread writer_;
};

CoordinatorLink::CoordinatorLink(Options options)
    : options_(std::move(options)),
      connector_([this] { KeepConnected(); }),
      heartbeats_([this] { SendHeartbeats(); }) {}

CoordinatorLink::~CoordinatorLink() {
  std::shared_ptr<Stream> stream;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    stream = stream_;
  }
  changed_.notify_all();
  if (stream) {
    stream->Close();
    stream->WaitForWriter(kLastWordsTimeout);
    stream->Cancel();
  }
  connector_.join();
  heartbeats_.join();
}

void CoordinatorLink::Send(const WorkerMessage& message) {
  if (const std::shared_ptr<Stream> stream = current_stream()) stream->Send(message, 0);
}

void CoordinatorLink::Report(WorkerMessage message) {
  DESCENT_FAILPOINT("worker.report.before");
  const std::lock_guard lock(mutex_);
  if (reports_.size() >= limits::kReportsKeptMax) reports_.pop_front();
  reports_.push_back({++last_sequence_, std::move(message)});
  if (stream_) stream_->Send(reports_.back().message, last_sequence_);
  DESCENT_FAILPOINT("worker.report.after");
}

void CoordinatorLink::WaitUntilStored() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_given_up_ || reports_.empty(); });
}

void CoordinatorLink::GiveUp() {
  {
    const std::lock_guard lock(mutex_);
    has_given_up_ = true;
  }
  changed_.notify_all();
}

void CoordinatorLink::OnMessage(CoordinatorMessage&& message) {
  const Acknowledge* acknowledge = std::get_if<Acknowledge>(&message);
  if (acknowledge == nullptr) return options_.on_message(std::move(message));
  std::vector<WorkerMessage> stored;
  {
    const std::lock_guard lock(mutex_);
    while (!reports_.empty() && reports_.front().sequence <= acknowledge->sequence) {
      stored.push_back(std::move(reports_.front().message));
      reports_.pop_front();
    }
  }
  DESCENT_FAILPOINT("worker.acknowledge.heard");
  changed_.notify_all();
  // What is kept is said of the report that is acknowledged by name, the last one.
  for (std::size_t i = 0; i < stored.size(); ++i)
    options_.on_stored(stored[i], i + 1 == stored.size() ? acknowledge->kept_checkpoints
                                                         : std::vector<std::int64_t>());
}

void CoordinatorLink::OpenStream(const std::shared_ptr<Stream>& stream) {
  const std::optional<AssignmentEnded> last_end = options_.last_end();
  const std::lock_guard lock(mutex_);
  // A Goodbye that finds no stream is in the identity: that is made no earlier than the stream.
  DESCENT_FAILPOINT("worker.register.before");
  stream->Send(options_.identity(), 0);
  for (const KeptReport& report : reports_) stream->Send(report.message, report.sequence);
  if (last_end) stream->Send(*last_end, 0);
  if (is_ending_) stream->Cancel();
  stream_ = stream;
}

std::shared_ptr<CoordinatorLink::Stream> CoordinatorLink::current_stream() {
  const std::lock_guard lock(mutex_);
  return stream_;
}

bool CoordinatorLink::SleepUnlessEnding(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, duration, [this] { return is_ending_; });
}

void CoordinatorLink::KeepConnected() {
  const std::shared_ptr<grpc::Channel> channel =
      MakeCoordinatorChannel(options_.address, options_.credentials);
  std::chrono::milliseconds delay = limits::kReconnectDelayMin;
  std::set<std::string> said;  // reasons, since the coordinator was last reached
  while (true) {
    if (channel->WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout)) {
      const MonotonicTime opened_at = MonotonicNow();
      auto stream = std::make_shared<Stream>(channel);
      OpenStream(stream);
      const std::string reason = stream->ReadUntilClosed(
          [this](CoordinatorMessage&& message) { OnMessage(std::move(message)); });
      {
        const std::lock_guard lock(mutex_);
        stream_ = nullptr;
        if (is_ending_) return;
      }
      // A stream that lives is a coordinator that was reached; one that ends at once is not.
      const bool was_served = MonotonicNow() - opened_at > kServedMin;
      if (was_served) delay = limits::kReconnectDelayMin;
      if (was_served) said.clear();
      if (said.insert(reason).second)
        LogWarning("stream to the coordinator at {} ended, trying again reason=\"{}\"",
                   options_.address, reason);
    } else if (const std::string reason = WhyUnreachable(channel); said.insert(reason).second) {
      LogWarning("cannot reach the coordinator at {}; trying again until it answers reason=\"{}\"",
                 options_.address, reason);
    }
    if (!SleepUnlessEnding(Jittered(delay))) return;
    delay = std::min<std::chrono::milliseconds>(delay * 2, limits::kReconnectDelayMax);
  }
}

void CoordinatorLink::SendHeartbeats() {
  while (SleepUnlessEnding(limits::kHeartbeatInterval)) Send(options_.heartbeat());
}

}  // namespace descent
