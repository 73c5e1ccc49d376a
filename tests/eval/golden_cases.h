// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace imp::eval::test {

/// One golden line: the input keys, and the whole line with what the reference computed.
struct GoldenCase {
  nlohmann::ordered_json input;
  nlohmann::ordered_json expected;
};

/// The cases of tests/data/goldens/<metric>.jsonl.
[[nodiscard]] std::vector<GoldenCase> golden_cases(const std::string& metric);

/// The lines of a JSON-lines file as cases.
[[nodiscard]] std::vector<GoldenCase> cases_of(const std::string& lines);

/// Numbers within 1e-9, all else equal; the order of keys does not matter.
[[nodiscard]] bool agrees(const nlohmann::ordered_json& expected, const nlohmann::ordered_json& computed);

}  // namespace imp::eval::test
