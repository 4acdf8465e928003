#include "coordinator/webhooks.h"

#include <atomic>
#include <chrono>
#include <limits>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "coordinator/webhook_client.h"
#include "coordinator/webhook_message.h"
#include "coordinator/webhook_outbox.h"
#include "coordinator/webhook_retry.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kOutboxLookInterval{500};  // for what is new in the outbox
constexpr std::chrono::milliseconds kSaveInterval{200};        // of what was delivered
constexpr std::chrono::hours kAgeMax{24};

struct SharedCounts {
  std::atomic<std::int64_t> delivered = 0;
  std::atomic<std::int64_t> failed = 0;
  std::atomic<std::int64_t> dropped = 0;
};

double UnixSecondsOf(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// One URL. The thread that runs it is the one that starts with Run.
class Webhook {
 public:
  Webhook(const WebhookUrl& url, std::string secret, std::unique_ptr<WebhookClient> client,
          WebhookOutbox outbox, SharedCounts& counts)
      : origin_(url.Origin()),
        secret_(std::move(secret)),
        client_(std::move(client)),
        outbox_(std::move(outbox)),
        counts_(counts),
        thread_([this] { Run(); }) {}

  ~Webhook() {
    client_->Stop();
    thread_.join();
  }
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;

 private:
  void Run() {
    while (!client_->is_stopped()) {
      const Result<std::optional<WebhookEntry>> entry = outbox_.Next();
      const bool is_at_end = entry.ok() && !entry.value();
      Status status = entry.status();
      if (entry.ok() && !is_at_end) status = Deliver(*entry.value());
      if (status.ok()) status = SaveIfDue(is_at_end);
      if (client_->is_stopped()) break;
      if (!status.ok()) {
        WaitAfter(status);
      } else if (is_at_end) {
        client_->Wait(kOutboxLookInterval);
      } else {
        NoteSuccess();
      }
    }
    if (const Status saved = outbox_.Save(); !saved.ok())
      LogWarning("webhook messages will come again url={} error=\"{}\"", origin_, saved.ToString());
  }

  // A record of each message would keep the owner thread from its own transactions.
  Status SaveIfDue(bool is_at_end) {
    if (!is_at_end && MonotonicNow() < next_save_) return Status();
    next_save_ = MonotonicNow() + kSaveInterval;
    return outbox_.Save();
  }

  Status Deliver(const WebhookEntry& entry) {
    Result<std::string> body = WebhookBody(entry);
    if (!body.ok()) {
      LogError("webhook message dropped url={} delivery={} event={} error=\"{}\"", origin_,
               entry.sequence, entry.event, body.status().ToString());
      ++counts_.dropped;
      outbox_.Acknowledge(entry.sequence);
      return Status();
    }
    const Status posted = Post(std::move(body).value());
    if (!posted.ok()) {
      if (!client_->is_stopped()) ++counts_.failed;
      return posted;
    }
    ++counts_.delivered;
    outbox_.Acknowledge(entry.sequence);
    return Status();
  }

  Status Post(std::string body) {
    const auto now = static_cast<std::int64_t>(UnixSecondsOf(WallNow()));
    std::string signature = secret_.empty() ? "" : WebhookSignature(secret_, now, body);
    return client_->Post({.body = std::move(body), .signature = std::move(signature)});
  }

  void NoteSuccess() {
    if (failures_ > 0) LogInfo("webhook delivers again url={} failures={}", origin_, failures_);
    failures_ = 0;
    last_error_.clear();
  }

  void WaitAfter(const Status& status) {
    if (status.message() != last_error_)
      LogWarning("webhook not delivered, trying again url={} error=\"{}\"", origin_,
                 status.message());
    last_error_ = status.message();
    ++failures_;
    DropOld();
    client_->Wait(WebhookRetryDelay(failures_, std::uniform_real_distribution<>()(random_)));
  }

  // Only after an attempt that failed: what has waited for a coordinator that was away is tried.
  void DropOld() {
    const Result<std::int64_t> count = outbox_.DropBefore(UnixSecondsOf(WallNow() - kAgeMax));
    if (!count.ok()) {
      LogWarning("webhook outbox not written url={} error=\"{}\"", origin_,
                 count.status().ToString());
    } else if (count.value() > 0) {
      LogWarning("webhook messages dropped, a day old url={} count={}", origin_, count.value());
      counts_.dropped += count.value();
    }
  }

  const std::string origin_;
  const std::string secret_;
  const std::unique_ptr<WebhookClient> client_;
  WebhookOutbox outbox_;
  SharedCounts& counts_;
  int failures_ = 0;  // in a row
  std::string last_error_ = "";
  MonotonicTime next_save_;
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;  // the last one: it uses the others
};

class WebhookThreads final : public Webhooks {
 public:
  explicit WebhookThreads(std::filesystem::path store) : store_(std::move(store)) {}

  Status Add(const WebhookUrl& url, const WebhookOptions& options) {
    DESCENT_ASSIGN(std::unique_ptr<WebhookClient> client,
                   WebhookClient::Create(url, options.authority));
    DESCENT_ASSIGN(WebhookOutbox outbox, WebhookOutbox::Open(store_, url.Id()));
    webhooks_.push_back(std::make_unique<Webhook>(url, options.secret, std::move(client),
                                                  std::move(outbox), counts_));
    return Status();
  }

  WebhookCounts Read() const override {
    const Result<std::int64_t> pending = WebhookOutbox::CountPending(store_);
    return {.delivered = counts_.delivered,
            .failed = counts_.failed,
            .dropped = counts_.dropped,
            .pending = pending.ok() ? static_cast<double>(pending.value())
                                    : std::numeric_limits<double>::quiet_NaN()};
  }

 private:
  const std::filesystem::path store_;
  SharedCounts counts_;
  std::vector<std::unique_ptr<Webhook>> webhooks_;  // after what they count in
};

}  // namespace

Result<std::unique_ptr<Webhooks>> Webhooks::Start(const std::filesystem::path& store,
                                                  const WebhookOptions& options) {
  std::vector<std::string> ids;
  for (const WebhookUrl& url : options.urls) ids.push_back(url.Id());
  DESCENT_RETURN_IF_ERROR(WebhookOutbox::Register(store, ids));
  auto webhooks = std::make_unique<WebhookThreads>(store);
  for (const WebhookUrl& url : options.urls) DESCENT_RETURN_IF_ERROR(webhooks->Add(url, options));
  return std::unique_ptr<Webhooks>(std::move(webhooks));
}

}  // namespace descent
