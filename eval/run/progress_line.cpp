// SPDX-License-Identifier: Apache-2.0
#include "eval/run/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace imp::eval {

ProgressLine::ProgressLine(std::string name, std::size_t before, std::size_t total, std::string unit)
    : name_(std::move(name)),
      unit_(std::move(unit)),
      before_(before),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      begun_(std::chrono::steady_clock::now()) {}

double ProgressLine::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

void ProgressLine::show(std::size_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - shown_ < std::chrono::milliseconds(200)) return;
  shown_ = now;
  constexpr std::size_t kWidth = 24;
  const std::size_t filled = total_ == 0 ? kWidth : kWidth * done / total_;
  const double rate = static_cast<double>(done - before_) / std::max(seconds(), 1e-9);
  const double left = static_cast<double>(total_ - done) / std::max(rate, 1e-9);
  fmt::print(stderr, "\r{} [{}{}] {}/{}, {:.1f} {}/s, {:.0f} s left   ", name_, std::string(filled, '#'),
             std::string(kWidth - filled, '.'), done, total_, rate, unit_, left);
}

void ProgressLine::clear() const {
  if (terminal_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::finish(std::size_t done) {
  const double taken = seconds();
  const std::size_t asked = done - before_;
  fmt::print(stderr, "{}{}: {} of {} questions answered", terminal_ ? "\r\x1b[K" : "", name_, done, total_);
  if (asked > 0)
    fmt::print(stderr, ", {} of them now in {:.2f} s ({:.1f} questions/s)", asked, taken,
               static_cast<double>(asked) / std::max(taken, 1e-9));
  fmt::print(stderr, "\n");
}

}  // namespace imp::eval
