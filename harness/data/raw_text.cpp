// SPDX-License-Identifier: Apache-2.0
#include "harness/data/raw_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "harness/data/random.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kOrderSeed = 1;
constexpr std::size_t kShortest = 60;  // bytes; headings and rulers are shorter

/// CMake's help has its version in the folder's name: cmake-3.25/Help.
std::vector<fs::path> text_folders(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, ignored))
    if (entry.path().filename().string().starts_with("cmake-") &&
        fs::is_directory(entry.path() / "Help", ignored))
      folders.push_back(entry.path() / "Help");
  if (folders.empty())
    throw Error(fmt::format("{}: holds no cmake-*/Help; apt-get install cmake-data", root.string()),
                ErrorKind::environment);
  if (!fs::is_directory(root / "common-licenses", ignored))
    throw Error(
        fmt::format("{}: is missing; apt-get install base-files", (root / "common-licenses").string()),
        ErrorKind::environment);
  folders.push_back(root / "common-licenses");
  return folders;
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// The paragraphs of a text, which empty lines part, with single spaces between their words.
void add_paragraphs(const std::string& text, std::vector<std::string>& paragraphs) {
  std::istringstream lines(text);
  std::string paragraph;
  const auto finish = [&] {
    if (paragraph.size() >= kShortest) paragraphs.push_back(std::move(paragraph));
    paragraph.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    bool any = false;
    for (; words >> word; any = true) paragraph += (paragraph.empty() ? "" : " ") + word;
    if (!any) finish();
  }
  finish();
}

}  // namespace

std::vector<std::string> raw_text_paragraphs(const fs::path& packages_root) {
  std::vector<std::string> paragraphs;
  for (const fs::path& folder : text_folders(packages_root))
    for (const fs::path& file : files_of(folder)) add_paragraphs(read_file(file), paragraphs);
  Random random(kOrderSeed, stream_of("raw text", 0));
  shuffle(paragraphs, random);
  return paragraphs;
}

}  // namespace imp::harness
