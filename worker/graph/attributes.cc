#include "worker/graph/attributes.h"

#include <sstream>
#include <utility>

#include "common/check.h"
#include "worker/graph/types.h"

namespace descent {

template <typename T>
const T& Attributes::Get(std::string_view name) const {
  const auto found = values_.find(name);
  DESCENT_CHECK(found != values_.end());
  DESCENT_CHECK(std::holds_alternative<T>(found->second));
  return std::get<T>(found->second);
}

template const std::int64_t& Attributes::Get(std::string_view) const;
template const double& Attributes::Get(std::string_view) const;
template const std::vector<std::int64_t>& Attributes::Get(std::string_view) const;

Attributes Attributes::With(std::string_view name, Value value) const {
  Attributes changed = *this;
  const auto found = changed.values_.find(name);
  DESCENT_CHECK(found != changed.values_.end());
  found->second = std::move(value);
  return changed;
}

Attributes Attributes::And(std::string_view name, Value value) const {
  Attributes extended = *this;
  const bool is_new = extended.values_.emplace(name, std::move(value)).second;
  DESCENT_CHECK(is_new);
  return extended;
}

namespace {

struct Printer {
  std::ostream& stream;

  void operator()(std::int64_t value) const { stream << value; }
  void operator()(double value) const { stream << value; }
  void operator()(const Shape& value) const { stream << descent::ToString(value); }
};

}  // namespace

std::string Attributes::ToString() const {
  std::ostringstream text;
  for (const auto& [name, value] : values_) {
    if (text.tellp() > 0) text << ' ';
    text << name << '=';
    std::visit(Printer{text}, value);
  }
  return text.str();
}

}  // namespace descent
