// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imp::models::test {

/// A GGUF file put together byte by byte, so that each of them can be wrong.
class GgufBytes {
 public:
  template <typename T>
  static std::string raw(T value) {
    std::string bytes(sizeof(T), '\0');
    std::memcpy(bytes.data(), &value, sizeof(T));
    return bytes;
  }
  static std::string text(std::string_view value) {
    return raw<std::uint64_t>(value.size()) + std::string(value);
  }

  GgufBytes& value(std::string_view key, std::uint32_t kind, const std::string& bytes) {
    values_ += text(key) + raw(kind) + bytes;
    ++value_count_;
    return *this;
  }
  GgufBytes& number(std::string_view key, std::uint32_t number) { return value(key, 4, raw(number)); }
  GgufBytes& real(std::string_view key, float number) { return value(key, 6, raw(number)); }
  GgufBytes& string(std::string_view key, std::string_view word) { return value(key, 8, text(word)); }
  GgufBytes& strings(std::string_view key, const std::vector<std::string>& words) {
    std::string bytes = raw<std::uint32_t>(8) + raw<std::uint64_t>(words.size());
    for (const std::string& word : words) bytes += text(word);
    return value(key, 9, bytes);
  }
  GgufBytes& numbers(std::string_view key, const std::vector<std::int32_t>& list) {
    std::string bytes = raw<std::uint32_t>(5) + raw<std::uint64_t>(list.size());
    for (const std::int32_t entry : list) bytes += raw(entry);
    return value(key, 9, bytes);
  }

  /// `shape` innermost dimension first, as in the file; `data` is put at the next multiple of 32 unless
  /// `offset` says otherwise.
  GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& shape, std::uint32_t kind,
                    const std::string& data, std::int64_t offset = -1) {
    data_.resize((data_.size() + 31) / 32 * 32);
    tensors_ += text(name) + raw(static_cast<std::uint32_t>(shape.size()));
    for (const std::uint64_t dimension : shape) tensors_ += raw(dimension);
    tensors_ +=
        raw(kind) + raw<std::uint64_t>(offset < 0 ? data_.size() : static_cast<std::uint64_t>(offset));
    data_ += data;
    ++tensor_count_;
    return *this;
  }

  [[nodiscard]] std::string bytes(std::string_view magic = "GGUF", std::uint32_t version = 3) const {
    std::string head =
        std::string(magic) + raw(version) + raw(tensor_count_) + raw(value_count_) + values_ + tensors_;
    head.resize((head.size() + 31) / 32 * 32);
    return head + data_;
  }

 private:
  std::string values_, tensors_, data_;
  std::uint64_t value_count_ = 0, tensor_count_ = 0;
};

/// float32 numbers 0, 1, 2, ... as bytes.
inline std::string counting(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += GgufBytes::raw(static_cast<float>(i));
  return bytes;
}

/// A whole LLaMA: hidden 4, two heads that share one key-value head, one layer, a vocabulary of `abc` and an
/// end token.
inline GgufBytes tiny_llama() {
  GgufBytes file;
  file.string("general.architecture", "llama")
      .number("llama.context_length", 16)
      .number("llama.embedding_length", 4);
  file.number("llama.block_count", 1)
      .number("llama.feed_forward_length", 8)
      .number("llama.attention.head_count", 2);
  file.number("llama.attention.head_count_kv", 1).number("llama.rope.dimension_count", 2);
  file.real("llama.rope.freq_base", 10000.0F).real("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  file.string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "smollm");
  file.strings("tokenizer.ggml.tokens", {"<|end|>", "a", "b", "c", "ab", "abc"});
  file.numbers("tokenizer.ggml.token_type", {3, 1, 1, 1, 1, 1});
  file.strings("tokenizer.ggml.merges", {"a b", "ab c"}).number("tokenizer.ggml.eos_token_id", 0);
  const std::string block = "blk.0.";
  file.tensor("token_embd.weight", {4, 6}, 0, counting(24)).tensor("output_norm.weight", {4}, 0, counting(4));
  for (const char* name : {"attn_norm.weight", "ffn_norm.weight"})
    file.tensor(block + name, {4}, 0, counting(4));
  file.tensor(block + "attn_q.weight", {4, 4}, 0, counting(16))
      .tensor(block + "attn_k.weight", {4, 2}, 0, counting(8));
  file.tensor(block + "attn_v.weight", {4, 2}, 0, counting(8))
      .tensor(block + "attn_output.weight", {4, 4}, 0, counting(16));
  file.tensor(block + "ffn_gate.weight", {4, 8}, 0, counting(32))
      .tensor(block + "ffn_up.weight", {4, 8}, 0, counting(32));
  file.tensor(block + "ffn_down.weight", {8, 4}, 0, counting(32));
  return file;
}

}  // namespace imp::models::test
