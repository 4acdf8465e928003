#include "proto/table_wire.h"

#include "proto/enum_wire.h"

namespace descent {
namespace {

template <typename Repeated, typename Value>
void Set(const std::vector<Value>& values, Repeated& proto) {
  proto.Assign(values.begin(), values.end());
}

// An empty list of the wire is one that is not given.
template <typename Repeated, typename Value>
void Get(const Repeated& proto, std::vector<Value>& values) {
  if (!proto.empty()) values.assign(proto.begin(), proto.end());
}

}  // namespace

void SetTable(const TableSpec& table, v1::TableSpec& proto) {
  proto.set_header(table.has_header ? v1::TABLE_HEADER_PRESENT : v1::TABLE_HEADER_ABSENT);
  if (!table.delimiter.empty()) proto.set_delimiter(table.delimiter);
  Set(table.targets, *proto.mutable_targets());
  if (!table.label.empty()) proto.set_label(table.label);
  Set(table.columns, *proto.mutable_columns());
  Set(table.ignore, *proto.mutable_ignore());
  Set(table.categorical, *proto.mutable_categorical());
  for (const ColumnCategories& categories : table.categories) {
    v1::CategoriesSpec& added = *proto.add_categories();
    added.set_column(categories.column);
    Set(categories.values, *added.mutable_values());
  }
  Set(table.classes, *proto.mutable_classes());
  proto.set_missing(EnumToWire<v1::Missing>(table.missing));
  Set(table.fill, *proto.mutable_fill());
  Set(table.missing_words, *proto.mutable_missing_words());
}

Result<TableSpec> TableFromProto(const v1::TableSpec& proto) {
  TableSpec table;
  if (proto.header() < 0 || proto.header() > v1::TABLE_HEADER_ABSENT)
    return Status(Code::kInvalidArgument, "data.table.header has the unknown value " +
                                              std::to_string(proto.header()) +
                                              ": the sender is newer than this program");
  table.has_header = proto.header() != v1::TABLE_HEADER_ABSENT;
  table.delimiter = proto.delimiter();
  Get(proto.targets(), table.targets);
  table.label = proto.label();
  Get(proto.columns(), table.columns);
  Get(proto.ignore(), table.ignore);
  Get(proto.categorical(), table.categorical);
  for (const v1::CategoriesSpec& categories : proto.categories()) {
    ColumnCategories added = {.column = categories.column(), .values = {}};
    Get(categories.values(), added.values);
    table.categories.push_back(std::move(added));
  }
  Get(proto.classes(), table.classes);
  DESCENT_RETURN_IF_ERROR(SetEnumFromWire(proto.missing(), MissingPolicy::kDropRow,
                                          "data.table.missing", table.missing));
  Get(proto.fill(), table.fill);
  Get(proto.missing_words(), table.missing_words);
  return table;
}

void SetSynthetic(const SyntheticSpec& synthetic, v1::SyntheticSpec& proto) {
  proto.set_kind(EnumToWire<v1::SyntheticKind>(synthetic.kind));
  if (synthetic.features != 0) proto.set_features(synthetic.features);
  if (synthetic.classes != 0) proto.set_classes(synthetic.classes);
  if (synthetic.targets != 0) proto.set_targets(synthetic.targets);
  proto.set_noise(synthetic.noise);
  proto.set_seed(synthetic.seed);
}

Result<SyntheticSpec> SyntheticFromProto(const v1::SyntheticSpec& proto) {
  SyntheticSpec synthetic;
  DESCENT_RETURN_IF_ERROR(SetEnumFromWire(proto.kind(), SyntheticKind::kSpirals,
                                          "data.synthetic.kind", synthetic.kind));
  synthetic.features = proto.features();
  synthetic.classes = proto.classes();
  synthetic.targets = proto.targets();
  if (proto.has_noise()) synthetic.noise = proto.noise();
  synthetic.seed = proto.seed();
  return synthetic;
}

}  // namespace descent
