#include "client/render/yaml_text.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

namespace descent {
namespace {

TEST(YamlTextTest, KeepsTheOrderAndTheNesting) {
  EXPECT_EQ(YamlText(R"({"b":{"list":[1,2.5]},"a":"x"})"),
            "---\nb:\n  list:\n    - 1\n    - 2.5\na: \"x\"\n");
}

TEST(YamlTextTest, AStringThatLooksLikeANumberStaysAString) {
  EXPECT_EQ(YamlText(R"({"step":"17","is_on":"yes"})"), "---\nstep: \"17\"\nis_on: \"yes\"\n");
}

TEST(YamlTextTest, WhatNeedsEscapesReadsAsItWas) {
  const YAML::Node read = YAML::Load(YamlText(R"({"text":"a\n\"b\": #c","none":null,"on":true})"));

  EXPECT_EQ(read["text"].as<std::string>(), "a\n\"b\": #c");
  EXPECT_TRUE(read["none"].IsNull());
  EXPECT_TRUE(read["on"].as<bool>());
}

TEST(YamlTextTest, EmptyListsAndMapsReadAsThat) {
  const YAML::Node read = YAML::Load(YamlText(R"({"list":[],"map":{}})"));

  EXPECT_TRUE(read["list"].IsSequence());
  EXPECT_TRUE(read["map"].IsMap());
}

TEST(YamlTextTest, WhatIsNotJsonIsGivenBack) { EXPECT_EQ(YamlText("plain text"), "plain text"); }

}  // namespace
}  // namespace descent
