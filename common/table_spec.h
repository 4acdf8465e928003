#pragma once

#include <string>
#include <vector>

namespace descent {

// What becomes of a cell without a value in a column of features.
enum class MissingPolicy {
  kError,
  kMean,     // the mean of the column in the training part
  kValue,    // fill
  kDropRow,  // the row is no sample
};

// The values of a categorical column, in the order of their features.
struct ColumnCategories {
  std::string column;
  std::vector<std::string> values;

  bool operator==(const ColumnCategories&) const = default;
};

// How a table (CSV, TSV) becomes samples: the part data.table of a job file. A column is named by
// the header, or by its number from 0 where no column of the header has that name.
struct TableSpec {
  bool has_header = true;
  std::string delimiter;                     // one character; empty: that of the format
  std::vector<std::string> targets;          // columns of numbers to predict; either these or label
  std::string label;                         // the column of classes
  std::vector<std::string> columns;          // of features, in this order; empty: all others
  std::vector<std::string> ignore;           // columns that are no features
  std::vector<std::string> categorical;      // features that are words, one-hot
  std::vector<ColumnCategories> categories;  // declared; of other columns those of training
  std::vector<std::string> classes;          // by their labels; empty: those of training
  MissingPolicy missing = MissingPolicy::kError;
  std::vector<double> fill = {0.0};  // of kValue: one for all features, or one for each
  std::vector<std::string> missing_words = {"", "NA", "NaN", "nan", "null"};

  bool operator==(const TableSpec&) const = default;
};

}  // namespace descent
