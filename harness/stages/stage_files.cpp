// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/stage_files.h"

#include <algorithm>
#include <vector>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRecord = "stage.json";

std::string damage_of_file(const fs::path& folder, const nlohmann::json& file, bool by_content) {
  const auto name = file.at("path").get<std::string>();
  const auto size = file.at("size").get<std::uintmax_t>();
  std::error_code error;
  const std::uintmax_t found = fs::file_size(folder / name, error);
  if (error) return name + " is missing";
  if (found != size)
    return name + " has " + std::to_string(found) + " bytes in place of " + std::to_string(size);
  if (by_content && file_hash(folder / name) != file.at("xxh128").get<std::string>())
    return name + " is not what was written";
  return "";
}

}  // namespace

nlohmann::ordered_json list_stage_files(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path() != folder / kRecord) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const fs::path& path : paths) {
    files.push_back({{"path", path.lexically_relative(folder).generic_string()},
                     {"size", fs::file_size(path)},
                     {"xxh128", file_hash(path)}});
  }
  return files;
}

std::string damage_of_stage(const fs::path& folder, bool by_content) {
  try {
    const auto record = nlohmann::json::parse(read_file(folder / kRecord));
    for (const nlohmann::json& file : record.value("files", nlohmann::json::array())) {
      std::string damage = damage_of_file(folder, file, by_content);
      if (!damage.empty()) return damage;
    }
    return "";
  } catch (const nlohmann::json::exception&) {
    return std::string(kRecord) + " is broken";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace imp::harness
