// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/run_record.h"

#include <fmt/format.h>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/json_depth.h"

namespace imp::harness {

using nlohmann::json;

json read_run_record(const std::filesystem::path& file) {
  constexpr int kDeepest = 100;
  const std::string text = read_file(file);
  json record = nests_deeper_than(kDeepest, text) ? json() : json::parse(text, nullptr, false);
  if (!record.is_object())
    throw Error(file.string() +
                ": is no record that imp wrote; move it away, or name another folder with --runs");
  const auto schema = record.find("schema");
  const bool is_newer =
      schema != record.end() && schema->is_number() && schema->get<double>() > kRecordSchema;
  if (is_newer) {
    throw Error(
        fmt::format("{}: was written by a newer imp (schema {}, this program knows {}); use a newer imp, or "
                    "name another folder with --runs",
                    file.string(), schema->dump(), kRecordSchema),
        ErrorKind::environment);
  }
  return record;
}

}  // namespace imp::harness
