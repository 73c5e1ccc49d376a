// SPDX-License-Identifier: Apache-2.0
#include "harness/data/row_kind.h"

#include <stdexcept>

namespace imp::harness {
namespace {

struct Words {
  RowKind kind;
  std::string_view name, description, consequence;
};

constexpr std::string_view kNothing = "teach nothing";

constexpr std::array<Words, kRowKinds.size()> kWords{{
    {RowKind::unreadable_picture, "unreadable_picture", "shows a picture that cannot be read",
     "teach nothing, being left out (skip_unreadable)"},
    {RowKind::no_turns, "no_turns", "has no question and answer", kNothing},
    {RowKind::unknown_role, "unknown_role", "'from' is neither \"human\" nor \"gpt\"", kNothing},
    {RowKind::not_alternating, "not_alternating", "human and gpt do not alternate", kNothing},
    {RowKind::unanswered, "unanswered", "a question has no answer", kNothing},
    {RowKind::mismatched, "mismatched",
     "the tokens of its rounds, counted as LLaVA does, are not those of the row", kNothing},
    {RowKind::cut, "cut", "is cut at max_length before its first answer", kNothing},
    {RowKind::several_captions, "several_captions", "is not one question and its caption", kNothing},
    {RowKind::picture_count, "picture_count",
     "'image' names another number of pictures than turns hold \"<image>\"", kNothing},
    {RowKind::masked_in_part, "masked_in_part", "a turn has no answer, or its tokens do not add up",
     "teach only their other turns"},
    {RowKind::picture_not_shown, "picture_not_shown", "names a picture, but no turn holds \"<image>\"",
     "are learned without a picture, as in LLaVA's trainer"},
    {RowKind::unread_key, "unread_key", "names pictures under a key other than LLaVA's 'image'",
     "are learned as text alone"},
}};

const Words& words(RowKind kind) {
  for (const Words& entry : kWords) {
    if (entry.kind == kind) return entry;
  }
  throw std::logic_error("a kind of row without a name");
}

}  // namespace

std::string_view name_of(RowKind kind) {
  return words(kind).name;
}

std::string_view description_of(RowKind kind) {
  return words(kind).description;
}

std::string_view consequence_of(RowKind kind) {
  return words(kind).consequence;
}

bool teaches_nothing(RowKind kind) {
  return consequence_of(kind).starts_with(kNothing);
}

}  // namespace imp::harness
