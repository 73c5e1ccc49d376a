// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/schema.h"

#include <cmath>

#include "harness/plan/config_writer.h"
#include "harness/plan/trial_config.h"

namespace imp::harness {

namespace {

using nlohmann::ordered_json;

ordered_json object_of_texts(const std::vector<std::string>& fields) {
  ordered_json properties = ordered_json::object();
  for (const std::string& field : fields) properties[field] = {{"type", "string"}};
  return {
      {"type", "object"}, {"properties", properties}, {"required", fields}, {"additionalProperties", false}};
}

ordered_json bound(const KeyDescription& key, double value) {
  return key.is_whole_number() ? ordered_json(static_cast<std::int64_t>(value)) : ordered_json(value);
}

ordered_json plain_value(const KeyDescription& key) {
  ordered_json schema = ordered_json::object();
  schema["type"] = key.is_whole_number() ? "integer"
                   : key.is_number()     ? "number"
                   : key.is_switch()     ? "boolean"
                                         : "string";
  if (!key.choices.empty()) schema["enum"] = key.choices;
  if (key.is_number()) {
    schema[key.above_minimum ? "exclusiveMinimum" : "minimum"] = bound(key, key.minimum);
    schema["maximum"] = bound(key, key.maximum);
  }
  return schema;
}

/// A value as it may stand in a file: plain, in full for data and templates, or derived from other keys.
ordered_json value_schema(const KeyDescription& key) {
  ordered_json any = ordered_json::array({plain_value(key)});
  if (std::holds_alternative<DataSource TrialConfig::*>(key.member))
    any.push_back(object_of_texts({"json", "images"}));
  if (std::holds_alternative<ConversationTemplate TrialConfig::*>(key.member)) {
    any.push_back(object_of_texts({"system", "user", "assistant", "turn_end"}));
  }
  any.push_back({{"type", "string"}, {"pattern", "\\$\\{.*\\}"}});
  return {{"anyOf", any}};
}

ordered_json configuration_schema() {
  const TrialConfig defaults;
  ordered_json properties = ordered_json::object();
  for (const KeyDescription& key : configuration_keys()) {
    ordered_json schema = value_schema(key);
    schema["description"] = key.meaning;
    schema["default"] = key_json(key, defaults);
    properties[std::string(key.name)] = schema;
  }
  return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

ordered_json factors_schema() {
  ordered_json properties = ordered_json::object();
  for (const KeyDescription& key : configuration_keys()) {
    if (key.name == "seed") continue;
    properties[std::string(key.name)] = {{"type", "array"}, {"minItems", 1}, {"items", value_schema(key)}};
  }
  return {
      {"type", "object"}, {"properties", properties}, {"minProperties", 1}, {"additionalProperties", false}};
}

ordered_json conditions_schema() {
  return {{"type", "array"}, {"items", {{"type", "string"}}}};
}

/// Properties of a block that say which cells there are: one of them stands in it.
ordered_json block_forms() {
  const ordered_json factors{{"$ref", "#/$defs/factors"}};
  return {{"grid", factors},
          {"ofat", factors},
          {"zip", factors},
          {"list", {{"type", "array"}, {"minItems", 1}, {"items", {{"$ref", "#/$defs/configuration"}}}}}};
}

/// One block, or a list of blocks whose cells are joined.
ordered_json vary_schema() {
  const ordered_json forms = block_forms();
  const ordered_json alone{{"type", "object"},
                           {"properties", forms},
                           {"minProperties", 1},
                           {"maxProperties", 1},
                           {"additionalProperties", false}};
  ordered_json block{{"type", "object"},
                     {"properties", forms},
                     {"oneOf", ordered_json::array()},
                     {"additionalProperties", false}};
  block["properties"]["baseline"] = {{"$ref", "#/$defs/configuration"}};
  block["properties"]["exclude"] = conditions_schema();
  for (const auto& [form, schema] : forms.items()) block["oneOf"].push_back({{"required", {form}}});
  return {{"anyOf", ordered_json::array({alone, {{"type", "array"}, {"minItems", 1}, {"items", block}}})}};
}

ordered_json benchmark_schema() {
  ordered_json named = object_of_texts({"name", "annotations", "images"});
  named["properties"]["limit"] = {{"type", "integer"}, {"minimum", 0}};
  named["required"] = {"name"};
  return {{"anyOf", ordered_json::array({{{"type", "string"}}, named})}};
}

}  // namespace

ordered_json sweep_schema() {
  ordered_json properties{
      {"version", {{"const", 1}}},
      {"name", {{"type", "string"}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"}, {"maxLength", 100}}},
      {"about", {{"type", "string"}}},
      {"claims",
       {{"type", "string"},
        {"description",
         "file of predictions that is recorded before the first trial, relative to this one"}}},
      {"extends", {{"type", "string"}, {"description", "one parent file, relative to this one"}}},
      {"baseline", {{"$ref", "#/$defs/configuration"}}},
      {"vary", vary_schema()},
      {"exclude", conditions_schema()},
      {"seeds",
       {{"type", "array"},
        {"minItems", 1},
        {"uniqueItems", true},
        {"items", {{"type", "integer"}, {"minimum", 0}}}}},
      {"benchmarks", {{"type", "array"}, {"items", benchmark_schema()}}},
      {"retry",
       {{"type", "object"},
        {"properties",
         {{"attempts", {{"type", "integer"}, {"minimum", 1}, {"maximum", 100}}},
          {"oom", {{"enum", ordered_json::array({"halve_micro_batch", "fail"})}}}}},
        {"additionalProperties", false}}}};
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "imp sweep file"},
          {"type", "object"},
          {"properties", properties},
          {"required", ordered_json::array({"version"})},
          {"additionalProperties", false},
          {"$defs", {{"configuration", configuration_schema()}, {"factors", factors_schema()}}}};
}

}  // namespace imp::harness
