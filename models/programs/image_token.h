// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace imp::models {

/// The id of the token `<image>`, which a LLaVA directory needs: that of the tokenizer in `folder`, whose
/// tokenizer.json gets the token behind all others where it has none. Throws imp::Error (usage) if the token
/// is missing and there is no tokenizer.json to add it to.
[[nodiscard]] int64_t provide_image_token(const std::filesystem::path& folder);

}  // namespace imp::models
