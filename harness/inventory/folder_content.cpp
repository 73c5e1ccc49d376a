// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/folder_content.h"

#include <algorithm>

namespace imp::harness {
namespace fs = std::filesystem;
namespace {

void add(const fs::directory_entry& entry, FolderContent& content) {
  std::error_code error;
  if (entry.is_symlink(error) || error) return;
  const auto written = entry.last_write_time(error);
  if (!error) content.written = std::max(content.written, written);
  if (!entry.is_regular_file(error) || error) return;
  const std::uintmax_t size = entry.file_size(error);
  if (error) return;
  content.bytes += static_cast<std::int64_t>(size);
  ++content.files;
}

}  // namespace

bool is_link(const fs::path& path) {
  std::error_code error;
  return fs::is_symlink(fs::symlink_status(path, error));
}

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(fs::symlink_status(path, error));
}

FolderContent content_of(const fs::path& path) {
  FolderContent content;
  std::error_code error;
  const fs::directory_entry top(path, error);
  if (error) return content;
  add(top, content);
  if (!is_folder(path)) return content;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error))
    add(*entry, content);
  return content;
}

}  // namespace imp::harness
