// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/left_out_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/plan/stage_json.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

class SomeRows : public RowSource {
 public:
  SomeRows(std::unique_ptr<RowSource> all, const std::vector<int64_t>& left_out) : all_(std::move(all)) {
    for (int64_t row = 0; row < all_->size(); ++row)
      if (!std::binary_search(left_out.begin(), left_out.end(), row)) kept_.push_back(row);
  }

  [[nodiscard]] int64_t size() const override { return static_cast<int64_t>(kept_.size()); }
  [[nodiscard]] int64_t modality_length(int64_t row) const override {
    return all_->modality_length(kept_[static_cast<size_t>(row)]);
  }
  [[nodiscard]] TrainingRow row(int64_t row) const override {
    return all_->row(kept_[static_cast<size_t>(row)]);
  }

 private:
  std::unique_ptr<RowSource> all_;
  std::vector<int64_t> kept_;
};

}  // namespace

void write_left_out(const std::filesystem::path& folder, const LeftOut& left_out) {
  const nlohmann::json record{{"file", left_out.file},
                              {"of_rows", left_out.of_rows},
                              {"pictures", left_out.pictures},
                              {"rows", left_out.rows}};
  write_file_atomically(folder / kLeftOut, record.dump() + "\n");
}

LeftOut read_left_out(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kLeftOut;
  const nlohmann::json record = read_stage_json(file);
  try {
    return {stage_text(record, "file", file), record.at("of_rows").get<int64_t>(),
            record.at("pictures").get<std::set<std::string>>(),
            record.at("rows").get<std::vector<int64_t>>()};
  } catch (const nlohmann::json::exception&) {
    fail_as_stage_json(file, "is not what imp wrote");
  }
}

std::unique_ptr<RowSource> without_rows(std::unique_ptr<RowSource> all,
                                        const std::vector<int64_t>& left_out) {
  if (left_out.empty()) return all;
  return std::make_unique<SomeRows>(std::move(all), left_out);
}

std::vector<int64_t> rows_left_out(const StageContext& context) {
  if (!context.has_input("pictures")) return {};
  const std::filesystem::path look = context.input("pictures");
  LeftOut left_out = read_left_out(look);
  if (!left_out.rows.empty()) {
    context.observer.on_warning(
        fmt::format("{} pictures cannot be read, listed in {}; remove {} to have them looked at again",
                    left_out.pictures.size(), (look / "unreadable.jsonl").string(), look.string()));
  }
  return std::move(left_out.rows);
}

}  // namespace imp::harness
