// SPDX-License-Identifier: Apache-2.0
#include "tests/eval/golden_cases.h"

#include <cmath>
#include <set>
#include <sstream>

#include "models/io/file.h"

namespace imp::eval::test {
namespace {

using Json = nlohmann::ordered_json;

const std::set<std::string>& input_keys() {
  static const std::set<std::string> kKeys = {"text", "prediction", "answers",     "answer", "label",
                                              "rows", "dataset",    "num_choices", "scores", "clusters"};
  return kKeys;
}

}  // namespace

std::vector<GoldenCase> cases_of(const std::string& lines) {
  std::vector<GoldenCase> cases;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    GoldenCase golden;
    golden.expected = Json::parse(line);
    for (const auto& [key, value] : golden.expected.items())
      if (input_keys().contains(key)) golden.input[key] = value;
    cases.push_back(std::move(golden));
  }
  return cases;
}

std::vector<GoldenCase> golden_cases(const std::string& metric) {
  return cases_of(read_file(std::string(IMP_TEST_DATA "/goldens/") + metric + ".jsonl"));
}

bool agrees(const Json& expected, const Json& computed) {
  if (expected.is_number() && computed.is_number())
    return std::abs(expected.get<double>() - computed.get<double>()) <= 1e-9;
  if (expected.type() != computed.type() || expected.size() != computed.size()) return false;
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.items())
      if (!computed.contains(key) || !agrees(value, computed.at(key))) return false;
    return true;
  }
  if (expected.is_array()) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (!agrees(expected[i], computed[i])) return false;
    return true;
  }
  return expected == computed;
}

}  // namespace imp::eval::test
