// SPDX-License-Identifier: Apache-2.0
#include "models/programs/image_token.h"

#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/tokenizer/tokenizer.h"
#include "models/tokenizer/tokenizer_files.h"

namespace imp::models {
namespace {

constexpr const char* kImageToken = "<image>";

void add_token(const std::filesystem::path& file, std::int32_t id) {
  auto tokenizer = nlohmann::ordered_json::parse(read_file(file));
  tokenizer["added_tokens"].emplace_back(
      added_token_json({.id = id, .content = kImageToken, .special = true}));
  write_file_atomically(file, tokenizer.dump(1) + "\n");
}

}  // namespace

int64_t provide_image_token(const std::filesystem::path& folder) {
  const auto tokenizer = Tokenizer::load(folder);
  if (const auto id = tokenizer->token_id(kImageToken)) return *id;
  const std::filesystem::path file = folder / "tokenizer.json";
  if (!std::filesystem::exists(file)) {
    throw Error(
        folder.string() +
        ": its tokenizer has no token `<image>`, which a LLaVA directory needs; add it to added_tokens");
  }
  add_token(file, tokenizer->vocab_size());
  return tokenizer->vocab_size();
}

}  // namespace imp::models
