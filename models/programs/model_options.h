// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/ScalarType.h>
#include <c10/core/TensorOptions.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace imp::models {

/// What the command line of imp-model says.
struct ModelOptions {
  std::filesystem::path directory;  ///< a Hugging Face model directory, or a GGUF file
  std::filesystem::path encoder;    ///< a vision tower's directory, for a language model's `directory`
  std::filesystem::path adapter;    ///< a PEFT directory; empty: none
  std::filesystem::path projector;  ///< a safetensors file; empty: the checkpoint's own
  std::filesystem::path requests, images, image, text, output;
  std::string conversation = "bare_v1";
  std::string dtype = "float32";
  std::string device = "auto";  ///< auto, cpu or cuda
  int64_t max_new_tokens = 8;
  int64_t window = 1024;  ///< tokens of a text that see each other
  int64_t batch = 32;     ///< requests that go through the model together
  int64_t beams = 1;      ///< more than one: beam search
  bool json = false;
};

/// `dtype` as LibTorch's type. Throws imp::Error (usage) if it is not float32 or bfloat16.
[[nodiscard]] at::ScalarType compute_dtype(const ModelOptions& options);

/// `dtype` and `device` as LibTorch's, for a model's weights. Throws imp::Error as compute_dtype and
/// resolve_device (models/device/compute_device.h), and (usage) for bfloat16 on a GPU that has no such
/// products.
[[nodiscard]] at::TensorOptions weight_options(const ModelOptions& options);

// One function a command; each returns the program's exit code and throws imp::Error.

/// Prints what a directory holds: architecture, parameters, tokenizer, preprocessing.
int inspect_command(const ModelOptions& options);
/// Lines of stdin -> a JSON list of token ids a line, no special ids added.
int tokenize_command(const ModelOptions& options);
/// A picture -> a safetensors file with `pixel_values` [3, height, width], float32.
int preprocess_command(const ModelOptions& options);
/// Requests -> a safetensors file with `logits` [requests, vocab] at the last prompt position, float32.
int logits_command(const ModelOptions& options);
/// Requests -> JSON lines {question_id, tokens, prediction}, decoded greedily.
int generate_command(const ModelOptions& options);
/// A text, without picture or prompt, cut into windows -> a JSON line {tokens, predicted, loss, perplexity};
/// loss is the mean of -log p over all tokens but each window's first.
int perplexity_command(const ModelOptions& options);
/// Writes a LLaVA directory with adapter and projector merged, as transformers loads it.
int export_command(const ModelOptions& options);

}  // namespace imp::models
