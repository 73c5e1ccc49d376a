// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/input_hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/lora/peft_adapter.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kWholeUpTo = std::uintmax_t{64} << 20;
constexpr std::size_t kSample = std::size_t{1} << 20;

std::string hash_one_file(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) throw Error(fmt::format("{}: cannot read: {}", path.string(), error.message()));
  if (size <= kWholeUpTo) return file_hash(path);
  const MappedFile file(path);
  const std::string_view bytes(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  const auto changed = fs::last_write_time(path).time_since_epoch().count();
  return content_hash(fmt::format("{}\n{}\n{}\n{}\n{}", path.filename().string(), size, changed,
                                  content_hash(bytes.substr(0, kSample)),
                                  content_hash(bytes.substr(bytes.size() - kSample))));
}

std::string hash_directory(const fs::path& path) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& name = entry->path();
    if (name.filename().string().starts_with('.')) {
      if (entry->is_directory()) entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_regular_file() && name.extension() != ".md") files.push_back(name);
  }
  if (error) throw Error(fmt::format("{}: cannot read the folder: {}", path.string(), error.message()));
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) {
    all += fmt::format("{}\n{}\n", file.lexically_relative(path).generic_string(), hash_one_file(file));
  }
  return content_hash(all);
}

}  // namespace

const std::string& InputHashes::file(const fs::path& path) {
  const auto found = known_.find(path);
  return found != known_.end() ? found->second : known_.emplace(path, hash_one_file(path)).first->second;
}

const std::string& InputHashes::directory(const fs::path& path) {
  const auto found = known_.find(path);
  if (found != known_.end()) return found->second;
  return known_.emplace(path, fs::is_regular_file(path) ? hash_one_file(path) : hash_directory(path))
      .first->second;
}

bool InputHashes::adapter_changes_tower(const fs::path& path) {
  const auto found = changes_tower_.find(path);
  if (found != changes_tower_.end()) return found->second;
  return changes_tower_.emplace(path, models::PeftAdapter(path).changes(models::ModelPart::vision))
      .first->second;
}

}  // namespace imp::harness
