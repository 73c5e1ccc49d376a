// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/bpe_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <queue>
#include <set>
#include <unordered_map>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/tokenizer/bpe_model.h"
#include "models/tokenizer/byte_level.h"
#include "models/tokenizer/pre_tokenizer.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

using nlohmann::json;

json pre_tokenizer_json(const BpeTraining& training) {
  const json bytes = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  if (!training.individual_digits) return bytes;
  const json digits = {{"type", "Digits"}, {"individual_digits", true}};
  return {{"type", "Sequence"}, {"pretokenizers", json::array({digits, bytes})}};
}

void check(const BpeTraining& training) {
  const auto special = [&](const std::string& token) {
    return std::count(training.special_tokens.begin(), training.special_tokens.end(), token) == 1;
  };
  for (const std::string& token : training.special_tokens) {
    if (token.empty() || !special(token))
      throw Error(fmt::format("special token '{}': must be there once", token));
  }
  for (const std::string* role : {&training.eos_token, &training.pad_token, &training.bos_token}) {
    if (!role->empty() && !special(*role))
      throw Error(fmt::format("'{}': must be one of the special tokens", *role));
  }
  const auto least = static_cast<std::int32_t>(256 + training.special_tokens.size());
  if (training.vocab_size < least) {
    throw Error(
        fmt::format("vocab_size {}: bytes and special tokens alone need {}", training.vocab_size, least));
  }
}

struct Word {
  std::vector<std::int32_t> symbols;
  std::int64_t count;
};

/// Distinct words with their counts, in the order of their bytes.
std::vector<Word> count_words(std::span<const std::string> texts, const BpeTraining& training,
                              std::int32_t first_byte) {
  const PreTokenizer pre_tokenizer = PreTokenizer::from_json(pre_tokenizer_json(training));
  std::unordered_map<std::string, std::int64_t, StringHash, std::equal_to<>> counts;
  for (const std::string& text : texts) {
    const std::string repaired = is_valid_utf8(text) ? std::string() : repair_utf8(text);
    Pieces pieces{{{repaired.empty() ? std::string_view(text) : repaired, true}}, {}};
    pre_tokenizer.apply(pieces);
    for (const Piece& piece : pieces.list) {
      const auto found = counts.find(piece.text);
      if (found != counts.end()) {
        ++found->second;
      } else {
        counts.emplace(piece.text, 1);
      }
    }
  }
  const std::map<std::string_view, std::int64_t> sorted(counts.begin(), counts.end());
  std::vector<Word> words;
  for (const auto& [text, count] : sorted) {
    Word word{{}, count};
    for (const char c : text) word.symbols.push_back(first_byte + static_cast<unsigned char>(c));
    words.push_back(std::move(word));
  }
  return words;
}

using Pair = std::pair<std::int32_t, std::int32_t>;

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(pair.first)) << 32 |
            static_cast<std::uint32_t>(pair.second)) *
               0x9e3779b97f4a7c15ULL >>
           17;
  }
};

/// Counts of neighbouring pairs, kept up to date while words are merged.
class PairCounts {
 public:
  explicit PairCounts(std::vector<Word> words) : words_(std::move(words)) {
    for (std::size_t i = 0; i < words_.size(); ++i) add_word(i, 1);
    for (const auto& [pair, entry] : entries_) queue_.push({entry.count, pair});
  }

  /// The most frequent pair, or a count of 0 where none is left.
  std::pair<std::int64_t, Pair> best() {
    while (!queue_.empty()) {
      const Candidate top = queue_.top();
      const std::int64_t count = dropped_.contains(top.pair) ? 0 : entries_[top.pair].count;
      if (count > 0 && count == top.count) return {count, top.pair};
      // Stale: the count fell since; a rise was pushed when it came.
      queue_.pop();
      if (count > 0) queue_.push({count, top.pair});
    }
    return {0, {}};
  }

  /// Never offers the pair again.
  void drop(const Pair& pair) { dropped_.insert(pair); }

  void merge(const Pair& pair, std::int32_t merged) {
    const std::vector<std::size_t> places = std::move(entries_[pair].words);
    std::vector<Pair> touched;
    for (const std::size_t place : places) {
      std::vector<std::int32_t>& symbols = words_[place].symbols;
      if (!holds(symbols, pair)) continue;
      add_word(place, -1);
      std::size_t kept = 0;
      for (std::size_t i = 0; i < symbols.size(); ++kept) {
        const bool here = i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second;
        symbols[kept] = here ? merged : symbols[i];
        i += here ? 2 : 1;
      }
      symbols.resize(kept);
      add_word(place, 1);
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i] == merged || symbols[i + 1] == merged)
          touched.emplace_back(symbols[i], symbols[i + 1]);
      }
    }
    entries_[pair].count = 0;
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const Pair& neighbour : touched) queue_.push({entries_[neighbour].count, neighbour});
  }

 private:
  struct Entry {
    std::int64_t count = 0;
    std::vector<std::size_t> words;  ///< may name words that no longer hold the pair
  };
  struct Candidate {
    std::int64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  static bool holds(const std::vector<std::int32_t>& symbols, const Pair& pair) {
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      if (symbols[i] == pair.first && symbols[i + 1] == pair.second) return true;
    }
    return false;
  }

  void add_word(std::size_t place, std::int64_t sign) {
    const Word& word = words_[place];
    for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      Entry& entry = entries_[{word.symbols[i], word.symbols[i + 1]}];
      entry.count += sign * word.count;
      if (sign > 0 && (entry.words.empty() || entry.words.back() != place)) entry.words.push_back(place);
    }
  }

  std::vector<Word> words_;
  std::unordered_map<Pair, Entry, PairHash> entries_;
  std::priority_queue<Candidate> queue_;
  std::set<Pair> dropped_;
};

json added_token(std::size_t id, const std::string& content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

/// LLaMA's way of putting a token before every text.
json template_json(const std::string& bos, std::size_t id) {
  const json token = {{"SpecialToken", {{"id", bos}, {"type_id", 0}}}};
  const auto sequence = [](const char* name, int type) -> json {
    return {{"Sequence", {{"id", name}, {"type_id", type}}}};
  };
  const json special = {{"id", bos}, {"ids", json::array({id})}, {"tokens", json::array({bos})}};
  return {{"type", "TemplateProcessing"},
          {"single", json::array({token, sequence("A", 0)})},
          {"pair", json::array({token, sequence("A", 0), token, sequence("B", 1)})},
          {"special_tokens", {{bos, special}}}};
}

json tokenizer_json(const TrainedBpe& trained, const BpeTraining& training) {
  json vocabulary = json::object(), merges = json::array(), added = json::array();
  for (std::size_t id = 0; id < trained.tokens.size(); ++id) vocabulary[trained.tokens[id]] = id;
  for (const auto& [left, right] : trained.merges) {
    merges.push_back(
        {trained.tokens[static_cast<std::size_t>(left)], trained.tokens[static_cast<std::size_t>(right)]});
  }
  json post_processor;
  for (std::size_t id = 0; id < training.special_tokens.size(); ++id) {
    const std::string& token = training.special_tokens[id];
    added.push_back(added_token(id, token));
    if (!training.bos_token.empty() && token == training.bos_token) post_processor = template_json(token, id);
  }
  const json model = {{"type", "BPE"},
                      {"dropout", nullptr},
                      {"unk_token", nullptr},
                      {"continuing_subword_prefix", nullptr},
                      {"end_of_word_suffix", nullptr},
                      {"fuse_unk", false},
                      {"byte_fallback", false},
                      {"ignore_merges", false},
                      {"vocab", vocabulary},
                      {"merges", merges}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", pre_tokenizer_json(training)},
          {"post_processor", post_processor},
          {"decoder",
           {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}}},
          {"model", model}};
}

}  // namespace

TrainedBpe train_bpe(std::span<const std::string> texts, const BpeTraining& training) {
  check(training);
  TrainedBpe trained;
  trained.tokens = training.special_tokens;
  const auto first_byte = static_cast<std::int32_t>(trained.tokens.size());
  for (int byte = 0; byte < 256; ++byte)
    trained.tokens.push_back(byte_to_symbol(static_cast<unsigned char>(byte)));
  PairCounts counts(count_words(texts, training, first_byte));
  std::map<std::string, std::int32_t> ids;
  for (const std::string& token : training.special_tokens) ids.emplace(token, -1);
  while (trained.tokens.size() < static_cast<std::size_t>(training.vocab_size)) {
    const auto [count, pair] = counts.best();
    if (count < std::max<std::int64_t>(training.min_count, 1)) break;
    const std::string text = trained.tokens[static_cast<std::size_t>(pair.first)] +
                             trained.tokens[static_cast<std::size_t>(pair.second)];
    // Two pairs may spell one token ("a"+"bc", "ab"+"c"): it keeps its first id, and the second way is a
    // merge too. What spells a special token must never become one.
    const auto [place, is_new] = ids.emplace(text, static_cast<std::int32_t>(trained.tokens.size()));
    if (place->second < 0) {
      counts.drop(pair);
      continue;
    }
    if (is_new) trained.tokens.push_back(text);
    trained.merges.push_back(pair);
    counts.merge(pair, place->second);
  }
  return trained;
}

void write_tokenizer(const std::filesystem::path& directory, const TrainedBpe& trained,
                     const BpeTraining& training) {
  json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                 {"clean_up_tokenization_spaces", false},
                 {"model_max_length", training.model_max_length}};
  const std::pair<const char*, const std::string*> roles[] = {{"bos_token", &training.bos_token},
                                                              {"eos_token", &training.eos_token},
                                                              {"pad_token", &training.pad_token}};
  for (const auto& [role, token] : roles) {
    if (!token->empty()) config[role] = *token;
  }
  write_file_atomically(directory / "tokenizer.json", tokenizer_json(trained, training).dump());
  write_file_atomically(directory / "tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace imp::models
