// SPDX-License-Identifier: Apache-2.0
#include "eval/run/prompts.h"

#include <yaml-cpp/yaml.h>

#include "eval/benchmarks/format.h"
#include "eval/benchmarks/json_records.h"
#include "eval/text/python_text.h"
#include "models/io/error.h"
#include "models/io/file.h"

namespace imp::eval {
namespace {

constexpr const char* kQuestion = "{question}";
constexpr const char* kOcrTokens = "{ocr_tokens}";

std::string place(const std::filesystem::path& path, const YAML::Mark& mark) {
  return path.string() + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1) + ": ";
}

YAML::Node parse(const std::filesystem::path& path) {
  try {
    return YAML::Load(read_file(path));
  } catch (const YAML::Exception& error) {
    throw Error(place(path, error.mark) + "not YAML: " + error.msg);
  }
}

}  // namespace

void Prompts::read_overrides(const std::filesystem::path& path) {
  const YAML::Node map = parse(path);
  if (!map.IsMap())
    throw Error(place(path, map.Mark()) + "not a map; lines such as textvqa: \"{question}\" are needed");
  for (const auto& entry : map) {
    const auto name = entry.first.as<std::string>();
    try {
      (void)find_benchmark_format(name);
    } catch (const Error& error) {
      throw Error(place(path, entry.first.Mark()) + error.what());
    }
    if (overrides_.contains(name))
      throw Error(place(path, entry.first.Mark()) + "'" + name + "' stands here twice");
    if (!entry.second.IsScalar() || entry.second.Scalar().find(kQuestion) == std::string::npos)
      throw Error(place(path, entry.second.Mark()) + "the prompt of '" + name +
                  "' must be a text with {question}");
    overrides_[name] = entry.second.Scalar();
  }
}

void Prompts::read_ocr_tokens(const std::filesystem::path& path) {
  JsonStream file(path);
  for_each_record(file, "data", [&](const char* at, const auto& read_members) {
    std::string id, joined;
    read_members([&](std::string_view key, simdjson::ondemand::value value) {
      if (key == "image_id") id = file.identifier(value, key).text;
      if (key == "ocr_tokens")
        for (const std::string& token : read_texts(file, value, key))
          joined += (joined.empty() ? "" : ", ") + token;
    });
    require_key(file, at, !id.empty(), "image_id");
    ocr_tokens_[id] = joined;
  });
}

std::string Prompts::text(const std::string& benchmark) const {
  const auto found = overrides_.find(benchmark);
  if (found != overrides_.end()) return found->second;
  std::string words = kQuestion;
  if (benchmark == "textvqa" && !ocr_tokens_.empty())
    words += std::string("\n") + kOcrTokensLine + kOcrTokens;
  const std::string_view suffix = find_benchmark_format(benchmark).prompt_suffix;
  return suffix.empty() ? words : words + "\n" + std::string(suffix);
}

std::string Prompts::words(const std::string& benchmark, const Question& question) const {
  std::string words = text(benchmark);
  const std::size_t at = words.find(kOcrTokens);
  if (at != std::string::npos) {
    const auto tokens = ocr_tokens_.find(question.image_id.text);
    if (ocr_tokens_.empty())
      throw Error("the prompt of " + benchmark + " asks for {ocr_tokens}; give their file with --ocr-tokens");
    words.replace(at, std::string_view(kOcrTokens).size(), tokens == ocr_tokens_.end() ? "" : tokens->second);
  }
  return words.replace(words.find(kQuestion), std::string_view(kQuestion).size(), question.question);
}

}  // namespace imp::eval
