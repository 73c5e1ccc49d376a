// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/training_rows.h"

#include <nlohmann/json.hpp>

#include "models/io/file.h"

namespace imp::harness {
namespace {

RowsLocation locate(const DataSource& source, const std::filesystem::path& data_folder,
                    const char* rendered) {
  if (!source.json.empty()) return {source.json, source.images, data_folder / kRowsIndex};
  return {data_folder / rendered, data_folder / "images", {}};
}

}  // namespace

RowsLocation rows_behind(const std::filesystem::path& data_folder) {
  if (!std::filesystem::exists(data_folder / "source.json")) return finetune_rows({}, data_folder);
  const auto source = nlohmann::json::parse(read_file(data_folder / "source.json"));
  return {source["json"].get<std::string>(), source["images"].get<std::string>(), data_folder / kRowsIndex};
}

RowsLocation connector_rows(const DataSource& source, const std::filesystem::path& data_folder) {
  return locate(source, data_folder, "captions.json");
}

RowsLocation finetune_rows(const DataSource& source, const std::filesystem::path& data_folder) {
  return locate(source, data_folder, "train.json");
}

}  // namespace imp::harness
