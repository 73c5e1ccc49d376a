// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace imp::models {

/// A line of a question file.
struct Request {
  nlohmann::json question_id;  ///< a number or a string, given back as it came
  std::string image;           ///< below the folder of pictures; empty: a question without a picture
  std::string question;
  std::string where;  ///< file and line, for errors
};

/// Reads JSON lines {question_id, image?, question}; blank lines are skipped. Throws imp::Error (usage) with
/// file:line:column for a line of another kind, and if there is no request at all.
[[nodiscard]] std::vector<Request> read_requests(const std::filesystem::path& file);

}  // namespace imp::models
