// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/normalizer.h"

#include <unicode/normalizer2.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/tokenizer/regex.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// One of Unicode's four normalization forms, by ICU.
Normalizer::Step unicode_form(const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = get(status);
  if (U_FAILURE(status)) throw Error("ICU has no normalization data; install libicu", ErrorKind::environment);
  return [form](std::string_view text) {
    UErrorCode outcome = U_ZERO_ERROR;
    const icu::UnicodeString result = form->normalize(
        icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))),
        outcome);
    std::string utf8;
    result.toUTF8String(utf8);
    return utf8;
  };
}

Normalizer::Step replace_matches(const std::string& pattern, std::string to) {
  return [regex = std::make_shared<const Regex>(pattern), to = std::move(to)](std::string_view text) {
    std::string result;
    std::size_t reached = 0;
    for (const auto& [begin, end] : regex->find_all(text)) {
      result.append(text.substr(reached, begin - reached)).append(to);
      reached = end;
    }
    return result.append(text.substr(reached));
  };
}

void add_steps(const json& value, std::vector<Normalizer::Step>& steps) {
  const std::string type = value.at("type").get<std::string>();
  if (type == "Sequence") {
    for (const json& part : value.at("normalizers")) add_steps(part, steps);
  } else if (type == "Prepend") {
    steps.push_back(Normalizer::prepend(value.at("prepend").get<std::string>()));
  } else if (type == "Replace") {
    const json& pattern = value.at("pattern");
    const std::string to = value.at("content").get<std::string>();
    steps.push_back(pattern.contains("String") ? Normalizer::replace(pattern["String"].get<std::string>(), to)
                                               : replace_matches(pattern.at("Regex").get<std::string>(), to));
  } else if (type == "NFC") {
    steps.push_back(unicode_form(&icu::Normalizer2::getNFCInstance));
  } else if (type == "NFD") {
    steps.push_back(unicode_form(&icu::Normalizer2::getNFDInstance));
  } else if (type == "NFKC") {
    steps.push_back(unicode_form(&icu::Normalizer2::getNFKCInstance));
  } else if (type == "NFKD") {
    steps.push_back(unicode_form(&icu::Normalizer2::getNFKDInstance));
  } else {
    throw Error("normalizer: unknown type '" + type +
                "'; Sequence, Prepend, Replace, NFC, NFD, NFKC and NFKD are known");
  }
}

}  // namespace

Normalizer Normalizer::from_json(const json& value) {
  std::vector<Step> steps;
  if (!value.is_null()) add_steps(value, steps);
  return Normalizer(std::move(steps));
}

std::string Normalizer::apply(std::string_view text) const {
  std::string result(text);
  for (const Step& step : steps_) result = step(result);
  return result;
}

Normalizer::Step Normalizer::prepend(std::string prefix) {
  return [prefix = std::move(prefix)](std::string_view text) {
    return text.empty() ? std::string() : prefix + std::string(text);
  };
}

Normalizer::Step Normalizer::replace(std::string from, std::string to) {
  return [from = std::move(from), to = std::move(to)](std::string_view text) {
    if (from.empty()) return std::string(text);
    std::string result;
    for (;;) {
      const std::size_t place = text.find(from);
      result.append(text.substr(0, place));
      if (place == std::string_view::npos) return result;
      result.append(to);
      text.remove_prefix(place + from.size());
    }
  };
}

Normalizer::Step Normalizer::squeeze_spaces() {
  return [](std::string_view text) {
    std::string result;
    for (const char c : text) {
      if (c != ' ' || (!result.empty() && result.back() != ' ')) result += c;
    }
    if (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
  };
}

}  // namespace imp::models
