// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/pre_tokenizer.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/io/error.h"
#include "models/tokenizer/gpt2_words.h"
#include "models/tokenizer/normalizer.h"
#include "models/tokenizer/regex.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

using nlohmann::json;
using Range = std::pair<std::size_t, std::size_t>;
using Finder = std::function<std::vector<Range>(std::string_view)>;

/// What becomes of a delimiter that Split finds (`tokenizers`: SplitDelimiterBehavior).
enum class Delimiter { removed, isolated, merged_with_previous, merged_with_next, contiguous };

Delimiter parse_delimiter(const std::string& name) {
  if (name == "Removed") return Delimiter::removed;
  if (name == "Isolated") return Delimiter::isolated;
  if (name == "MergedWithPrevious") return Delimiter::merged_with_previous;
  if (name == "MergedWithNext") return Delimiter::merged_with_next;
  if (name == "Contiguous") return Delimiter::contiguous;
  throw Error(
      fmt::format("pre_tokenizer: unknown behavior '{}'; Removed, Isolated, MergedWithPrevious, "
                  "MergedWithNext and Contiguous are known",
                  name));
}

struct Part {
  Range range;
  bool delimiter;
};

/// The whole text as parts: matches, and what lies between them. `invert` swaps the two.
std::vector<Part> parts_of(std::size_t size, const std::vector<Range>& matches, bool invert) {
  std::vector<Part> parts;
  std::size_t reached = 0;
  for (const Range& match : matches) {
    if (match.first > reached) parts.push_back({{reached, match.first}, invert});
    parts.push_back({match, !invert});
    reached = match.second;
  }
  if (reached < size) parts.push_back({{reached, size}, invert});
  return parts;
}

/// Joins or drops delimiters as asked.
std::vector<Range> ranges_of(const std::vector<Part>& parts, Delimiter behavior) {
  std::vector<Range> ranges;
  bool join_next = false, before = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [range, delimiter] = parts[i];
    if (delimiter && behavior == Delimiter::removed) continue;
    const bool to_previous = delimiter && behavior == Delimiter::merged_with_previous && i > 0 && !before;
    const bool alike = behavior == Delimiter::contiguous && i > 0 && delimiter == before;
    if (join_next || to_previous || alike) {
      ranges.back().second = range.second;
    } else {
      ranges.push_back(range);
    }
    join_next = delimiter && behavior == Delimiter::merged_with_next && i + 1 < parts.size() &&
                !parts[i + 1].delimiter;
    before = delimiter;
  }
  return ranges;
}

PreTokenizer::Step split_by(Finder find, Delimiter behavior, bool invert) {
  return [find = std::move(find), behavior, invert](Pieces& pieces) {
    std::vector<Piece> result;
    for (const Piece& piece : pieces.list) {
      for (const Range& range : ranges_of(parts_of(piece.text.size(), find(piece.text), invert), behavior)) {
        result.push_back({piece.text.substr(range.first, range.second - range.first),
                          piece.begins_input && range.first == 0});
      }
    }
    pieces.list = std::move(result);
  };
}

Finder by_regex(const std::string& pattern) {
  return [regex = std::make_shared<const Regex>(pattern)](std::string_view text) {
    return regex->find_all(text);
  };
}

Finder by_string(std::string word) {
  return [word = std::move(word)](std::string_view text) {
    std::vector<Range> found;
    for (std::size_t place = 0; !word.empty() && (place = text.find(word, place)) != std::string_view::npos;
         place += word.size()) {
      found.emplace_back(place, place + word.size());
    }
    return found;
  };
}

/// GPT-2's words, as ByteLevel cuts them.
PreTokenizer::Step gpt2_words() {
  return [](Pieces& pieces) {
    std::vector<Piece> words;
    for (const Piece& piece : pieces.list) {
      words.reserve(words.size() + piece.text.size() / 4 + 1);
      for (std::size_t begin = 0; begin < piece.text.size();) {
        const std::size_t end = end_of_gpt2_word(piece.text, begin);
        words.push_back({piece.text.substr(begin, end - begin), piece.begins_input && begin == 0});
        begin = end;
      }
    }
    pieces.list = std::move(words);
  };
}

std::vector<Range> find_digits(std::string_view text) {
  std::vector<Range> found;
  for (std::size_t place = 0; place < text.size();) {
    if (const char c = text[place]; c >= 0 && (c < '0' || c > '9')) {
      ++place;
      continue;
    }
    const CodePoint next = first_code_point(text.substr(place));
    if (is_numeric(next.value)) found.emplace_back(place, place + next.length);
    place += next.length;
  }
  return found;
}

/// Cuts at every match and drops nothing: the common case, kept free of the general one's bookkeeping.
PreTokenizer::Step isolate(std::shared_ptr<const Regex> regex) {
  return [regex = std::move(regex)](Pieces& pieces) {
    std::vector<Piece> result;
    for (const Piece& piece : pieces.list) {
      std::size_t reached = 0;
      const auto cut = [&](std::size_t end) {
        if (end > reached)
          result.push_back({piece.text.substr(reached, end - reached), piece.begins_input && reached == 0});
        reached = end;
      };
      for (const auto& [begin, end] : regex->find_all(piece.text)) {
        cut(begin);
        cut(end);
      }
      cut(piece.text.size());
    }
    pieces.list = std::move(result);
  };
}

PreTokenizer::Step prefix_space() {
  return [](Pieces& pieces) {
    for (Piece& piece : pieces.list) {
      if (piece.text.empty() || piece.text.starts_with(' ')) continue;
      piece.text = pieces.owned.emplace_back(" " + std::string(piece.text));
    }
  };
}

/// `tokenizers`: Metaspace. Spaces become the mark; a mark is put before the text where the scheme says so.
PreTokenizer::Step with_marks(std::string mark, std::string scheme) {
  return [to_marks = Normalizer::replace(" ", mark), mark, scheme](Pieces& pieces) {
    for (Piece& piece : pieces.list) {
      std::string text = to_marks(piece.text);
      const bool wanted = scheme == "always" || (scheme == "first" && piece.begins_input);
      if (wanted && !text.empty() && !text.starts_with(mark)) text = mark + text;
      piece.text = pieces.owned.emplace_back(std::move(text));
    }
  };
}

std::string scheme_of(const json& value) {
  if (!value.contains("prepend_scheme")) return value.value("add_prefix_space", true) ? "always" : "never";
  const std::string scheme = value["prepend_scheme"].get<std::string>();
  if (scheme == "always" || scheme == "first" || scheme == "never") return scheme;
  throw Error(
      fmt::format("pre_tokenizer: unknown prepend_scheme '{}'; always, first and never are known", scheme));
}

}  // namespace

void PreTokenizer::add(const json& value) {
  const std::string type = value.at("type").get<std::string>();
  if (byte_level_)
    throw Error("pre_tokenizer: '" + type + "' follows ByteLevel; ByteLevel must be the last step");
  if (type == "Sequence") {
    for (const json& part : value.at("pretokenizers")) add(part);
  } else if (type == "ByteLevel") {
    if (value.value("add_prefix_space", true)) steps_.push_back(prefix_space());
    if (value.value("use_regex", true)) steps_.push_back(gpt2_words());
    byte_level_ = true;
  } else if (type == "Split") {
    const json& pattern = value.at("pattern");
    const Delimiter behavior = parse_delimiter(value.at("behavior").get<std::string>());
    const bool invert = value.value("invert", false);
    if (pattern.contains("String")) {
      steps_.push_back(split_by(by_string(pattern["String"].get<std::string>()), behavior, invert));
    } else if (behavior == Delimiter::isolated) {
      steps_.push_back(isolate(std::make_shared<const Regex>(pattern.at("Regex").get<std::string>())));
    } else {
      steps_.push_back(split_by(by_regex(pattern.at("Regex").get<std::string>()), behavior, invert));
    }
  } else if (type == "Digits") {
    const bool each = value.value("individual_digits", false);
    steps_.push_back(split_by(find_digits, each ? Delimiter::isolated : Delimiter::contiguous, false));
  } else if (type == "Metaspace") {
    const std::string mark = value.value("replacement", "\u2581");
    steps_.push_back(with_marks(mark, scheme_of(value)));
    if (value.value("split", true))
      steps_.push_back(split_by(by_string(mark), Delimiter::merged_with_next, false));
  } else {
    throw Error(fmt::format(
        "pre_tokenizer: unknown type '{}'; Sequence, ByteLevel, Split, Digits and Metaspace are known",
        type));
  }
}

PreTokenizer PreTokenizer::metaspace(SpaceRule rule) {
  static constexpr const char* kSchemes[] = {"always", "first", "never"};
  PreTokenizer result;
  result.steps_.push_back(with_marks("\u2581", kSchemes[static_cast<std::size_t>(rule)]));
  return result;
}

PreTokenizer PreTokenizer::from_json(const json& value) {
  PreTokenizer result;
  if (!value.is_null()) result.add(value);
  return result;
}

void PreTokenizer::apply(Pieces& pieces) const {
  for (const Step& step : steps_) step(pieces);
}

}  // namespace imp::models
