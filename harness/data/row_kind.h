// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace imp::harness {

/// What a person should know about a row of training data that is read as LLaVA's trainer reads it, or left
/// out where that would stop.
enum class RowKind {
  unreadable_picture,  ///< a picture that cannot be read (skip_unreadable); LLaVA stops
  no_turns,            ///< no turns, or none but an opening of the assistant's, which LLaVA drops
  unknown_role,        ///< a `from` that is neither human nor gpt; LLaVA stops
  not_alternating,     ///< two turns of the same side in a row; LLaVA stops
  unanswered,          ///< a question without an answer, or an empty answer in LLaVA's templates
  mismatched,          ///< LLaVA's count of tokens fails, so that it masks the row
  cut,                 ///< longer than max_length, cut before its first answer
  several_captions,    ///< not one question and answer, in the template `plain`; LLaVA stops
  picture_count,       ///< a list of pictures of another length than the turns that show one
  masked_in_part,      ///< isolated turns of which some teach nothing
  picture_not_shown,   ///< a picture that no turn shows with "<image>", in LLaVA's templates
  unread_key,          ///< pictures under a key that LLaVA's trainer does not read
};

inline constexpr std::array kRowKinds{
    RowKind::unreadable_picture,
    RowKind::no_turns,
    RowKind::unknown_role,
    RowKind::not_alternating,
    RowKind::unanswered,
    RowKind::mismatched,
    RowKind::cut,
    RowKind::several_captions,
    RowKind::picture_count,
    RowKind::masked_in_part,
    RowKind::picture_not_shown,
    RowKind::unread_key,
};

/// The kind's name in files: "not_alternating".
[[nodiscard]] std::string_view name_of(RowKind kind);
/// What such a row is, for people: "human and gpt do not alternate".
[[nodiscard]] std::string_view description_of(RowKind kind);
/// What becomes of such rows: "teach nothing", or how they are learned.
[[nodiscard]] std::string_view consequence_of(RowKind kind);
/// Whether nothing of such a row is learned.
[[nodiscard]] bool teaches_nothing(RowKind kind);

}  // namespace imp::harness
