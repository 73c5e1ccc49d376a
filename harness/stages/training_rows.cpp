// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/training_rows.h"

namespace imp::harness {
namespace {

RowsLocation locate(const DataSource& source, const std::filesystem::path& data_folder,
                    const char* rendered) {
  if (!source.json.empty()) return {source.json, source.images, data_folder / kRowsIndex};
  return {data_folder / rendered, data_folder / "images", {}};
}

}  // namespace

RowsLocation connector_rows(const DataSource& source, const std::filesystem::path& data_folder) {
  return locate(source, data_folder, "captions.json");
}

RowsLocation finetune_rows(const DataSource& source, const std::filesystem::path& data_folder) {
  return locate(source, data_folder, "train.json");
}

}  // namespace imp::harness
