#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace descent {

// The constants of a node, by name: what an op's operands do not say. A name that is missing or has
// another type is a bug of whoever built the node, so the getters abort.
class Attributes {
 public:
  using Value = std::variant<std::int64_t, double, std::vector<std::int64_t>>;

  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Value>> values) : values_(values) {}

  std::int64_t Integer(std::string_view name) const { return Get<std::int64_t>(name); }
  bool Flag(std::string_view name) const { return Integer(name) != 0; }
  double Real(std::string_view name) const { return Get<double>(name); }
  const std::vector<std::int64_t>& Integers(std::string_view name) const {
    return Get<std::vector<std::int64_t>>(name);
  }

  // The same, but for one value, which must be there.
  Attributes With(std::string_view name, Value value) const;

  // The same and one more, which must not be there.
  Attributes And(std::string_view name, Value value) const;

  std::string ToString() const;  // "layer=0 probability=0.1"; empty if there are none

 private:
  template <typename T>
  const T& Get(std::string_view name) const;

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace descent
