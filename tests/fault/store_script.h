#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/store.h"

namespace descent {

// What a coordinator does with its store in a short life, as steps: a store of the first schema is
// there and brought up to date; jobs are created, run, write checkpoints, end and are deleted;
// workers are cordoned, webhooks told, the log of the database is folded into it while the store
// is open, and the coordinator starts again. The same whenever it runs.
class StoreScript {
 public:
  explicit StoreScript(std::filesystem::path file);

  std::size_t size() const { return steps_.size(); }

  // After an error the step can be repeated.
  Status Run(std::size_t step) { return steps_[step](); }

  // The step after which the store has its present schema. The one before made that of the first.
  static constexpr std::size_t kMigration = 1;

  // The next step opens it again.
  void Close() { store_.reset(); }

 private:
  void AddCommit(std::vector<Action> actions);
  void AddLifeOf(int number);
  Status MakeOldStore();
  Status Open();
  Status StartAgain();
  Status Commit(std::span<const Action> actions);
  Status AcknowledgeNext();
  Status FoldLog();

  const std::filesystem::path file_;
  std::unique_ptr<Store> store_;
  std::vector<std::function<Status()>> steps_;
};

// All that a store of the present schema holds, one line a row. kDataLoss: the database is damaged.
Result<std::string> ContentsOf(const std::filesystem::path& file);

}  // namespace descent
