#pragma once

#include <span>
#include <string_view>

namespace descent {

// A file of the live page, compiled into the program. It needs nothing from elsewhere.
struct PageFile {
  std::string_view path;  // "/assets/main.js"
  std::string_view content_type;
  std::string_view content;
};

std::span<const PageFile> PageFiles();

}  // namespace descent
