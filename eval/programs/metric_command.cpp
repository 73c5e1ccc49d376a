// SPDX-License-Identifier: Apache-2.0
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "eval/metrics/registry.h"
#include "eval/programs/commands.h"
#include "models/io/error.h"
#include "models/io/json_depth.h"

namespace imp::eval {
namespace {

using Json = nlohmann::ordered_json;

Json parse_line(const std::string& text) {
  constexpr int kDeepest = 100;
  if (nests_deeper_than(kDeepest, text))
    throw Error("1: is nested too deep; one flat object a line is needed");
  try {
    Json line = Json::parse(text);
    if (!line.is_object()) throw Error("1: not a JSON object; one object a line is needed");
    return line;
  } catch (const Json::parse_error& error) {
    throw Error(std::to_string(error.byte) + ": not JSON in UTF-8; one object a line is needed");
  } catch (const Json::exception&) {
    throw Error("1: holds a number beyond 1.8e308; one object a line, with smaller numbers, is needed");
  }
}

}  // namespace

void run_metric(const std::string& name, std::istream& in, std::ostream& out) {
  const LineMetric& metric = find_line_metric(name);
  std::string text;
  for (std::size_t number = 1; std::getline(in, text); ++number) {
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = "<stdin>:" + std::to_string(number) + ":";
    try {
      Json line = parse_line(text);
      try {
        metric.add_keys(line);
      } catch (const Error& error) {
        throw Error("1: " + std::string(error.what()) + "; metric " + name + " reads " +
                    std::string(metric.inputs));
      }
      out << line.dump() << '\n';
    } catch (const Error& error) {
      throw Error(where + error.what());
    }
  }
}

}  // namespace imp::eval
