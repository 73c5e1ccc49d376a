// SPDX-License-Identifier: Apache-2.0
#include "models/tokenizer/added_tokens.h"

#include <algorithm>

#include "models/tokenizer/unicode.h"

namespace imp::models {
namespace {

/// Where the white space that ends `text` begins.
std::size_t spaces_at_end(std::string_view text) {
  while (!text.empty()) {
    const CodePoint last = last_code_point(text);
    if (!is_white_space(last.value)) break;
    text.remove_suffix(last.length);
  }
  return text.size();
}

/// How many bytes of white space begin `text`.
std::size_t spaces_at_start(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size()) {
    const CodePoint next = first_code_point(text.substr(count));
    if (!is_white_space(next.value)) break;
    count += next.length;
  }
  return count;
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  const bool before = begin == 0 || !is_word_character(last_code_point(text.substr(0, begin)).value);
  const bool after = end == text.size() || !is_word_character(first_code_point(text.substr(end)).value);
  return before && after;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher() : nodes_(1) {}

std::int32_t AddedTokenMatcher::child(std::int32_t node, char byte) const {
  for (const auto& [label, next] : nodes_[static_cast<std::size_t>(node)].next) {
    if (label == byte) return next;
  }
  return -1;
}

void AddedTokenMatcher::add(const AddedToken& token, std::string_view content) {
  if (content.empty()) return;
  std::int32_t node = 0;
  for (const char byte : content) {
    std::int32_t next = child(node, byte);
    if (next < 0) {
      next = static_cast<std::int32_t>(nodes_.size());
      nodes_[static_cast<std::size_t>(node)].next.emplace_back(byte, next);
      nodes_.emplace_back();
    }
    node = next;
  }
  begins_[static_cast<unsigned char>(content.front())] = true;
  nodes_[static_cast<std::size_t>(node)].token = static_cast<std::int32_t>(tokens_.size());
  tokens_.push_back(token);
}

AddedTokenMatcher::Match AddedTokenMatcher::longest_at(std::string_view text,
                                                       std::optional<std::int32_t> literal) const {
  Match match{-1, 0};
  std::int32_t node = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child(node, text[i]);
    if (node < 0) break;
    const std::int32_t token = nodes_[static_cast<std::size_t>(node)].token;
    if (token >= 0 && tokens_[static_cast<std::size_t>(token)].id != literal) match = {token, i + 1};
  }
  return match;
}

std::vector<TextSegment> AddedTokenMatcher::split(std::string_view text,
                                                  std::optional<std::int32_t> literal) const {
  std::vector<TextSegment> segments;
  std::size_t reached = 0;
  for (std::size_t place = 0; place < text.size() && !tokens_.empty();) {
    const Match match = begins_[static_cast<unsigned char>(text[place])]
                            ? longest_at(text.substr(place), literal)
                            : Match{-1, 0};
    if (match.token < 0) {
      ++place;
      continue;
    }
    const AddedToken& token = tokens_[static_cast<std::size_t>(match.token)];
    std::size_t begin = place;
    std::size_t end = place + match.length;
    place = end;
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.left_strip) begin = std::max(spaces_at_end(text.substr(0, begin)), reached);
    if (token.right_strip) end += spaces_at_start(text.substr(end));
    if (begin > reached) segments.push_back({reached, begin});
    segments.push_back({begin, end, token.id});
    reached = end;
  }
  if (reached < text.size()) segments.push_back({reached, text.size()});
  return segments;
}

}  // namespace imp::models
