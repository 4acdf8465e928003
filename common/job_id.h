#pragma once

#include <string_view>

namespace descent {

// 1 to 63 characters of [a-z0-9-]: it is also the name of a directory and of a file.
bool IsJobId(std::string_view id);

}  // namespace descent
