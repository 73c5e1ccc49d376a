// SPDX-License-Identifier: Apache-2.0
#include "models/weights/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/tokenizer/tokenizer.h"
#include "tests/models/weights/gguf_bytes.h"

namespace imp::models {
namespace {

namespace fs = std::filesystem;
using test::GgufBytes;
using test::tiny_llama;
using ::testing::AllOf;
using ::testing::HasSubstr;

class Gguf : public ::testing::Test {
 protected:
  Gguf()
      : folder_(fs::path(::testing::TempDir()) / "gguf_test" /
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Gguf() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path write(const std::string& bytes, const std::string& name = "lie.gguf") const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;  // thousands of them: without fsync
    return folder_ / name;
  }

  /// The message with which reading all of a file is refused; the file's name must be in it.
  [[nodiscard]] std::string refusal_of(const std::string& bytes) const {
    const fs::path path = write(bytes);
    try {
      const GgufFile file(path);
      (void)gguf_config(file);
      (void)Tokenizer::load(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_THAT(error.what(), HasSubstr("lie.gguf: "));
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "not refused";
  }
  [[nodiscard]] std::string refusal_of(const GgufBytes& file) const { return refusal_of(file.bytes()); }

  fs::path folder_;
};

TEST_F(Gguf, ValuesAndTensorsAreReadInPlace) {
  const GgufFile file(write(tiny_llama().bytes()));
  EXPECT_EQ(file.get<std::string_view>("general.architecture"), "llama");
  EXPECT_EQ(file.get<std::int64_t>("llama.block_count"), 1);
  EXPECT_EQ(file.get<double>("llama.rope.freq_base"), 10000.0);
  EXPECT_EQ(file.get<std::vector<std::string_view>>("tokenizer.ggml.merges")->at(1), "ab c");
  EXPECT_EQ(file.get<std::vector<std::int64_t>>("tokenizer.ggml.token_type")->front(), 3);
  EXPECT_EQ(file.get<bool>("absent"), std::nullopt);
  EXPECT_THROW((void)file.get<bool>("llama.block_count"), Error);
  EXPECT_THROW((void)file.need<bool>("absent"), Error);
  const GgufTensor* tensor = file.find("blk.0.ffn_down.weight");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{4, 8}));  // outermost first
  std::vector<float> numbers(32);
  dequantize(tensor->type, tensor->bytes, numbers);
  EXPECT_EQ(numbers[31], 31.0F);
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST_F(Gguf, ConfigIsWhatTransformersWouldMakeOfIt) {
  const nlohmann::json config = gguf_config(GgufFile(write(tiny_llama().bytes())));
  EXPECT_EQ(config["model_type"], "llama");
  EXPECT_EQ(config["hidden_size"], 4);
  EXPECT_EQ(config["head_dim"], 2);
  EXPECT_EQ(config["num_key_value_heads"], 1);
  EXPECT_EQ(config["vocab_size"], 6);  // no llama.vocab_size: the length of the token list
  EXPECT_EQ(config["tie_word_embeddings"], true);
  EXPECT_EQ(config["eos_token_id"], 0);
  EXPECT_TRUE(config["bos_token_id"].is_null());
}

TEST_F(Gguf, VocabularyIsRead) {
  const auto tokenizer = Tokenizer::load(write(tiny_llama().bytes()));
  EXPECT_EQ(tokenizer->encode("abcab<|end|>c"), (std::vector<std::int32_t>{5, 4, 0, 3}));
  EXPECT_EQ(tokenizer->eos_id(), 0);
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{5, 0, 2}, true), "abcb");
  EXPECT_THROW(tokenizer->check_fits(5, "model"), Error);
}

TEST_F(Gguf, ADirectoryStandsForTheOneFileInIt) {
  EXPECT_EQ(find_gguf(folder_), std::nullopt);
  const fs::path one = write(tiny_llama().bytes(), "one.gguf");
  EXPECT_EQ(find_gguf(folder_), one);
  EXPECT_EQ(find_gguf(one), one);
  EXPECT_EQ(Tokenizer::load(folder_)->vocab_size(), 6);
  (void)write("x", "two.gguf");
  try {
    (void)find_gguf(folder_);
    ADD_FAILURE() << "two files are not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("holds one.gguf and two.gguf; name the file that is meant"));
  }
  write_file_atomically(folder_ / "config.json", "{}");
  EXPECT_EQ(find_gguf(folder_), std::nullopt);  // a Hugging Face directory
}

TEST_F(Gguf, AnotherBeginningIsRefused) {
  EXPECT_THAT(refusal_of(tiny_llama().bytes("GGML")), HasSubstr("does not begin with 'GGUF'"));
  EXPECT_THAT(refusal_of(tiny_llama().bytes("GGUF", 1)), HasSubstr("version 1; 2 and 3 are read"));
  EXPECT_THAT(refusal_of(tiny_llama().bytes("GGUF", 0x03000000)), HasSubstr("big-endian"));
  EXPECT_THAT(refusal_of(std::string()), HasSubstr("ends at byte 0"));
}

TEST_F(Gguf, EveryTruncationIsRefused) {
  const std::string whole = tiny_llama().bytes();
  EXPECT_EQ(refusal_of(whole), "not refused");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(refusal_of(whole.substr(0, length)), "not refused") << length;
  }
}

TEST_F(Gguf, LiesAboutLengthsAreRefused) {
  const std::string huge = GgufBytes::raw<std::uint64_t>(1ULL << 62);
  EXPECT_THAT(refusal_of(GgufBytes().value("k", 8, huge)), HasSubstr("in the middle of k"));
  EXPECT_THAT(refusal_of(GgufBytes().value("k", 9, GgufBytes::raw<std::uint32_t>(4) + huge)),
              HasSubstr("values of 'k'"));
  EXPECT_THAT(refusal_of("GGUF" + GgufBytes::raw<std::uint32_t>(3) + huge + huge),
              HasSubstr("claims 4611686018427387904 tensors"));
}

TEST_F(Gguf, KindsThatAreNotKnownAreRefusedByName) {
  EXPECT_THAT(refusal_of(GgufBytes().value("k", 13, "")), AllOf(HasSubstr("'k'"), HasSubstr("kind 13")));
  EXPECT_THAT(refusal_of(GgufBytes().value("k", 9,
                                           GgufBytes::raw<std::uint32_t>(9) +
                                               GgufBytes::raw<std::uint64_t>(0) + std::string(64, 'x'))),
              testing::AnyOf(HasSubstr("'k'"), HasSubstr("general.architecture")));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {256}, 10, std::string(84, 'x'))),
              AllOf(HasSubstr("'w'"), HasSubstr("Q2_K")));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {256}, 99, "x")),
              AllOf(HasSubstr("'w'"), HasSubstr("number 99")));
}

TEST_F(Gguf, TensorsThatDoNotFitAreRefusedByName) {
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {}, 0, "")), HasSubstr("'w': has 0 dimensions"));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {4, 0}, 0, "")), HasSubstr("'w': has a dimension of 0"));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {33}, 8, std::string(68, 'x'))),
              HasSubstr("'w': has rows of 33 numbers, and Q8_0 stores 32"));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {1ULL << 40, 1ULL << 40}, 0, "")),
              HasSubstr("'w': [1099511627776, 1099511627776] needs more"));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {4}, 0, std::string(8, 'x'))),
              HasSubstr("'w': F32 [4] needs 16 bytes from byte 0, the file has 8"));
  EXPECT_THAT(
      refusal_of(
          GgufBytes().tensor("v", {4}, 0, test::counting(4)).tensor("w", {4}, 0, test::counting(4), 0)),
      HasSubstr("overlaps"));
  EXPECT_THAT(refusal_of(GgufBytes().tensor("w", {4}, 0, test::counting(9), 4)),
              HasSubstr("'w': begins at byte 4"));
  EXPECT_THAT(
      refusal_of(GgufBytes().tensor("w", {4}, 0, test::counting(4)).tensor("w", {4}, 0, test::counting(4))),
      HasSubstr("'w' stands twice"));
  EXPECT_THAT(refusal_of(GgufBytes().number("k", 1).number("k", 1)), HasSubstr("'k' stands twice"));
  EXPECT_THAT(refusal_of(GgufBytes().number("general.alignment", 24)),
              HasSubstr("'general.alignment' is 24"));
}

TEST_F(Gguf, OtherModelsAreRefusedByName) {
  EXPECT_THAT(refusal_of(GgufBytes().string("general.architecture", "qwen2")),
              HasSubstr("general.architecture is 'qwen2'; llama is read"));
  EXPECT_THAT(refusal_of(GgufBytes().string("general.architecture", "llama")),
              HasSubstr("has no 'llama.embedding_length'"));
  EXPECT_THAT(refusal_of(tiny_llama().string("llama.rope.scaling.type", "linear")),
              HasSubstr("llama.rope.scaling.type is 'linear'"));
  EXPECT_THAT(refusal_of(tiny_llama().tensor("blk.0.attn_q.bias", {4}, 0, test::counting(4))),
              HasSubstr("tensor 'blk.0.attn_q.bias' is not of the LLaMA"));
  EXPECT_THAT(refusal_of(tiny_llama().tensor("rope_freqs.weight", {1}, 0, test::counting(1))),
              HasSubstr("tensor 'rope_freqs.weight'"));
}

/// The vocabulary of a file that is otherwise whole.
GgufBytes with_vocabulary(const std::string& model, const std::string& pre,
                          const std::vector<std::string>& tokens, const std::vector<std::string>& merges) {
  GgufBytes file;
  file.string("general.architecture", "llama")
      .number("llama.context_length", 16)
      .number("llama.embedding_length", 4);
  file.number("llama.block_count", 1)
      .number("llama.feed_forward_length", 8)
      .number("llama.attention.head_count", 2);
  file.real("llama.attention.layer_norm_rms_epsilon", 1e-5F).string("tokenizer.ggml.model", model);
  file.string("tokenizer.ggml.pre", pre).strings("tokenizer.ggml.tokens", tokens);
  return file.strings("tokenizer.ggml.merges", merges);
}

TEST_F(Gguf, VocabulariesThatAreNotKnownAreRefusedByKey) {
  const std::vector<std::string> tokens{"a", "b", "ab"}, merges{"a b"};
  EXPECT_EQ(refusal_of(with_vocabulary("gpt2", "gpt-2", tokens, merges)), "not refused");
  EXPECT_THAT(refusal_of(with_vocabulary("llama", "gpt-2", tokens, merges)),
              HasSubstr("tokenizer.ggml.model: unknown kind 'llama'"));
  EXPECT_THAT(refusal_of(with_vocabulary("gpt2", "llama-bpe", tokens, merges)),
              HasSubstr("tokenizer.ggml.pre: unknown pre-tokenizer 'llama-bpe'"));
  EXPECT_THAT(refusal_of(with_vocabulary("gpt2", "smollm", {"a", "b"}, merges)),
              HasSubstr("tokenizer.ggml.merges: 'ab' of merge 0"));
  EXPECT_THAT(refusal_of(with_vocabulary("gpt2", "smollm", tokens, {"ab"})),
              HasSubstr("merge 0, 'ab', is not two tokens"));
  EXPECT_THAT(refusal_of(with_vocabulary("gpt2", "smollm", {"a", "b", "a"}, {})),
              HasSubstr("'a' stands twice"));
  EXPECT_THAT(refusal_of(with_vocabulary("gpt2", "smollm", {"\xff"}, {})), HasSubstr("token 0 is no UTF-8"));
  EXPECT_THAT(
      refusal_of(with_vocabulary("gpt2", "smollm", tokens, merges).numbers("tokenizer.ggml.token_type", {1})),
      HasSubstr("tokenizer.ggml.token_type has 1 values, tokenizer.ggml.tokens 3"));
  EXPECT_THAT(
      refusal_of(with_vocabulary("gpt2", "smollm", tokens, merges).number("tokenizer.ggml.eos_token_id", 3)),
      HasSubstr("tokenizer.ggml.eos_token_id is 3; the vocabulary has ids from 0 to 2"));
}

}  // namespace
}  // namespace imp::models
