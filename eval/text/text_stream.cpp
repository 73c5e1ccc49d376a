// SPDX-License-Identifier: Apache-2.0
#include "eval/text/text_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "models/io/error.h"

namespace imp::eval {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;  // stays in a core's cache between reading and parsing

// memchr and memrchr look at many bytes at once, which GCC's -O2 does not make of std::count.

std::size_t count_breaks(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ++count;
  return count;
}

/// Bytes after the last line break.
std::size_t last_column(std::string_view text) {
  const void* const line_break = text.empty() ? nullptr : ::memrchr(text.data(), '\n', text.size());
  if (line_break == nullptr) return text.size();
  return static_cast<std::size_t>(text.data() + text.size() - static_cast<const char*>(line_break)) - 1;
}

}  // namespace

TextStream::TextStream(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw Error(path_.string() + ": cannot open: " + std::strerror(errno));
  try {
    (void)read_more();
  } catch (const Error&) {
    ::close(descriptor_);
    throw;
  }
  if (held().starts_with("\xEF\xBB\xBF")) drop(3);
}

TextStream::~TextStream() {
  ::close(descriptor_);
}

bool TextStream::read_more() {
  const std::string_view dropped(buffer_.data(), begin_);
  const std::size_t breaks = count_breaks(dropped);
  columns_ = last_column(dropped) + (breaks == 0 ? columns_ : 0);
  lines_ += breaks;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= std::exchange(begin_, 0);
  if (buffer_.size() < end_ + kPiece + kPadding)
    buffer_.resize(std::max(2 * buffer_.size(), end_ + kPiece + kPadding));
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, buffer_.data() + end_, kPiece);
  } while (count < 0 && errno == EINTR);
  if (count < 0) throw Error(path_.string() + ": cannot read: " + std::strerror(errno));
  end_ += static_cast<std::size_t>(count);
  return count > 0;
}

void TextStream::fail(const char* at, const std::string& message) const {
  const std::string_view before(buffer_.data(), static_cast<std::size_t>(at - buffer_.data()));
  const std::size_t breaks = count_breaks(before);
  const std::size_t column = last_column(before) + (breaks == 0 ? columns_ : 0);
  throw Error(path_.string() + ":" + std::to_string(lines_ + breaks + 1) + ":" + std::to_string(column + 1) +
              ": " + message);
}

}  // namespace imp::eval
