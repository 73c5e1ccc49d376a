// SPDX-License-Identifier: Apache-2.0
#include "harness/stages/encoded_rows.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>

#include "harness/stages/left_out_rows.h"
#include "models/io/file.h"
#include "models/io/parallel_for.h"

namespace imp::harness {
namespace {

/// A file's rows as a stage trains on them.
class EncodedFile : public RowSource {
 public:
  EncodedFile(const RowsLocation& location, const LanguageParts& language, const RowEncoding& encoding)
      : file_(location.json, location.index),
        left_out_(location.left_out),
        language_(language),
        encoding_(encoding) {
    // The rows of a small set are asked for many times; keeping them costs less than a large set's index.
    constexpr int64_t kMostKept = 32768;
    if (file_.size() <= kMostKept) kept_.resize(static_cast<size_t>(file_.size()));
  }

  [[nodiscard]] int64_t size() const override { return file_.size(); }
  [[nodiscard]] int64_t modality_length(int64_t row) const override { return file_.modality_length(row); }
  [[nodiscard]] TrainingRow row(int64_t row) const override {
    if (!kept_.empty()) return *kept_[static_cast<size_t>(row)];
    return training_row(row, encode(row, file_.row(row)));
  }

  /// Encodes all rows once, keeps those of a small set, and counts what is to be told of them.
  RowCensus look_at_all(const std::function<void(int64_t)>& progress) {
    constexpr int64_t kAtOnce = 8192;
    const auto threads = static_cast<int>(std::thread::hardware_concurrency());
    RowCounter counter;
    for (int64_t begin = 0; begin < size(); begin += kAtOnce) {
      const auto count = static_cast<size_t>(std::min(kAtOnce, size() - begin));
      std::vector<LlavaRow> rows(count);
      std::vector<EncodedLlavaRow> encoded(count);
      parallel_for(static_cast<int>(count), threads, [&](int i) {
        const auto place = static_cast<size_t>(i);
        rows[place] = file_.row(begin + i);
        encoded[place] = encode(begin + i, rows[place]);
      });
      for (size_t i = 0; i < count; ++i) {
        const int64_t number = begin + static_cast<int64_t>(i);
        counter.add(number, rows[i], encoded[i]);
        if (!kept_.empty()) kept_[static_cast<size_t>(number)] = training_row(number, std::move(encoded[i]));
      }
      progress(begin + static_cast<int64_t>(count));
    }
    return counter.census(file_);
  }

 private:
  [[nodiscard]] EncodedLlavaRow encode(int64_t number, const LlavaRow& row) const {
    if (std::binary_search(left_out_.begin(), left_out_.end(), number)) {
      EncodedLlavaRow nothing;
      nothing.kinds = {RowKind::unreadable_picture};
      return nothing;
    }
    return harness::encode(file_, number, row, *language_.tokenizer, encoding_);
  }
  [[nodiscard]] TrainingRow training_row(int64_t number, EncodedLlavaRow row) const {
    return {std::move(row.encoded), std::move(row.images), file_.modality_length(number)};
  }

  LlavaFile file_;
  std::vector<int64_t> left_out_;
  const LanguageParts& language_;
  RowEncoding encoding_;
  std::vector<std::optional<TrainingRow>> kept_;
};

}  // namespace

std::unique_ptr<RowSource> encode_rows(const RowsLocation& location, const LanguageParts& language,
                                       const RowEncoding& encoding, RowObserver& observer) {
  auto rows = std::make_unique<EncodedFile>(location, language, encoding);
  const RowCensus census = rows->look_at_all([&](int64_t done) { observer.on_rows(done, rows->size()); });
  require_teaching(census);
  observer.on_census(census);
  return without_rows(std::move(rows), location.left_out);
}

RowsOfStage::RowsOfStage(const StageContext& context) : context_(context) {}

void RowsOfStage::on_rows(int64_t done, int64_t total) {
  context_.check_stop();
  constexpr int64_t kWorthABar = 100000;
  if (total >= kWorthABar) context_.observer.on_units(done, total, "rows");
}

void RowsOfStage::on_census(const RowCensus& census) {
  for (const std::string& line : sentences(census)) context_.observer.on_warning(line);
  write_file_atomically(context_.folder / kRowCensus,
                        to_json(census).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace imp::harness
