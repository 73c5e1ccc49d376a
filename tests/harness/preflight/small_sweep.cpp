// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/preflight/small_sweep.h"

#include <vector>

#include "models/image/codec.h"
#include "models/io/file.h"
#include "models/io/host_name.h"
#include "models/weights/safetensors.h"
#include "tests/faults/tiny_zoo.h"

namespace imp::harness::test {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

constexpr std::int64_t kText = imp::test::kTinyTextHidden, kVision = imp::test::kTinyVisionHidden;

ordered_json question(int id) {
  return {{"question_id", id},
          {"image_id", "a"},
          {"question", "What is it?"},
          {"answers", std::vector<std::string>(10, "sign")}};
}

ordered_json row(int id) {
  return {{"id", id},
          {"image", "a.jpg"},
          {"conversations",
           {{{"from", "human"}, {"value", "<image>\nWhat is it?"}}, {{"from", "gpt"}, {"value", "a sign"}}}}};
}

}  // namespace

SmallSweep::SmallSweep() {
  imp::test::write_tiny_zoo(folder() / "zoo");
  models::Image picture = models::blank_image(64, 48);
  write_file("pictures/a.jpg", models::encode_jpeg(picture, 90));
  write_file("rows.json", ordered_json{row(1), row(2)}.dump());
  write_file("bench.json",
             ordered_json{{"dataset_version", "0.5.1"}, {"data", {question(1), question(2)}}}.dump());
  write_zeros(folder() / "start.safetensors", {{"multi_modal_projector.linear_1.weight", {kText, kVision}},
                                               {"multi_modal_projector.linear_1.bias", {kText}},
                                               {"multi_modal_projector.linear_2.weight", {kText, kText}},
                                               {"multi_modal_projector.linear_2.bias", {kText}}});
  const std::string layer = "base_model.model.model.layers.0.self_attn.q_proj.";
  write_zeros(folder() / "adapter/adapter_model.safetensors",
              {{layer + "lora_A.weight", {4, kText}}, {layer + "lora_B.weight", {kText, 4}}});
  write_file("adapter/adapter_config.json",
             R"({"peft_type":"LORA","r":4,"lora_alpha":4,"target_modules":["q_proj"],"bias":"none"})");
  write();
}

void SmallSweep::write(const std::map<std::string, std::string>& more, const std::string& rest) const {
  const std::string root = folder().string();
  const std::string rows = "{json: " + root + "/rows.json, images: " + root + "/pictures}";
  std::map<std::string, std::string> baseline{{"llm", root + "/zoo/phi"},
                                              {"encoder", root + "/zoo/siglip"},
                                              {"connector_data", rows},
                                              {"finetune_data", rows},
                                              {"connector_max_steps", "1"},
                                              {"connector_batch_size", "2"},
                                              {"connector_micro_batch", "2"},
                                              {"lora_rank", "4"},
                                              {"lora_alpha", "4"},
                                              {"max_steps", "1"},
                                              {"batch_size", "2"},
                                              {"micro_batch", "2"},
                                              {"dtype", "float32"}};
  for (const auto& [key, value] : more) baseline[key] = value;
  std::string text = "version: 1\nname: small\nbaseline:\n";
  for (const auto& [key, value] : baseline) text += "  " + key + ": " + value + "\n";
  text += "benchmarks:\n  - {name: textvqa, annotations: " + root + "/bench.json, images: " + root +
          "/pictures}\n";
  write_file("small.yaml", text + rest);
}

ordered_json SmallSweep::json(const std::string& name) const {
  return ordered_json::parse(read_file(folder() / name));
}

void SmallSweep::cut_off(const std::string& name, std::uintmax_t bytes) const {
  fs::resize_file(folder() / name, fs::file_size(folder() / name) - bytes);
}

void finish(const SmallSweep& sweep, const StageRequest& stage, double flops) {
  ordered_json inputs = ordered_json::array();
  for (const StageInput& input : stage.inputs) inputs.push_back({{"kind", input.kind}, {"key", input.key}});
  const ordered_json record{{"schema", 1},         {"kind", stage.kind},
                            {"key", stage.key},    {"version", stage.version},
                            {"inputs", inputs},    {"parameters", stage.parameters},
                            {"seconds", 1},        {"made", "2026-11-24T08:00:00Z"},
                            {"host", host_name()}, {"flops", flops}};
  sweep.write_file("runs/stages/" + stage.folder() + "/stage.json", record.dump());
}

void write_zeros(const fs::path& file, const std::map<std::string, std::vector<std::int64_t>>& shapes) {
  const std::vector<float> zeros(1 << 20, 0.0F);
  std::vector<models::TensorToWrite> tensors;
  for (const auto& [name, shape] : shapes) {
    std::size_t count = 1;
    for (const std::int64_t side : shape) count *= static_cast<std::size_t>(side);
    tensors.push_back({name, models::DType::f32, shape, std::as_bytes(std::span(zeros).first(count))});
  }
  models::write_safetensors(file, tensors);
}

}  // namespace imp::harness::test
