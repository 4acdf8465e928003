#pragma once

#include <string>
#include <vector>

namespace descent {

// How much of its rows a table shows.
enum class TableWidth { kNormal, kWide };

// Columns as wide as their widest cell, two spaces apart; the last one is not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  void AddRow(std::vector<std::string> cells);  // as many as the header has
  std::string ToString() const;                 // ends with a newline

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
};

}  // namespace descent
