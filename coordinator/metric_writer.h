#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "common/clock.h"
#include "common/status.h"
#include "coordinator/action.h"
#include "coordinator/metric_store.h"

namespace descent {

// Writes metrics on a thread of its own, so that who hands them over does not wait for their disk.
// What is handed over is done in that order, as one transaction of each job for all that has come
// meanwhile. Where a file cannot be written now, as when somebody has locked it, nobody waits for
// that: its points are kept and tried again, for a minute. Those that cannot be stored are logged,
// and lost. All calls but the waits from one thread, the giver's.
class MetricWriter {
 public:
  // `store` outlives it; from now on nobody else records or removes.
  explicit MetricWriter(MetricStore& store);
  ~MetricWriter();  // once all that was handed over is done

  // Blocks only while too many points wait already: a disk that falls behind that far holds up
  // everything, and does not take all memory.
  void Record(const RecordMetrics& metrics);

  // MetricStore::Close, after what was handed over before.
  void Close(const std::string& job_id);

  // The job's points are gone when this returns.
  void Remove(const std::string& job_id);

  // Calls `then` once all that was handed over before is stored, or tried: at once, or on the
  // writing thread. It must not block.
  void AfterAll(std::function<void()> then);

  // Until no point of the job waits to be tried. What happens to other jobs does not count.
  void WaitFor(const std::string& job_id);

  // Until all that was handed over before is done. Any thread, but not in a `then`.
  void WaitForAll() const;

 private:
  struct Closing {
    std::string job_id;
    bool is_removed = false;
  };
  using Task = std::variant<RecordMetrics, Closing, std::function<void()>>;

  void Push(Task task);  // with the mutex held
  void Run();
  void Perform(std::deque<Task> tasks, std::uint64_t until);  // the last of them is number `until`
  void Store(RecordMetrics metrics, std::uint64_t until);
  void Keep(RecordMetrics metrics, const Status& why);
  void StoreKept();
  void MarkDone(const std::string& job_id, std::uint64_t until);
  void CloseFile(const Closing& closing);

  MetricStore& store_;

  // The writing thread's, by job:
  std::map<std::string, RecordMetrics> kept_;         // whose file could not be written
  std::map<std::string, MonotonicTime> tried_since_;  // without success

  mutable std::mutex mutex_;  // guards the following
  mutable std::condition_variable given_, done_;
  std::deque<Task> tasks_;
  std::uint64_t given_count_ = 0, done_count_ = 0;     // tasks, ever
  std::size_t waiting_points_ = 0;                     // those being written are not among them
  std::map<std::string, std::uint64_t> last_records_;  // by job: the last of its tasks with points
  bool is_stopping_ = false;

  std::thread thread_;  // last: it uses the others
};

}  // namespace descent
