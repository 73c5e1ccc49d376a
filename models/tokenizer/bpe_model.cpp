// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/bpe_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <queue>
#include <tuple>

#include "models/tokenizer/byte_level.h"
#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

/// Up to this many symbols, looking for the best pair anew after each merge is faster than keeping a queue.
constexpr std::size_t kShortWord = 48;

/// SentencePiece's stand-in for a space.
constexpr std::string_view kMark = "\u2581";

std::uint64_t key_of(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

std::uint64_t slot_of(std::uint64_t key) {
  return (key * 0x9e3779b97f4a7c15ULL) >> 29;
}

}  // namespace

BpeModel::BpeModel(BpeDefinition definition) : definition_(std::move(definition)) {
  table_.resize(std::bit_ceil(definition_.merges.size() * 2 + 2));
  mask_ = table_.size() - 1;
  for (const Merge& merge : definition_.merges) {
    const std::uint64_t key = key_of(merge.left, merge.right);
    std::uint64_t slot = slot_of(key) & mask_;
    while (table_[slot].pair != kNoPair && table_[slot].pair != key) slot = (slot + 1) & mask_;
    table_[slot] = {key, merge.rank, merge.merged};
  }
  cut_at_marks_ = marks_begin_parts();
  definition_.merges = {};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto found = find(definition_.byte_level ? byte_to_symbol(static_cast<unsigned char>(byte))
                                                   : fmt::format("<0x{:02X}>", byte));
    byte_ids_[byte] = found.value_or(-1);
  }
}

std::optional<std::int32_t> BpeModel::find(std::string_view token) const {
  const auto found = definition_.vocabulary.find(token);
  if (found == definition_.vocabulary.end()) return std::nullopt;
  return found->second;
}

const BpeModel::Target* BpeModel::merge_of(std::int32_t left, std::int32_t right) const {
  const std::uint64_t key = key_of(left, right);
  for (std::uint64_t slot = slot_of(key) & mask_;; slot = (slot + 1) & mask_) {
    const Target& target = table_[slot];
    if (target.pair == key) return &target;
    if (target.pair == kNoPair) return nullptr;
  }
}

void BpeModel::append_character(std::string_view character, bool& unknown_before,
                                std::vector<std::int32_t>& symbols) const {
  if (const auto id = find(character)) {
    symbols.push_back(*id);
    unknown_before = false;
    return;
  }
  if (definition_.byte_fallback) {
    bool all = true;
    for (const char c : character) all = all && byte_ids_[static_cast<unsigned char>(c)] >= 0;
    if (all) {
      for (const char c : character) symbols.push_back(byte_ids_[static_cast<unsigned char>(c)]);
      unknown_before = false;
      return;
    }
  }
  if (!definition_.unknown) return;
  if (!(unknown_before && definition_.fuse_unknown)) symbols.push_back(*definition_.unknown);
  unknown_before = true;
}

void BpeModel::split(std::string_view word, std::vector<std::int32_t>& symbols) const {
  bool unknown_before = false;
  if (!definition_.byte_level) {
    while (!word.empty()) {
      const std::size_t length = first_code_point(word).length;
      append_character(word.substr(0, length), unknown_before, symbols);
      word.remove_prefix(length);
    }
    return;
  }
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte_ids_[byte] >= 0) {
      symbols.push_back(byte_ids_[byte]);
      unknown_before = false;
    } else {
      append_character(byte_to_symbol(byte), unknown_before, symbols);
    }
  }
}

void BpeModel::merge_short(std::vector<std::int32_t>& symbols, std::size_t from) const {
  for (;;) {
    const Target* best = nullptr;
    std::size_t place = 0;
    for (std::size_t i = from; i + 1 < symbols.size(); ++i) {
      const Target* target = merge_of(symbols[i], symbols[i + 1]);
      if (target != nullptr && (best == nullptr || target->rank < best->rank)) {
        best = target;
        place = i;
      }
    }
    if (best == nullptr) return;
    symbols[place] = best->merged;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

void BpeModel::merge_long(std::vector<std::int32_t>& symbols, std::size_t from) const {
  struct Node {
    std::int32_t id;
    std::int64_t previous, next;
  };
  const auto count = static_cast<std::int64_t>(symbols.size() - from);
  std::vector<Node> nodes;
  for (std::int64_t i = 0; i < count; ++i) {
    nodes.push_back({symbols[from + static_cast<std::size_t>(i)], i - 1, i + 1 < count ? i + 1 : -1});
  }
  const auto node = [&](std::int64_t i) -> Node& { return nodes[static_cast<std::size_t>(i)]; };
  using Candidate = std::tuple<std::int32_t, std::int64_t, std::int32_t>;  // rank, place, merged id
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto consider = [&](std::int64_t i) {
    if (i < 0 || node(i).next < 0) return;
    const Target* target = merge_of(node(i).id, node(node(i).next).id);
    if (target != nullptr) queue.emplace(target->rank, i, target->merged);
  };
  for (std::int64_t i = 0; i + 1 < count; ++i) consider(i);
  while (!queue.empty()) {
    const auto [rank, place, merged] = queue.top();
    queue.pop();
    if (node(place).id < 0 || node(place).next < 0) continue;
    const std::int64_t right = node(place).next;
    // An entry may be stale: either symbol may have been merged since.
    const Target* target = merge_of(node(place).id, node(right).id);
    if (target == nullptr || target->merged != merged || target->rank != rank) continue;
    node(place).id = merged;
    node(place).next = node(right).next;
    if (node(right).next >= 0) node(node(right).next).previous = place;
    node(right).id = -1;
    consider(node(place).previous);
    consider(place);
  }
  symbols.resize(from);
  for (std::int64_t i = 0; i >= 0; i = node(i).next) symbols.push_back(node(i).id);
}

/// A merge never reaches over the place before a "▁" if no merged token has one after another character; then
/// the stretches between such places can be encoded, and remembered, on their own. LLaMA's vocabulary is so.
bool BpeModel::marks_begin_parts() const {
  if (definition_.byte_level || definition_.ignore_merges || !find(kMark)) return false;
  std::unordered_map<std::int32_t, std::string_view> texts;
  for (const auto& [text, id] : definition_.vocabulary) texts.emplace(id, text);
  const auto allowed = [&](const Merge& merge) {
    const std::string_view text = texts[merge.merged];
    for (std::size_t mark = text.find(kMark); mark != std::string_view::npos;
         mark = text.find(kMark, mark + 1)) {
      if (mark > 0 && !text.substr(0, mark).ends_with(kMark)) return false;
    }
    return true;
  };
  return std::all_of(definition_.merges.begin(), definition_.merges.end(), allowed);
}

void BpeModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (!cut_at_marks_) return encode_part(word, ids);
  while (!word.empty()) {
    std::size_t cut = 0;
    while (word.substr(cut).starts_with(kMark)) cut += kMark.size();
    cut = word.find(kMark, cut);
    encode_part(word.substr(0, cut), ids);
    word.remove_prefix(std::min(cut, word.size()));
  }
}

void BpeModel::encode_part(std::string_view part, std::vector<std::int32_t>& ids) const {
  if (part.empty() || cache_.append(part, ids)) return;
  const std::size_t from = ids.size();
  encode_word(part, ids);
  cache_.keep(part, ids.data() + from, ids.size() - from);
}

void BpeModel::encode_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (definition_.ignore_merges) {
    std::string symbols;
    if (definition_.byte_level) {
      for (const char c : word) symbols += byte_to_symbol(static_cast<unsigned char>(c));
    }
    if (const auto whole = find(definition_.byte_level ? symbols : word)) {
      ids.push_back(*whole);
      return;
    }
  }
  const std::size_t from = ids.size();
  split(word, ids);
  if (ids.size() - from <= kShortWord) {
    merge_short(ids, from);
  } else {
    merge_long(ids, from);
  }
}

}  // namespace imp::models
