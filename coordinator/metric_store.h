#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "coordinator/action.h"
#include "coordinator/database.h"
#include "coordinator/metric_curve.h"

namespace descent {

// Of all points of one name.
struct MetricSummary {
  std::string name;
  std::int64_t points = 0;
  MetricCurve::Point first, last;
  // Of equal values the earliest; absent if no value is a number.
  std::optional<MetricCurve::Point> min, max;
};

// What a follower of a job has not seen yet.
struct MetricNews {
  std::string job_id;
  std::vector<std::string> names;  // empty: all
  std::int64_t first_step = 0;
  std::map<std::string, std::int64_t> next_steps;  // by name, in place of first_step
  int points_max = 1000;                           // of each name: the earliest
};

// The metrics of all jobs, in one SQLite file for each job, so that metric traffic never delays a
// commit of the Store and removing a job's metrics is removing a file. A crash may lose the last
// points written, never damages the file.
//   points(name, step, value, time), one row for each name and step; the time is when it was
//     recorded, in seconds since the epoch
//   buckets(name, steps, first_step, last_step, time, count, total, low, high), what the points of
//     16 and of 256 steps come to. They are written in the transaction of their points, and are
//     made from what is stored, so that a step that is reported again is not counted again.
class MetricStore {
 public:
  // `directory` exists.
  explicit MetricStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // A point whose step is stored already is passed over. All points are stored, or none. A file of
  // an older program is brought up to date. One thread at a time.
  Status Record(const RecordMetrics& metrics, WallTime time);

  // Nothing more will be recorded for the job; if it is, its file is opened again. The recording
  // thread's.
  void Close(const std::string& job_id) { writers_.erase(job_id); }

  // The job's points are gone. The recording thread's.
  Status Remove(const std::string& job_id);

  // What a coordinator that was killed did not come to remove: the next job of such a name would
  // have its points. Before anything is recorded.
  Status RemoveAllBut(const std::set<std::string>& job_ids);

  // Curves by name, as of one moment. A curve of more than points_max points comes as the means of
  // buckets of bucket_steps steps, a power of two, so that buckets stay where they are while the
  // curve grows; a bucket's point stands at its last step, and tells the lowest and the highest of
  // its values, so that no spike is lost. Any thread; blocks on the disk.
  Result<std::vector<MetricCurve>> Query(const MetricQuery& query) const;

  // By name; names without news are left out. Any thread; blocks on the disk.
  Result<std::vector<MetricCurve>> ReadNews(const MetricNews& news) const;

  // By name. `names`: as in MetricQuery; one that has no point is left out. Any thread; blocks.
  Result<std::vector<MetricSummary>> Summarize(const std::string& job_id,
                                               const std::vector<std::string>& names) const;

  std::filesystem::path FileOf(const std::string& job_id) const;

 private:
  struct Writer {
    explicit Writer(Database opened) : database(std::move(opened)) {}
    Database database;
    std::unique_ptr<Statement> add_point;
    std::unique_ptr<Statement> put_short_bucket;
    std::unique_ptr<Statement> put_long_bucket;
    std::uint64_t last_use = 0;
  };

  Result<Writer*> WriterFor(const std::string& job_id);
  Result<std::unique_ptr<Writer>> Open(const std::string& job_id);
  static Status Write(Writer& writer, const RecordMetrics& metrics, double seconds);

  const std::filesystem::path directory_;
  // The recording thread's:
  std::map<std::string, std::unique_ptr<Writer>> writers_;  // by job
  std::uint64_t uses_ = 0;
};

}  // namespace descent
