#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "launch/rank_report.h"

namespace descent {

// Reads what a world writes to its standard error: passes it on line by line, keeps the reports of
// the ranks to itself. One thread.
class WorldOutput {
 public:
  // Takes the reading end of a pipe, which it closes.
  WorldOutput(int descriptor, std::string pool);
  ~WorldOutput();
  WorldOutput(const WorldOutput&) = delete;
  WorldOutput& operator=(const WorldOutput&) = delete;

  int descriptor() const { return descriptor_; }  // -1: everybody has closed it

  void Read();  // what there is; does not block

  // The first rank that has ended, as far as that has been read.
  const std::optional<RankExit>& first_end() const { return first_end_; }
  // Whether any of those that have ended did so with that code.
  bool HasExitedWith(int code) const { return exit_codes_.contains(code); }
  int ranks_started() const { return static_cast<int>(started_.size()); }
  std::string last_lines() const;  // of what was passed on

 private:
  void Take(std::string_view line);

  int descriptor_;
  const std::string pool_;
  std::string rest_;  // the beginning of a line
  std::optional<RankExit> first_end_;
  std::set<int> started_;     // world ranks
  std::set<int> exit_codes_;  // of ranks that no signal ended
  std::deque<std::string> last_lines_;
};

}  // namespace descent
