// SPDX-License-Identifier: Apache-2.0
#include "models/image/unreadable.h"

#include <algorithm>
#include <string_view>
#include <thread>

#include "models/image/codec.h"
#include "models/io/error.h"
#include "models/io/parallel_for.h"

namespace imp::models {
namespace {

/// Empty for a picture that can be read.
std::string reason_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return "is absent";
  try {
    (void)read_image(file);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::environment) throw;
    std::string_view reason = error.what();
    const std::string path = file.string() + ": ";
    if (reason.starts_with(path)) reason.remove_prefix(path.size());
    return std::string(reason);
  }
  return "";
}

/// A file's name may hold anything.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '?');
  return text;
}

}  // namespace

std::vector<UnreadablePicture> find_unreadable(const std::vector<std::filesystem::path>& files,
                                               const std::function<void(std::size_t done)>& progress) {
  constexpr std::size_t kGroup = 128;
  const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<UnreadablePicture> unreadable;
  for (std::size_t first = 0; first < files.size(); first += kGroup) {
    const std::size_t count = std::min(kGroup, files.size() - first);
    std::vector<std::string> reasons(count);
    parallel_for(static_cast<int>(count), threads, [&](int i) {
      reasons[static_cast<std::size_t>(i)] = reason_of(files[first + static_cast<std::size_t>(i)]);
    });
    for (std::size_t i = 0; i < count; ++i)
      if (!reasons[i].empty()) unreadable.push_back({files[first + i], reasons[i]});
    progress(first + count);
  }
  return unreadable;
}

std::string as_lines(const std::vector<UnreadablePicture>& unreadable) {
  constexpr std::size_t kShown = 20;
  std::string lines;
  for (std::size_t i = 0; i < std::min(kShown, unreadable.size()); ++i)
    lines += "\n  " + one_line(unreadable[i].file.string()) + ": " + one_line(unreadable[i].reason);
  if (unreadable.size() > kShown) lines += "\n  and " + std::to_string(unreadable.size() - kShown) + " more";
  return lines;
}

}  // namespace imp::models
