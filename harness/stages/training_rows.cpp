// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/training_rows.h"

#include "harness/plan/stage_json.h"

namespace imp::harness {
namespace {

RowsLocation locate(const DataSource& source, const std::filesystem::path& data_folder,
                    const char* rendered) {
  if (!source.json.empty()) return {source.json, source.images, data_folder / kRowsIndex};
  return {data_folder / rendered, data_folder / "images", {}};
}

}  // namespace

RowsLocation rows_behind(const std::filesystem::path& data_folder) {
  const std::filesystem::path file = data_folder / "source.json";
  if (!std::filesystem::exists(file)) return finetune_rows({}, data_folder);
  const nlohmann::json source = read_stage_json(file);
  return {stage_text(source, "json", file), stage_text(source, "images", file), data_folder / kRowsIndex};
}

RowsLocation connector_rows(const DataSource& source, const std::filesystem::path& data_folder) {
  return locate(source, data_folder, "captions.json");
}

RowsLocation finetune_rows(const DataSource& source, const std::filesystem::path& data_folder) {
  return locate(source, data_folder, "train.json");
}

}  // namespace imp::harness
