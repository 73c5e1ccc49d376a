// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/stage_json.h"

#include <fmt/format.h>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/json_depth.h"

namespace imp::harness {
namespace {

using nlohmann::json;

constexpr int kDeepest = 100;

const json* member(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

void fail_as_stage_json(const std::filesystem::path& file, const std::string& what) {
  throw Error(fmt::format("{}: {}; remove {}, and the next run makes that stage again", file.string(), what,
                          file.parent_path().string()));
}

json read_stage_json(const std::filesystem::path& file) {
  const std::string text = read_file(file);
  if (nests_deeper_than(kDeepest, text))
    fail_as_stage_json(file, "is nested deeper than any file of a stage");
  try {
    return json::parse(text);
  } catch (const json::exception&) {
    fail_as_stage_json(file, "is not valid JSON");
  }
}

double stage_number(const json& object, const char* key, const std::filesystem::path& file) {
  const json* found = member(object, key);
  if (found == nullptr || !found->is_number())
    fail_as_stage_json(file, fmt::format("has no number '{}'", key));
  return found->get<double>();
}

std::string stage_text(const json& object, const char* key, const std::filesystem::path& file) {
  const json* found = member(object, key);
  if (found == nullptr || !found->is_string()) fail_as_stage_json(file, fmt::format("has no text '{}'", key));
  return found->get<std::string>();
}

}  // namespace imp::harness
