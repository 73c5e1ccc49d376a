// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/tiny_zoo.h"

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/io/file.h"
#include "models/io/hash.h"
#include "models/weights/safetensors.h"

namespace imp::test {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kText = kTinyTextHidden, kVision = kTinyVisionHidden, kBlocks = 2, kVocabulary = 704;

/// Collects a checkpoint's tensors: matrices of small random numbers, norms of ones, biases of zeros.
class Weights {
 public:
  void add(const std::string& name, std::vector<std::int64_t> shape) {
    std::size_t count = 1;
    for (const std::int64_t side : shape) count *= static_cast<std::size_t>(side);
    std::vector<float> numbers(count, 0.0F);
    const bool norm = name.find("norm") != std::string::npos, bias = name.ends_with("bias");
    for (std::size_t i = 0; i < count && !bias; ++i) {
      const auto draw =
          static_cast<double>(counter_random(5, all_.size(), i) >> 11) / 9007199254740992.0;  // 2^53
      numbers[i] = norm ? 1.0F : static_cast<float>(0.3 * (draw - 0.5));
    }
    numbers_.push_back(std::move(numbers));
    all_.push_back({name, models::DType::f32, std::move(shape), std::as_bytes(std::span(numbers_.back()))});
  }
  void add_linear(const std::string& name, std::int64_t in, std::int64_t out) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  void add_norm(const std::string& name, std::int64_t width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  }
  void write(const fs::path& folder) const { models::write_safetensors(folder / "model.safetensors", all_); }

 private:
  std::deque<std::vector<float>> numbers_;
  std::vector<models::TensorToWrite> all_;
};

void write_phi(const fs::path& folder) {
  Weights weights;
  weights.add("model.embed_tokens.weight", {kVocabulary, kText});
  for (std::int64_t i = 0; i < kBlocks; ++i) {
    const std::string block = "model.layers." + std::to_string(i) + ".";
    weights.add_norm(block + "input_layernorm", kText);
    for (const char* name : {"q_proj", "k_proj", "v_proj", "dense"})
      weights.add_linear(block + "self_attn." + name, kText, kText);
    weights.add_linear(block + "mlp.fc1", kText, 2 * kText);
    weights.add_linear(block + "mlp.fc2", 2 * kText, kText);
  }
  weights.add_norm("model.final_layernorm", kText);
  weights.add_linear("lm_head", kText, kVocabulary);
  weights.write(folder);
  const nlohmann::json config = {{"model_type", "phi"},
                                 {"architectures", {"PhiForCausalLM"}},
                                 {"vocab_size", kVocabulary},
                                 {"hidden_size", kText},
                                 {"intermediate_size", 2 * kText},
                                 {"num_hidden_layers", kBlocks},
                                 {"num_attention_heads", 4},
                                 {"num_key_value_heads", 4},
                                 {"max_position_embeddings", 512},
                                 {"layer_norm_eps", 1e-5},
                                 {"rope_theta", 10000.0},
                                 {"partial_rotary_factor", 0.5},
                                 {"hidden_act", "gelu_new"},
                                 {"tie_word_embeddings", false},
                                 {"eos_token_id", 0}};
  write_file_atomically(folder / "config.json", config.dump(2));
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"}) {
    write_file_atomically(folder / name,
                          read_file(fs::path(IMP_TEST_DATA) / "tokenizers" / "smollm2" / name));
  }
}

void write_siglip(const fs::path& folder) {
  constexpr std::int64_t kSide = 96, kPatch = 24;
  Weights weights;
  weights.add("embeddings.patch_embedding.weight", {kVision, 3, kPatch, kPatch});
  weights.add("embeddings.patch_embedding.bias", {kVision});
  weights.add("embeddings.position_embedding.weight", {(kSide / kPatch) * (kSide / kPatch), kVision});
  for (std::int64_t i = 0; i < kBlocks; ++i) {
    const std::string block = "encoder.layers." + std::to_string(i) + ".";
    weights.add_norm(block + "layer_norm1", kVision);
    weights.add_norm(block + "layer_norm2", kVision);
    for (const char* name : {"q_proj", "k_proj", "v_proj", "out_proj"})
      weights.add_linear(block + "self_attn." + name, kVision, kVision);
    weights.add_linear(block + "mlp.fc1", kVision, 2 * kVision);
    weights.add_linear(block + "mlp.fc2", 2 * kVision, kVision);
  }
  weights.add_norm("post_layernorm", kVision);
  weights.write(folder);
  const nlohmann::json config = {{"model_type", "siglip_vision_model"},
                                 {"architectures", {"SiglipVisionModel"}},
                                 {"hidden_size", kVision},
                                 {"intermediate_size", 2 * kVision},
                                 {"num_hidden_layers", kBlocks},
                                 {"num_attention_heads", 4},
                                 {"num_channels", 3},
                                 {"image_size", kSide},
                                 {"patch_size", kPatch},
                                 {"layer_norm_eps", 1e-6},
                                 {"hidden_act", "gelu_pytorch_tanh"},
                                 {"vision_use_head", false}};
  write_file_atomically(folder / "config.json", config.dump(2));
  const nlohmann::json processor = {{"image_processor_type", "SiglipImageProcessor"},
                                    {"do_resize", true},
                                    {"size", {{"height", kSide}, {"width", kSide}}},
                                    {"resample", 3},
                                    {"do_rescale", true},
                                    {"rescale_factor", 1.0 / 255},
                                    {"do_normalize", true},
                                    {"image_mean", {0.5, 0.5, 0.5}},
                                    {"image_std", {0.5, 0.5, 0.5}}};
  write_file_atomically(folder / "preprocessor_config.json", processor.dump(2));
}

}  // namespace

void write_tiny_zoo(const fs::path& folder) {
  write_phi(folder / "phi");
  write_siglip(folder / "siglip");
}

}  // namespace imp::test
