#include "proto/yaml_message.h"

#include <google/protobuf/descriptor.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/check.h"
#include "common/duration.h"
#include "common/edit_distance.h"
#include "descent/v1/job_spec.pb.h"
#include "proto/job_field.h"

namespace descent {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

std::string Found(const YamlValue& value) {
  switch (value.kind) {
    case YamlValue::Kind::kNothing:
      return "nothing";
    case YamlValue::Kind::kText:
      return value.is_quoted ? fmt::format("\"{}\"", Shown(value.text)) : Shown(value.text);
    case YamlValue::Kind::kList:
      return "a list";
    case YamlValue::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

// The closest of `names`, if it is close enough to be a typing error.
std::optional<std::string> DidYouMean(std::string_view word,
                                      const std::vector<std::string>& names) {
  if (word.size() > 64) return std::nullopt;
  std::optional<std::string> closest;
  std::size_t distance_max = std::max<std::size_t>(word.size() > 3 ? 2 : 1, word.size() / 3);
  for (const std::string& name : names) {
    const std::size_t distance = EditDistance(word, name);
    if (distance > distance_max || (closest && distance == distance_max)) continue;
    closest = name;
    distance_max = distance;
  }
  return closest;
}

std::vector<std::string> FieldNames(const Descriptor& descriptor) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor.field_count(); ++i) names.push_back(descriptor.field(i)->name());
  return names;
}

std::string MembersOf(const OneofDescriptor& oneof) {
  std::vector<std::string> names;
  for (int i = 0; i < oneof.field_count(); ++i) names.push_back(oneof.field(i)->name());
  return fmt::format("{}", fmt::join(names, ", "));
}

bool IsListOf(const YamlValue& value, const Descriptor& descriptor) {
  return value.kind == YamlValue::Kind::kList && MayBeList(descriptor);
}

bool IsChoice(const YamlValue& value, const Descriptor& descriptor) {
  const std::vector<std::string> names = Choices(descriptor);
  return value.kind == YamlValue::Kind::kText &&
         std::ranges::find(names, value.text) != names.end();
}

YamlValue Written(const YamlValue& name) {
  return {.kind = YamlValue::Kind::kMapping,
          .place = name.place,
          .children = {name, {.kind = YamlValue::Kind::kMapping, .place = name.place}}};
}

// Fills a message from a mapping, going on after each problem.
class MessageFiller {
 public:
  void Fill(const YamlValue& mapping, const std::string& path, Message& message);

  FillReport TakeReport() { return std::move(report_); }

 private:
  using GivenOneofs = std::map<const OneofDescriptor*, std::string>;

  bool CheckKey(const YamlValue& key, const std::string& prefix, const Message& message,
                const GivenOneofs& given);
  void FillField(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
                 Message& message);
  void FillOne(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
               Message& message);
  void FillInteger(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
                   Message& message);
  void FillDuration(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
                    Message& message);
  void FillBool(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
                Message& message);
  void FillEnum(const YamlValue& value, const std::string& path, const FieldDescriptor& field,
                Message& message);

  void AddMismatch(const YamlValue& value, const std::string& path, std::string_view wanted) {
    report_.AddProblem(value.place, path, fmt::format("{}, must be {}", Found(value), wanted));
  }

  // The number that is the whole text; what it must be is added to the problems otherwise.
  template <typename Number>
  std::optional<Number> ReadNumber(const YamlValue& value, const std::string& path) {
    constexpr bool kIsInteger = std::numeric_limits<Number>::is_integer;
    constexpr std::string_view kWanted = kIsInteger ? "an integer" : "a number";
    Number number{};
    const char* const end = value.text.data() + value.text.size();
    const auto [stop, error] = std::from_chars(value.text.data(), end, number);
    const bool is_whole = value.kind == YamlValue::Kind::kText && !value.is_quoted && stop == end;
    if (is_whole && error == std::errc::result_out_of_range) {
      AddMismatch(value, path, fmt::format("{} that fits in 64 bits", kWanted));
      return std::nullopt;
    }
    if (!is_whole || error != std::errc()) {
      const bool is_negative = value.text.starts_with('-') && !std::is_signed_v<Number>;
      AddMismatch(value, path, is_negative ? "an integer of at least 0" : kWanted);
      return std::nullopt;
    }
    if constexpr (!kIsInteger) {
      if (!std::isfinite(number)) {
        AddMismatch(value, path, "a finite number");
        return std::nullopt;
      }
    }
    return number;
  }

  FillReport report_;
};

void MessageFiller::Fill(const YamlValue& mapping, const std::string& path, Message& message) {
  const Descriptor& descriptor = *message.GetDescriptor();
  if (IsListOf(mapping, descriptor)) return FillField(mapping, path, *descriptor.field(0), message);
  if (IsChoice(mapping, descriptor)) return Fill(Written(mapping), path, message);
  if (mapping.kind != YamlValue::Kind::kMapping) {
    AddMismatch(mapping, path,
                fmt::format("a mapping of: {}", fmt::join(FieldNames(descriptor), ", ")));
    return;
  }
  GivenOneofs given;
  for (std::size_t i = 0; i < mapping.children.size(); i += 2) {
    const YamlValue& key = mapping.children[i];
    const std::string prefix = path.empty() ? "" : path + ".";
    if (!CheckKey(key, prefix, message, given)) continue;
    const FieldDescriptor& field = *descriptor.FindFieldByName(key.text);
    if (field.real_containing_oneof() != nullptr)
      given.emplace(field.real_containing_oneof(), key.text);
    report_.places.emplace(prefix + key.text, key.place);
    // The parser places a value that is not there at whatever comes next.
    const YamlValue& value = mapping.children[i + 1];
    FillField(value.kind == YamlValue::Kind::kNothing ? YamlValue{.place = key.place} : value,
              prefix + key.text, field, message);
  }
  for (int i = 0; i < descriptor.real_oneof_decl_count(); ++i) {
    const OneofDescriptor& oneof = *descriptor.oneof_decl(i);
    if (given.contains(&oneof) || message.GetReflection()->HasOneof(message, &oneof)) continue;
    report_.AddProblem(mapping.place, path,
                       fmt::format("no {}, must have one of: {}", oneof.name(), MembersOf(oneof)));
  }
}

bool MessageFiller::CheckKey(const YamlValue& key, const std::string& prefix,
                             const Message& message, const GivenOneofs& given) {
  const Descriptor& descriptor = *message.GetDescriptor();
  const std::string path = prefix + key.text;
  if (key.kind != YamlValue::Kind::kText) {
    AddMismatch(key, path, "the name of a field");
    return false;
  }
  const FieldDescriptor* const field = descriptor.FindFieldByName(key.text);
  if (field == nullptr) {
    const auto guess = DidYouMean(key.text, FieldNames(descriptor));
    if (guess) report_.misspelt.insert(prefix + *guess);
    report_.AddProblem(key.place, path,
                       key.text == "<<" ? "a merge key is not allowed: write the fields out"
                       : guess          ? fmt::format("unknown field; did you mean \"{}\"?", *guess)
                                        : fmt::format("unknown field, must be one of: {}",
                                                      fmt::join(FieldNames(descriptor), ", ")));
    FieldProblem& problem = report_.problems.back();
    problem.is_unknown_field = key.text != "<<";
    if (guess) problem.did_you_mean = prefix + *guess;
    return false;
  }
  if (const auto first = report_.places.find(path); first != report_.places.end()) {
    report_.AddProblem(key.place, path,
                       fmt::format("given twice, first in line {}", first->second.line));
    return false;
  }
  const auto other = given.find(field->real_containing_oneof());
  if (other == given.end()) return true;
  report_.AddProblem(key.place, path,
                     fmt::format("there is a {} already, must be only one of: {}", other->second,
                                 MembersOf(*other->first)));
  return false;
}

void MessageFiller::FillField(const YamlValue& value, const std::string& path,
                              const FieldDescriptor& field, Message& message) {
  if (!field.is_repeated()) {
    FillOne(value, path, field, message);
    return;
  }
  if (value.kind != YamlValue::Kind::kList) {
    AddMismatch(value, path, "a list");
    return;
  }
  message.GetReflection()->ClearField(&message, &field);
  for (std::size_t i = 0; i < value.children.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    report_.places.emplace(item_path, value.children[i].place);
    FillOne(value.children[i], item_path, field, message);
  }
}

void MessageFiller::FillOne(const YamlValue& value, const std::string& path,
                            const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const bool is_repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Fill(value, path,
                  is_repeated ? *reflection.AddMessage(&message, &field)
                              : *reflection.MutableMessage(&message, &field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return FillEnum(value, path, field, message);
    case FieldDescriptor::CPPTYPE_BOOL:
      return FillBool(value, path, field, message);
    case FieldDescriptor::CPPTYPE_INT64:
      return FillInteger(value, path, field, message);
    case FieldDescriptor::CPPTYPE_UINT64:
      if (const auto number = ReadNumber<std::uint64_t>(value, path))
        is_repeated ? reflection.AddUInt64(&message, &field, *number)
                    : reflection.SetUInt64(&message, &field, *number);
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (const auto number = ReadNumber<double>(value, path))
        is_repeated ? reflection.AddDouble(&message, &field, *number)
                    : reflection.SetDouble(&message, &field, *number);
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      if (value.kind != YamlValue::Kind::kText) return AddMismatch(value, path, "a text");
      is_repeated ? reflection.AddString(&message, &field, value.text)
                  : reflection.SetString(&message, &field, value.text);
      return;
    default:
      // The schema has grown a type that no job file could give.
      DESCENT_CHECK(false);
  }
}

// A number, or the word or time that the schema lets stand for one.
void MessageFiller::FillInteger(const YamlValue& value, const std::string& path,
                                const FieldDescriptor& field, Message& message) {
  if (field.options().GetExtension(v1::is_duration))
    return FillDuration(value, path, field, message);
  const Reflection& reflection = *message.GetReflection();
  const bool has_word = field.options().HasExtension(v1::number_word);
  const v1::NumberWord& word = field.options().GetExtension(v1::number_word);
  if (has_word && value.kind == YamlValue::Kind::kText && value.text == word.word())
    return reflection.SetInt64(&message, &field, word.number());
  std::int64_t parsed = 0;
  const char* const end = value.text.data() + value.text.size();
  const bool is_number = std::from_chars(value.text.data(), end, parsed).ptr == end;
  if (has_word && (!is_number || value.text.empty() || parsed == word.number()))
    return AddMismatch(value, path, fmt::format("an integer, or {}", word.word()));
  if (const auto number = ReadNumber<std::int64_t>(value, path))
    field.is_repeated() ? reflection.AddInt64(&message, &field, *number)
                        : reflection.SetInt64(&message, &field, *number);
}

void MessageFiller::FillDuration(const YamlValue& value, const std::string& path,
                                 const FieldDescriptor& field, Message& message) {
  DESCENT_CHECK(!field.is_repeated());
  const std::optional<std::int64_t> seconds =
      value.kind == YamlValue::Kind::kText ? ParseDuration(value.text) : std::nullopt;
  if (!seconds) return AddMismatch(value, path, kDurationWanted);
  message.GetReflection()->SetInt64(&message, &field, *seconds);
}

void MessageFiller::FillBool(const YamlValue& value, const std::string& path,
                             const FieldDescriptor& field, Message& message) {
  DESCENT_CHECK(!field.is_repeated());
  const bool is_word = value.kind == YamlValue::Kind::kText && !value.is_quoted;
  if (!is_word || (value.text != "true" && value.text != "false"))
    return AddMismatch(value, path, "true or false");
  message.GetReflection()->SetBool(&message, &field, value.text == "true");
}

void MessageFiller::FillEnum(const YamlValue& value, const std::string& path,
                             const FieldDescriptor& field, Message& message) {
  DESCENT_CHECK(!field.is_repeated());
  const std::vector<std::string> words = EnumWords(*field.enum_type());
  const auto word = std::find(words.begin(), words.end(), value.text);
  if (value.kind != YamlValue::Kind::kText || word == words.end())
    return AddMismatch(value, path, fmt::format("one of: {}", fmt::join(words, ", ")));
  const int index = static_cast<int>(word - words.begin()) + 1;
  message.GetReflection()->SetEnum(&message, &field, field.enum_type()->value(index));
}

}  // namespace

bool FillReport::IsFaulty(const std::string& field) const {
  const auto is_inside = [](std::string_view inner, std::string_view outer) {
    return outer.empty() ||
           (inner.starts_with(outer) && (inner.size() == outer.size() ||
                                         inner[outer.size()] == '.' || inner[outer.size()] == '['));
  };
  const auto touches = [&](const std::string& other) {
    return is_inside(field, other) || is_inside(other, field);
  };
  return std::ranges::any_of(faulty, touches) ||
         std::ranges::any_of(misspelt, [&](const std::string& other) {
           return !places.contains(other) && touches(other);
         });
}

void FillReport::AddProblem(const FieldPlace& place, const std::string& field,
                            std::string message) {
  faulty.insert(field);
  problems.push_back(ProblemAt(place, Shown(field), std::move(message)));
}

FillReport FillFromYaml(const YamlValue& root, Message& message) {
  MessageFiller filler;
  filler.Fill(root, "", message);
  return filler.TakeReport();
}

}  // namespace descent
