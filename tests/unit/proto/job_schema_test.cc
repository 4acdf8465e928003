#include "proto/job_schema.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

namespace descent {
namespace {

using Json = nlohmann::json;

Json Schema() { return Json::parse(JobFileSchema()); }

// Calls `look` for each object of the schema.
template <typename Look>
void VisitObjects(const Json& json, const Look& look) {
  if (json.is_object()) look(json);
  for (const auto& child : json)
    if (child.is_structured()) VisitObjects(child, look);
}

TEST(JobSchemaTest, SaysWhichDraftItIsOf) {
  EXPECT_EQ(Schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

TEST(JobSchemaTest, MembersOfAOneofAreKeysOfTheirParentOfWhichOneIsWanted) {
  const Json model = Schema()["$defs"]["ModelSpec"]["anyOf"][0];

  EXPECT_EQ(model["properties"]["mlp"]["$ref"], "#/$defs/MlpSpec");
  EXPECT_EQ(model["properties"]["loss"]["$ref"], "#/$defs/Loss");
  EXPECT_THAT(model["allOf"][0]["oneOf"],
              testing::Contains(Json{{"required", Json::array({"mlp"})}}));
  EXPECT_THAT(model["allOf"][0]["oneOf"],
              testing::Not(testing::Contains(Json{{"required", Json::array({"loss"})}})));
}

TEST(JobSchemaTest, ANameStandsForAMessageOfAOneof) {
  EXPECT_THAT(Schema()["$defs"]["LayerSpec"]["anyOf"][1]["enum"], testing::Contains("relu"));
}

TEST(JobSchemaTest, AListStandsForAMessageThatConsistsOfOne) {
  EXPECT_EQ(Schema()["$defs"]["LayersSpec"]["anyOf"][1]["type"], "array");
}

TEST(JobSchemaTest, EnumsAreWordsInLowerCaseWithoutPrefix) {
  EXPECT_EQ(Schema()["$defs"]["GptNorm"]["enum"], Json({"layer_norm", "rms_norm"}));
}

TEST(JobSchemaTest, AWordThatStandsForANumberIsAllowed) {
  EXPECT_THAT(Schema()["$defs"]["BatchSpec"]["properties"]["global"]["anyOf"],
              testing::Contains(Json{{"const", "all"}}));
}

TEST(JobSchemaTest, ATimeIsATextWithItsUnitOrANumberOfSeconds) {
  const Json forms = Schema()["properties"]["deadline"]["anyOf"];

  EXPECT_EQ(forms[0]["type"], "integer");
  EXPECT_EQ(forms[1]["type"], "string");
  EXPECT_TRUE(forms[1].contains("pattern"));
}

TEST(JobSchemaTest, NoObjectMayHaveOtherKeys) {
  VisitObjects(Schema(), [](const Json& object) {
    if (object.value("type", Json()) != "object") return;
    EXPECT_EQ(object["additionalProperties"], false);
  });
}

TEST(JobSchemaTest, EveryReferenceLeadsToADefinition) {
  const Json schema = Schema();
  VisitObjects(schema, [&](const Json& object) {
    if (!object.contains("$ref") || !object["$ref"].is_string()) return;
    const Json::json_pointer pointer(object["$ref"].get<std::string>().substr(1));
    EXPECT_TRUE(schema.contains(pointer) && schema[pointer].is_object()) << pointer;
  });
}

TEST(JobSchemaTest, CommentsOfTheProtoFileAreDescriptions) {
  const Json schema = Schema();

  EXPECT_EQ(schema["properties"]["precision"]["description"], "by default f32");
  EXPECT_THAT(schema["$defs"]["Precision"]["description"].get<std::string>(),
              testing::HasSubstr("bf16: mixed: activations"));
  EXPECT_EQ(
      schema["$defs"]["EmaSpec"]["description"],
      "An exponential moving average of the weights, which is what is evaluated and exported.");
}

TEST(JobSchemaTest, NoDescriptionNamesASourceFile) {
  VisitObjects(Schema(), [](const Json& object) {
    if (!object.contains("description") || !object["description"].is_string()) return;
    EXPECT_THAT(object["description"].get<std::string>(), testing::Not(testing::HasSubstr(".h")));
  });
}

}  // namespace
}  // namespace descent
