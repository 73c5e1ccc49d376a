// SPDX-License-Identifier: Apache-2.0
#include "harness/data/general_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

#include "harness/data/random.h"
#include "harness/data/vocabulary.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::harness {
namespace {

constexpr std::uint64_t kOrderSeed = 1;

std::string read_packaged(const std::filesystem::path& path, std::string_view package) {
  if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored))
    throw Error(fmt::format("{}: is missing; apt-get install {}", path.string(), package),
                ErrorKind::environment);
  return read_file(path);
}

/// "word: gloss" of a line of a WordNet data file (format: wndb(5WN)), or "" for a line that is none.
std::string gloss_of(const std::string& line) {
  const auto bar = line.find(" | ");
  if (bar == std::string::npos || line.empty() || std::isdigit(static_cast<unsigned char>(line[0])) == 0)
    return "";
  std::istringstream fields(line);
  std::string field, word;
  for (int i = 0; i < 4; ++i) fields >> field;  // offset, file number, part of speech, number of words
  fields >> word;
  if (is_unwanted_word(word)) return "";
  std::replace(word.begin(), word.end(), '_', ' ');
  std::string gloss = line.substr(bar + 3);
  while (!gloss.empty() && gloss.back() == ' ') gloss.pop_back();
  return fmt::format("{}: {}", word, gloss);
}

}  // namespace

std::vector<std::string> general_text_lines(const std::filesystem::path& wordnet,
                                            const std::filesystem::path& word_list) {
  std::vector<std::string> lines;
  for (const std::string_view name : {"data.noun", "data.verb", "data.adj", "data.adv"}) {
    std::istringstream file(read_packaged(wordnet / name, "wordnet-base"));
    for (std::string line; std::getline(file, line);)
      if (std::string gloss = gloss_of(line); !gloss.empty()) lines.push_back(std::move(gloss));
  }
  std::istringstream words(read_packaged(word_list, "wamerican"));
  for (std::string word; std::getline(words, word);)
    if (!word.empty() && !is_unwanted_word(word)) lines.push_back(word);
  Random random(kOrderSeed, stream_of("general text", 0));
  for (std::size_t i = lines.size() - 1; i > 0; --i)
    std::swap(lines[i], lines[static_cast<std::size_t>(random.below(static_cast<int>(i) + 1))]);
  return lines;
}

}  // namespace imp::harness
