// SPDX-License-Identifier: Apache-2.0
#include "models/programs/requests.h"

#include <fmt/format.h>

#include <sstream>

#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::models {
namespace {

using nlohmann::json;

Request parse_request(const std::string& line, const std::string& where) {
  constexpr const char* kExpected =
      "a line is {\"question_id\": 1, \"image\": \"a.png\", \"question\": \"...\"}";
  const json row = json::parse(line, nullptr, false);
  if (!row.is_object()) throw Error(fmt::format("{}: is no JSON object; {}", where, kExpected));
  if (!row.contains("question_id") || !(row["question_id"].is_string() || row["question_id"].is_number())) {
    throw Error(fmt::format("{}: question_id is neither a number nor a string; {}", where, kExpected));
  }
  if (!row.contains("question") || !row["question"].is_string()) {
    throw Error(fmt::format("{}: has no text 'question'; {}", where, kExpected));
  }
  Request request{row["question_id"], "", row["question"].get<std::string>(), where};
  if (row.contains("image") && !row["image"].is_null()) {
    if (!row["image"].is_string())
      throw Error(fmt::format("{}: image is no file name; {}", where, kExpected));
    request.image = row["image"].get<std::string>();
  }
  return request;
}

}  // namespace

std::vector<Request> read_requests(const std::filesystem::path& file) {
  std::vector<Request> requests;
  std::istringstream lines(read_file(file));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    requests.push_back(parse_request(line, fmt::format("{}:{}:1", file.string(), number)));
  }
  if (requests.empty()) throw Error(file.string() + ": holds no request; one JSON line a question is needed");
  return requests;
}

}  // namespace imp::models
