// SPDX-License-Identifier: Apache-2.0
#include "models/image/bmp_runs.h"

#include <algorithm>

namespace imp::models {
namespace {

enum Escape : std::uint8_t { kEndOfRow = 0, kEndOfPicture = 1, kSkip = 2 };

class RunDecoder {
 public:
  RunDecoder(std::span<const std::uint8_t> data, bool begins_odd, std::uint64_t width, std::size_t most,
             bool of_four_bits)
      : data_(data), begins_odd_(begins_odd), width_(width), most_(most), of_four_bits_(of_four_bits) {}

  std::vector<std::uint8_t> decode() {
    while (numbers_.size() < most_ && left() >= 2) {
      const std::uint8_t count = data_[place_], value = data_[place_ + 1];
      place_ += 2;
      if (count > 0) {
        put_run(count, value);
      } else if (value == kEndOfRow) {
        put_zeros((width_ - numbers_.size() % width_) % width_);
        x_ = 0;
      } else if (value == kEndOfPicture || !(value == kSkip ? skip() : copy(value))) {
        break;
      }
    }
    numbers_.resize(std::min(numbers_.size(), most_));
    return std::move(numbers_);
  }

 private:
  [[nodiscard]] std::size_t left() const { return data_.size() - place_; }

  void put_zeros(std::uint64_t count) {
    numbers_.resize(std::min<std::uint64_t>(most_, numbers_.size() + count));
  }

  void put_run(std::uint64_t count, std::uint8_t value) {
    count = std::min(count, x_ < width_ ? width_ - x_ : 0);
    for (std::uint64_t i = 0; i < count; ++i)
      numbers_.push_back(!of_four_bits_ ? value : i % 2 == 0 ? value >> 4 : value & 15);
    x_ += count;
  }

  /// False if the data end.
  bool skip() {
    if (left() < 2) return false;
    put_zeros(data_[place_] + data_[place_ + 1] * width_);
    place_ += 2;
    x_ = numbers_.size() % width_;
    return true;
  }

  /// False if the data or the picture end.
  bool copy(std::uint8_t length) {
    const std::size_t count = std::min<std::size_t>(most_ - numbers_.size(), length);
    const std::size_t bytes = of_four_bits_ ? (count + 1) / 2 : count;
    for (std::size_t i = 0; i < count && place_ + (of_four_bits_ ? i / 2 : i) < data_.size(); ++i) {
      const std::uint8_t byte = data_[place_ + (of_four_bits_ ? i / 2 : i)];
      numbers_.push_back(!of_four_bits_ ? byte : i % 2 == 0 ? byte >> 4 : byte & 15);
    }
    if (left() < bytes || numbers_.size() == most_) return false;
    place_ += bytes;
    x_ += length;
    if ((place_ % 2 != 0) != begins_odd_) ++place_;
    place_ = std::min(place_, data_.size());
    return true;
  }

  std::span<const std::uint8_t> data_;
  bool begins_odd_;
  std::uint64_t width_;
  std::size_t most_;
  bool of_four_bits_;
  std::size_t place_ = 0;
  std::uint64_t x_ = 0;  ///< in the row, by the counts of the file
  std::vector<std::uint8_t> numbers_;
};

}  // namespace

std::vector<std::uint8_t> decode_bmp_runs(std::span<const std::uint8_t> data, bool begins_odd,
                                          std::uint64_t width, std::size_t most, bool of_four_bits) {
  return RunDecoder(data, begins_odd, width, most, of_four_bits).decode();
}

}  // namespace imp::models
