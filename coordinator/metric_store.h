#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/action.h"
#include "coordinator/database.h"

namespace descent {

// One named curve of a job.
struct MetricCurve {
  struct Point {
    std::int64_t step = 0;
    double value = 0;
  };
  std::string name;
  std::vector<Point> points;      // by step, ascending
  std::int64_t bucket_steps = 1;  // > 1: points are means over this many steps
};

struct MetricQuery {
  std::string job_id;
  std::vector<std::string> names;  // empty: all
  std::int64_t first_step = 0;     // points with step >= first_step
  int points_max = 1000;           // of each curve
};

// The metrics of all jobs, in one SQLite file for each job, so that metric traffic never delays a
// commit of the Store and removing a job's metrics is removing a file. A crash may lose the last
// points written, never damages the file.
//   points(name, step, value), one row for each name and step
class MetricStore {
 public:
  // `directory` exists.
  explicit MetricStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // A point whose step is stored already is passed over. One thread at a time.
  Status Record(const RecordMetrics& metrics);

  // The job's points are gone. The recording thread's.
  Status Remove(const std::string& job_id);

  // Curves by name. A curve of more than points_max points comes as the means of buckets of
  // bucket_steps steps, a power of two, so that buckets stay where they are while the curve grows;
  // a bucket's point stands at its last step. Any thread; blocks on the disk.
  Result<std::vector<MetricCurve>> Query(const MetricQuery& query) const;

 private:
  struct Writer {
    explicit Writer(Database opened) : database(std::move(opened)) {}
    Database database;
    std::unique_ptr<Statement> add_point;
  };

  std::filesystem::path FileOf(const std::string& job_id) const;
  Result<Writer*> WriterFor(const std::string& job_id);

  const std::filesystem::path directory_;
  std::map<std::string, std::unique_ptr<Writer>> writers_;  // by job; the recording thread's
};

}  // namespace descent
