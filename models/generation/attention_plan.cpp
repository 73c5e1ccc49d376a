// SPDX-License-Identifier: Apache-2.0
#include "models/generation/attention_plan.h"

#include "models/device/upload.h"

namespace imp::models {
namespace {

/// Keys that one call gathers at most, about, so that their copy stays small beside the cache.
constexpr int64_t kMostGathered = 32768;

enum class Keys { fresh, in_a_row, gathered };

/// Whether the first tokens of a segment lie one behind the other.
bool in_a_row(const Segment& segment, int64_t tokens) {
  const std::vector<int32_t>& pages = segment.pages();
  for (size_t i = 1; i < static_cast<size_t>(pages_for(tokens)); ++i)
    if (pages[i] != pages[i - 1] + 1) return false;
  return true;
}

void append_slots(const Segment& segment, int64_t tokens, std::vector<int64_t>& slots) {
  for (int64_t token = 0; token < tokens; ++token) slots.push_back(segment.slot(token));
}

/// The last call where it can take rows from `row` on with such keys, or else a new one.
AttentionCall& call_for(std::vector<AttentionCall>& calls, int64_t row, Keys keys, bool causal) {
  const bool fresh = keys == Keys::fresh, gathered = keys == Keys::gathered;
  if (!calls.empty()) {
    AttentionCall& last = calls.back();
    const bool alike = last.fresh == fresh && last.gathered.empty() != gathered;
    const bool full = static_cast<int64_t>(last.gathered.size()) >= kMostGathered;
    if (alike && !full && last.row + last.rows() == row) return last;
  }
  calls.emplace_back();
  calls.back().row = row;
  calls.back().fresh = fresh;
  calls.back().causal = causal;
  return calls.back();
}

/// Asks for the first tokens of a segment, behind a whole prefix if one is given.
void ask_cache(std::vector<AttentionCall>& calls, const AskingRows& asking, const Segment* prefix,
               const Segment& segment, int64_t tokens, bool causal) {
  if (prefix == nullptr && in_a_row(segment, tokens)) {
    call_for(calls, asking.row, Keys::in_a_row, causal).lengths.add(asking.count, segment.slot(0), tokens);
    return;
  }
  AttentionCall& call = call_for(calls, asking.row, Keys::gathered, causal);
  const auto begin = static_cast<int64_t>(call.gathered.size());
  if (prefix != nullptr) append_slots(*prefix, prefix->length(), call.gathered);
  append_slots(segment, tokens, call.gathered);
  call.lengths.add(asking.count, begin, static_cast<int64_t>(call.gathered.size()) - begin);
}

void send(std::vector<AttentionCall>& calls, at::Device device) {
  for (AttentionCall& call : calls) {
    call.lengths.send(device);
    if (!call.gathered.empty()) call.slots = upload(call.gathered, device);
  }
}

}  // namespace

AttentionPlan plan_attention(const std::vector<AskingRows>& asking, PrefixForm form) {
  AttentionPlan plan;
  const AskingRows* before = nullptr;
  for (const AskingRows& rows : asking) {
    const RowSpan& span = *rows.span;
    const int64_t tokens = span.start + rows.first + rows.count;
    const Segment* const gathered_prefix = form == PrefixForm::gathered ? span.prefix : nullptr;
    if (span.start == 0 && gathered_prefix == nullptr) {
      call_for(plan.own, rows.row, Keys::fresh, true).lengths.add(rows.count, span.row, tokens);
    } else {
      ask_cache(plan.own, rows, gathered_prefix, *span.segment, tokens, true);
    }
    if (form == PrefixForm::apart && span.prefix != nullptr) {
      const bool shared =
          before != nullptr && before->span->prefix == span.prefix && before->row + before->count == rows.row;
      if (shared) {
        plan.prefixes.back().lengths.add_queries(rows.count);
      } else {
        ask_cache(plan.prefixes, rows, nullptr, *span.prefix, span.prefix->length(), false);
      }
    }
    before = &rows;
  }
  return plan;
}

void send(AttentionPlan& plan, at::Device device) {
  send(plan.own, device);
  send(plan.prefixes, device);
}

}  // namespace imp::models
