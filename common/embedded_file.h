#pragma once

#include <string_view>

namespace descent {

// A file that was made a part of the program when it was built (cmake: descent_embed).
struct EmbeddedFile {
  std::string_view name;  // without its folder
  std::string_view content;
};

}  // namespace descent
