// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/lora/peft_adapter.h"
#include "models/text/text_model.h"

namespace imp::models {

/// Gives the model as many rows of vocabulary as the adapter's saved embeddings and head have, as
/// resize_token_embeddings must before PEFT can load them, and unties the two where the adapter changes one
/// alone. Returns the adapter's whole parameters, those of tied embeddings as one.
/// left_out: as in merge_adapter.
/// Throws imp::Error (usage) if the file does not tell what is in the new rows.
[[nodiscard]] std::map<std::string, StoredTensor> fit_vocabulary(const PeftAdapter& adapter, TextModel& model,
                                                                 const std::set<std::string>& left_out);

/// Rows of the embedding with this path that trainable_token_indices names.
/// Throws imp::Error (usage) if it names none of this module.
[[nodiscard]] const std::vector<int64_t>& token_rows_of(const PeftAdapter& adapter, const std::string& path);

/// Rows of the vocabulary that the adapter's saved embeddings or head have; 0 where it has neither.
[[nodiscard]] int64_t saved_vocabulary(const PeftAdapter& adapter);

}  // namespace imp::models
