// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/file.h"
#include "models/tokenizer/bpe_trainer.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;

/// Trains a tokenizer, encodes the corpus of tests/data/tokenizers with it and has transformers check the
/// ids.
void check_with_transformers(const std::string& name, BpeTraining training) {
  const fs::path folder = fs::path(::testing::TempDir()) / ("trained_" + name);
  fs::remove_all(folder);
  const std::vector<std::string> texts{read_file(fs::path(IMP_SOURCE) / "LICENSE")};
  write_tokenizer(folder, train_bpe(texts, training), training);
  const auto tokenizer = Tokenizer::load(folder);
  std::istringstream lines(read_file(fs::path(IMP_TEST_DATA) / "tokenizers/phi/expected.jsonl"));
  std::string cases;
  for (std::string line; std::getline(lines, line);) {
    const auto text = nlohmann::json::parse(line)["text"].get<std::string>();
    cases += nlohmann::json{{"text", text},
                            {"ids", tokenizer->encode(text)},
                            {"prefix", tokenizer->prefix_ids()},
                            {"eos", tokenizer->eos_id()}}
                 .dump() +
             "\n";
  }
  write_file_atomically(folder / "imp.jsonl", cases);
  const std::string command =
      std::string(IMP_PYTHON) + " " IMP_SOURCE "/tests/models/tokenizer/check_trained.py " + folder.string();
  EXPECT_EQ(std::system(command.c_str()), 0);
  fs::remove_all(folder);
}

TEST(TrainedTokenizer, TransformersLoadsItWithEqualIds) {
  BpeTraining training{.vocab_size = 700,
                       .special_tokens = {"<|endoftext|>", "<pad>", "<image>"},
                       .eos_token = "<|endoftext|>",
                       .pad_token = "<pad>",
                       .bos_token = ""};
  check_with_transformers("plain", training);
  training.bos_token = training.eos_token;
  training.individual_digits = true;
  check_with_transformers("bos_and_digits", training);
}

}  // namespace
}  // namespace imp::models
