// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/decoder.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "models/io/error.h"
#include "models/tokenizer/byte_level.h"
#include "models/tokenizer/normalizer.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

using nlohmann::json;

void fuse(std::vector<std::string>& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  tokens.assign(1, std::move(all));
}

/// A token with a character that stands for no byte (an added token) is taken as it is.
void join_bytes(std::vector<std::string>& tokens) {
  for (std::string& token : tokens) {
    if (auto bytes = symbols_to_bytes(token)) token = std::move(*bytes);
  }
  fuse(tokens);
  tokens.front() = repair_utf8(tokens.front());
}

/// The byte of a token like "<0x0A>".
std::optional<char> fallback_byte(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  const std::string digits = token.substr(3, 2);
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return std::nullopt;
  return static_cast<char>(std::stoi(digits, nullptr, 16));
}

/// A run of byte tokens that is no UTF-8 becomes one U+FFFD a byte, as in `tokenizers`.
void join_fallback_bytes(std::vector<std::string>& tokens) {
  std::vector<std::string> result;
  std::string run;
  const auto close_run = [&] {
    if (run.empty()) return;
    if (is_valid_utf8(run)) {
      result.push_back(run);
    } else {
      for (std::size_t i = 0; i < run.size(); ++i) result.emplace_back("\xef\xbf\xbd");
    }
    run.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = fallback_byte(token)) {
      run += *byte;
      continue;
    }
    close_run();
    result.push_back(std::move(token));
  }
  close_run();
  tokens = std::move(result);
}

Decoder::Step replace(std::string from, std::string to) {
  return [change = Normalizer::replace(std::move(from), std::move(to))](std::vector<std::string>& tokens) {
    for (std::string& token : tokens) token = change(token);
  };
}

/// Up to `start` copies of `content` go from the front and up to `stop` from the back of every token.
Decoder::Step strip(std::string content, std::size_t start, std::size_t stop) {
  return [content = std::move(content), start, stop](std::vector<std::string>& tokens) {
    for (std::string& token : tokens) {
      for (std::size_t i = 0; i < start && !content.empty() && token.starts_with(content); ++i)
        token.erase(0, content.size());
      for (std::size_t i = 0; i < stop && !content.empty() && token.ends_with(content); ++i) {
        token.resize(token.size() - content.size());
      }
    }
  };
}

Decoder::Step metaspace(std::string mark, bool drop_first) {
  return [mark = std::move(mark), drop_first](std::vector<std::string>& tokens) {
    const auto to_spaces = Normalizer::replace(mark, " ");
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (i == 0 && drop_first && tokens[i].starts_with(mark)) tokens[i].erase(0, mark.size());
      tokens[i] = to_spaces(tokens[i]);
    }
  };
}

}  // namespace

void Decoder::add(const json& value) {
  const std::string type = value.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const json& part : value.at("decoders")) add(part);
  } else if (type == "ByteLevel") {
    steps_.emplace_back(join_bytes);
  } else if (type == "Replace") {
    const json& pattern = value.at("pattern");
    if (!pattern.contains("String")) throw Error("decoder: Replace is known with a String pattern only");
    steps_.push_back(replace(pattern["String"].get<std::string>(), value.at("content").get<std::string>()));
  } else if (type == "ByteFallback") {
    steps_.emplace_back(join_fallback_bytes);
  } else if (type == "Fuse") {
    steps_.emplace_back(fuse);
  } else if (type == "Strip") {
    steps_.push_back(strip(value.at("content").get<std::string>(), value.value("start", std::size_t{0}),
                           value.value("stop", std::size_t{0})));
  } else if (type == "Metaspace") {
    steps_.push_back(
        metaspace(value.value("replacement", "\u2581"),
                  value.value("prepend_scheme", value.value("add_prefix_space", true) ? "always" : "never") !=
                      std::string("never")));
  } else {
    throw Error(
        fmt::format("decoder: unknown type '{}'; Sequence, ByteLevel, Replace, ByteFallback, Fuse, Strip and "
                    "Metaspace are known",
                    type));
  }
}

Decoder Decoder::from_json(const json& value) {
  Decoder result;
  if (value.is_null()) return result;
  result.join_with_spaces_ = false;
  result.add(value);
  return result;
}

Decoder Decoder::sentencepiece(bool strip_first) {
  Decoder result;
  result.join_with_spaces_ = false;
  result.steps_ = {replace("\u2581", " "), join_fallback_bytes, fuse};
  if (strip_first) result.steps_.push_back(strip(" ", 1, 0));
  return result;
}

std::string Decoder::decode(std::vector<std::string> tokens) const {
  for (const Step& step : steps_) step(tokens);
  std::string text;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && join_with_spaces_) text += ' ';
    text += tokens[i];
  }
  return text;
}

}  // namespace imp::models
