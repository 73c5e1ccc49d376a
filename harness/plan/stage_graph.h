// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "harness/plan/expand.h"
#include "harness/plan/input_hash.h"
#include "harness/plan/stage_request.h"

namespace imp::harness {

/// Keys of a configuration that change no stage's files, and so stand in no stage's key.
[[nodiscard]] const std::vector<std::string_view>& keys_without_effect();

/// The stages of one trial, inputs before what is made from them:
///   data, features, connector (stage 1), finetune (stage 2), and one eval a benchmark; or pretrain alone.
/// A plan may leave the features out (features_choice.h); what is made from them names them all the same.
/// Before all others stand the looks at pictures that are not imp's own (data, pictures): of the user's rows,
/// and of each benchmark given by files. They are an input only where rows may be left out.
/// A parameter stands only in the stages that it has an effect on, so that ranks share data, features and
/// connector. Throws imp::Error (usage) for a model, adapter or data file that is not there, at the place
/// that names it.
[[nodiscard]] std::vector<StageRequest> stages_of(const Trial& trial, const SweepSpec& spec,
                                                  InputHashes& hashes);

}  // namespace imp::harness
