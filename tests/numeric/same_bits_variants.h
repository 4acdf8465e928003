#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace descent {

// A kind of job whose state must have the same bits however it is run: same_bits_test.cc runs it
// on several numbers of workers and threads, replicated and sharded, stopped and resumed.
struct SameBitsVariant {
  std::string name;                 // CamelCase, as the test is called
  std::string data;                 // a line of the job file: data from those that WriteData writes
  std::vector<std::string> fields;  // FIELD=VALUE of the job file, as for `descent run --set`
};

// The table. A new model, op or option of training gets a row.
std::vector<SameBitsVariant> SameBitsVariants();

// The data of all variants, a few kilobytes. `data` names them as DIR/pictures and so on.
void WriteData(const std::filesystem::path& directory);

}  // namespace descent
