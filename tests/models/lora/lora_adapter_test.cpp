// SPDX-License-Identifier: Apache-2.0
#include "models/lora/lora_adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "models/io/error.h"
#include "models/io/file.h"
#include "models/lora/merge_adapter.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::alone;
using test::largest_difference;
using test::tiny_text_model;
using testing::AllOf;
using testing::HasSubstr;

using Tensors = std::map<std::string, at::Tensor>;

Tensors adapter_tensors(TextModel& model) {
  Tensors tensors;
  visit_adapter(model, [&](const std::string& name, at::Tensor& tensor) { tensors[name] = tensor.clone(); });
  return tensors;
}

/// Gives every B numbers, as training would.
void train_a_little(TextModel& model) {
  uint64_t seed = 50;
  visit_adapter(model, [&](const std::string&, at::Tensor& tensor) {
    tensor = test::random_tensor(tensor.sizes().vec(), ++seed) * 0.2;
  });
}

class LoraOfAModel : public testing::Test {
 protected:
  LoraOfAModel() {
    std::string name = (std::filesystem::temp_directory_path() / "imp-lora-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~LoraOfAModel() override { std::filesystem::remove_all(folder_); }

  /// The message with which load_adapter refuses the folder.
  [[nodiscard]] std::string refusal() const {
    try {
      const auto model = tiny_text_model(TextFamily::phi);
      (void)load_adapter(PeftAdapter(folder_), *model);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "accepted";
  }

  /// Writes an adapter of rank 2 for a tiny Phi, with keys of its adapter_config.json changed.
  void write_adapter(const nlohmann::json& changes) const {
    const auto model = tiny_text_model(TextFamily::phi);
    const LoraOptions options{2, 2.0, 0.0, ""};
    (void)attach_lora(*model, options, 1);
    save_adapter(folder_, *model, options);
    nlohmann::json config = nlohmann::json::parse(read_file(folder_ / "adapter_config.json"));
    config.update(changes);
    write_file_atomically(folder_ / "adapter_config.json", config.dump());
  }

  std::filesystem::path folder_;
};

TEST_F(LoraOfAModel, StandsOnEveryLayerButTheHeadByDefault) {
  const auto phi = tiny_text_model(TextFamily::phi), llama = tiny_text_model(TextFamily::llama);
  EXPECT_EQ(attach_lora(*phi, {2, 2.0, 0.0, ""}, 1), 3 * 6);
  EXPECT_EQ(attach_lora(*llama, {2, 2.0, 0.0, ""}, 1), 3 * 7);
  EXPECT_FALSE(phi->linears().back().linear->adapter.has_value());
  EXPECT_EQ(phi->linears().back().name, "lm_head");
}

TEST_F(LoraOfAModel, StandsWhereTheExpressionMatchesAWholePath) {
  const auto model = tiny_text_model(TextFamily::phi);
  EXPECT_EQ(attach_lora(*model, {2, 2.0, 0.0, R"(model\.layers\.[02]\.self_attn\.[qv]_proj|lm_head)"}, 1), 5);
  EXPECT_THROW((void)attach_lora(*model, {2, 2.0, 0.0, "q_proj"}, 1), Error);  // no whole path
  EXPECT_THROW((void)attach_lora(*model, {2, 2.0, 0.0, "(["}, 1), Error);
}

TEST_F(LoraOfAModel, FreshChangesNothing) {
  const auto model = tiny_text_model(TextFamily::llama);
  const at::Tensor before = alone(*model, {1, 2, 3});
  (void)attach_lora(*model, {4, 8.0, 0.1, ""}, 1);
  EXPECT_LT(largest_difference(alone(*model, {1, 2, 3}), before), 1e-6);
}

TEST_F(LoraOfAModel, FreshIsAFunctionOfTheSeedAndOfTheLayer) {
  const auto one = tiny_text_model(TextFamily::phi), same = tiny_text_model(TextFamily::phi),
             other = tiny_text_model(TextFamily::phi);
  (void)attach_lora(*one, {4, 4.0, 0.0, ""}, 1);
  (void)attach_lora(*same, {4, 4.0, 0.0, ""}, 1);
  (void)attach_lora(*other, {4, 4.0, 0.0, ""}, 2);
  const Tensors a = adapter_tensors(*one), b = adapter_tensors(*same), c = adapter_tensors(*other);
  const std::string q = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight";
  const std::string k = "base_model.model.model.language_model.layers.0.self_attn.k_proj.lora_A.weight";
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
  EXPECT_FALSE(at::equal(a.at(q), c.at(q)));
  EXPECT_FALSE(at::equal(a.at(q), a.at(k)));
  EXPECT_LE(a.at(q).abs().max().item<double>(), 0.25);  // 1 / sqrt(16)
  EXPECT_GT(a.at(q).abs().max().item<double>(), 0.2);
}

TEST_F(LoraOfAModel, MergedGivesTheSameHiddenStates) {
  for (const TextFamily family : {TextFamily::phi, TextFamily::llama}) {
    const at::NoGradGuard no_grad;
    const auto model = tiny_text_model(family);
    const at::Tensor plain = alone(*model, {1, 2, 3, 4});
    (void)attach_lora(*model, {4, 8.0, 0.0, ""}, 1);
    train_a_little(*model);
    const at::Tensor adapted = alone(*model, {1, 2, 3, 4});
    EXPECT_GT(largest_difference(adapted, plain), 1e-2);
    merge_adapters(*model);
    EXPECT_LT(largest_difference(alone(*model, {1, 2, 3, 4}), adapted), 1e-4);
  }
}

TEST_F(LoraOfAModel, WrittenAndReadIsTheSame) {
  const auto written = tiny_text_model(TextFamily::phi), read = tiny_text_model(TextFamily::phi);
  const LoraOptions options{4, 6.0, 0.05, R"(.*fc1|.*dense)"};
  (void)attach_lora(*written, options, 1);
  train_a_little(*written);
  save_adapter(folder_, *written, options);
  const LoraOptions back = load_adapter(PeftAdapter(folder_), *read);
  EXPECT_EQ(back.rank, 4);
  EXPECT_EQ(back.alpha, 6.0);
  EXPECT_EQ(back.dropout, 0.05);
  const Tensors a = adapter_tensors(*written), b = adapter_tensors(*read);
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
  EXPECT_LT(largest_difference(alone(*written, {1, 2, 3}), alone(*read, {1, 2, 3})), 1e-6);
}

TEST_F(LoraOfAModel, KindsThatAreNotSupportedAreRefusedByName) {
  write_adapter({{"peft_type", "IA3"}});
  EXPECT_THAT(refusal(), HasSubstr("IA3"));
  write_adapter({{"bias", "some"}});
  EXPECT_THAT(refusal(), HasSubstr("bias must be 'none', 'all' or 'lora_only'"));
  write_adapter({{"layer_replication", {{0, 2}}}});
  EXPECT_THAT(refusal(), HasSubstr("layer_replication is not supported"));
  write_adapter({{"init_lora_weights", "pissa_niter_4"}});
  EXPECT_THAT(refusal(), HasSubstr("init_lora_weights \"pissa_niter_4\""));
  write_adapter({{"a_key_of_tomorrow", {{"on", true}}}});
  EXPECT_THAT(refusal(), HasSubstr("a_key_of_tomorrow is {\"on\":true}, a key that imp does not know"));
}

TEST_F(LoraOfAModel, SettingsThatTheTensorsContradictAreRefused) {
  write_adapter({{"use_dora", true}});
  EXPECT_THAT(refusal(), HasSubstr("has no lora_magnitude_vector beside it, but use_dora is true"));
  write_adapter({{"modules_to_save", {"lm_head"}}});
  EXPECT_THAT(refusal(), HasSubstr("modules_to_save has 'lm_head', but adapter_model.safetensors has no"));
}

TEST_F(LoraOfAModel, DefaultsAndKeysWithoutEffectAreRead) {
  write_adapter({{"use_dora", false},
                 {"layer_replication", nullptr},
                 {"loftq_config", nlohmann::json::object()},
                 {"megatron_core", "megatron.core"},
                 {"megatron_config", {{"tensor_model_parallel_size", 2}}},
                 {"qalora_group_size", 16},
                 {"use_bdlora", nullptr},
                 {"a_key_of_tomorrow", false},
                 {"layers_to_transform", {0, 1, 2}},
                 {"base_model_name_or_path", "someone/somewhere"},
                 {"bias", "lora_only"}});
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(LoraOfAModel, EveryFaultOfItsConfigIsToldAtOnce) {
  write_adapter({{"use_qalora", true}, {"lora_alpha", "16"}, {"rank_pattern", {{"(", 2}}}});
  try {
    const PeftAdapter adapter(folder_);
    FAIL();
  } catch (const Error& error) {
    const std::string lines = error.what();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
    EXPECT_THAT(lines, AllOf(HasSubstr("use_qalora"), HasSubstr("lora_alpha is \"16\""), HasSubstr("'('")));
  }
}

TEST_F(LoraOfAModel, WhatCannotBeTrainedFurtherIsRefusedWithTheWayOut) {
  write_adapter({{"lora_bias", true}});
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("lora_bias can be used but not trained"), HasSubstr("imp-model export")));
  write_adapter({{"init_lora_weights", "olora"}});
  EXPECT_THAT(refusal(), HasSubstr("pissa or olora can be used but not trained"));
}

/// Adds tensors to the adapter that write_adapter has written.
void add_tensors(const std::filesystem::path& folder, const Tensors& more) {
  auto tensors = load_tensors(folder / "adapter_model.safetensors");
  for (const auto& [name, tensor] : more) tensors.emplace_back(name, tensor);
  save_tensors(folder / "adapter_model.safetensors", tensors);
}

TEST_F(LoraOfAModel, GrowsTheVocabularyWhereEmbeddingsAndHeadAreSaved) {
  const auto model = tiny_text_model(TextFamily::llama);
  const int64_t rows = model->config().vocab_size, hidden = model->config().hidden_size;
  (void)attach_lora(*model, {2, 2.0, 0.0, ""}, 1);
  save_adapter(folder_, *model, {2, 2.0, 0.0, ""});
  const at::Tensor embeddings = test::random_tensor({rows + 3, hidden}, 5),
                   head = test::random_tensor({rows + 3, hidden}, 6);
  const auto fresh = tiny_text_model(TextFamily::llama);
  add_tensors(folder_, {{"base_model.model.model.language_model.embed_tokens.weight", embeddings}});
  EXPECT_THROW(merge_adapter(PeftAdapter(folder_), {.text_model = fresh.get()}), Error);  // rows of the head?
  add_tensors(folder_, {{"base_model.model.lm_head.base_layer.weight", head}});
  merge_adapter(PeftAdapter(folder_), {.text_model = fresh.get()});
  EXPECT_EQ(fresh->config().vocab_size, rows + 3);
  EXPECT_TRUE(at::equal(fresh->embed(at::arange(rows + 3)), embeddings));
  EXPECT_TRUE(at::equal(fresh->linears().back().linear->weight, head));
  const auto trained = tiny_text_model(TextFamily::llama);
  EXPECT_THROW((void)load_adapter(PeftAdapter(folder_), *trained), Error);  // its tokenizer is another
}

TEST_F(LoraOfAModel, CutsTheVocabularyToTheSavedEmbeddingsRows) {
  const auto model = tiny_text_model(TextFamily::llama), cut = tiny_text_model(TextFamily::llama);
  const int64_t rows = model->config().vocab_size - 2, hidden = model->config().hidden_size;
  (void)attach_lora(*model, {2, 2.0, 0.0, ""}, 1);
  save_adapter(folder_, *model, {2, 2.0, 0.0, ""});
  const at::Tensor embeddings = test::random_tensor({rows, hidden}, 5);
  add_tensors(folder_, {{"base_model.model.model.embed_tokens.weight", embeddings}});
  merge_adapter(PeftAdapter(folder_), {.text_model = cut.get()});
  EXPECT_EQ(cut->config().vocab_size, rows);
  EXPECT_TRUE(at::equal(cut->embed(at::arange(rows)), embeddings));
  EXPECT_TRUE(at::equal(cut->linears().back().linear->weight,
                        model->linears().back().linear->weight.narrow(0, 0, rows)));
}

TEST_F(LoraOfAModel, KeepsWhatIsNotTrainedWhenItIsWrittenAgain) {
  write_adapter(nlohmann::json::object());
  const auto model = tiny_text_model(TextFamily::phi);
  const std::string q = "base_model.model.model.vision_tower.vision_model.encoder.layers.1.self_attn.q_proj";
  const Tensors kept = {{q + ".lora_A.weight", test::random_tensor({2, 8}, 1)},
                        {q + ".lora_B.weight", test::random_tensor({8, 2}, 2)},
                        {"base_model.model.model.language_model.embed_tokens.weight",
                         test::random_tensor({model->config().vocab_size, model->config().hidden_size}, 3)}};
  add_tensors(folder_, kept);
  const PeftAdapter adapter(folder_);
  const LoraOptions options = load_adapter(adapter, *model);
  save_adapter(folder_ / "again", *model, options, &adapter);
  Tensors written;
  for (const auto& [name, tensor] : load_tensors(folder_ / "again/adapter_model.safetensors"))
    written[name] = tensor;
  for (const auto& [name, tensor] : kept) {
    ASSERT_TRUE(written.contains(name)) << name;
    EXPECT_TRUE(at::equal(written.at(name), tensor)) << name;
  }
  EXPECT_EQ(written.size(), load_tensors(folder_ / "adapter_model.safetensors").size());
  EXPECT_TRUE(PeftAdapter(folder_ / "again").changes(ModelPart::vision));
  const auto config = nlohmann::json::parse(read_file(folder_ / "again/adapter_config.json"));
  const std::regex targets(config["target_modules"].get<std::string>());
  EXPECT_TRUE(std::regex_match("model.vision_tower.encoder.layers.1.self_attn.q_proj", targets));
  EXPECT_TRUE(std::regex_match("model.language_model.layers.0.mlp.fc1", targets));
  EXPECT_FALSE(std::regex_match("model.vision_tower.encoder.layers.1.mlp.fc1", targets));
}

TEST_F(LoraOfAModel, RanksAndScalingsOfItsLayersAreReadAndWritten) {
  const auto model = tiny_text_model(TextFamily::phi), read = tiny_text_model(TextFamily::phi);
  (void)attach_lora(*model, {2, 2.0, 0.0, ""}, 1);
  for (const NamedLinear& entry : model->linears()) {
    if (!entry.name.ends_with("layers.1.mlp.fc1")) continue;
    entry.linear->adapter->lora_A = test::random_tensor({5, entry.linear->in_features()}, 1);
    entry.linear->adapter->lora_B = test::random_tensor({entry.linear->out_features(), 5}, 2);
    entry.linear->adapter->scaling = 0.3;
  }
  save_adapter(folder_, *model, {2, 2.0, 0.0, ""});
  EXPECT_EQ(load_adapter(PeftAdapter(folder_), *read).rank, 2);
  for (const NamedLinear& entry : read->linears()) {
    if (!entry.linear->adapter) continue;
    const bool other = entry.name == "model.layers.1.mlp.fc1";
    EXPECT_EQ(entry.linear->adapter->lora_A.size(0), other ? 5 : 2) << entry.name;
    EXPECT_NEAR(entry.linear->adapter->scaling, other ? 0.3 : 1.0, 1e-12) << entry.name;
  }
}

TEST_F(LoraOfAModel, HalfAPairOfMatricesIsRefused) {
  write_adapter(nlohmann::json::object());
  auto tensors = load_tensors(folder_ / "adapter_model.safetensors");
  tensors.erase(tensors.begin());  // the first lora_A
  save_tensors(folder_ / "adapter_model.safetensors", tensors);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("lora_B.weight'"), HasSubstr("has no 'lora_A' beside it")));
}

TEST_F(LoraOfAModel, PickledIsRefusedWithTheConversion) {
  write_adapter(nlohmann::json::object());
  std::filesystem::rename(folder_ / "adapter_model.safetensors", folder_ / "adapter_model.bin");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("adapter_model.bin: pickled"), HasSubstr("save_file")));
}

TEST_F(LoraOfAModel, WrongTypesInItsConfigAreRefusedWithTheFilesName) {
  for (const nlohmann::json& changes :
       {nlohmann::json{{"r", "8"}}, nlohmann::json{{"lora_alpha", "16"}},
        nlohmann::json{{"lora_dropout", {1}}}, nlohmann::json{{"use_rslora", "yes"}},
        nlohmann::json{{"peft_type", 3}}, nlohmann::json{{"r", 0}}, nlohmann::json{{"rank_pattern", {1}}},
        nlohmann::json{{"rank_pattern", {{"q_proj", 0}}}},
        nlohmann::json{{"alpha_pattern", {{"q_proj", "8"}}}},
        nlohmann::json{{"alpha_pattern", {{"(", 8}}}}}) {
    write_adapter(changes);
    EXPECT_THAT(refusal(), HasSubstr("adapter_config.json")) << changes;
  }
  write_file_atomically(folder_ / "adapter_config.json", "{\"r\": 2");
  EXPECT_THAT(refusal(), HasSubstr("adapter_config.json: is no JSON object"));
}

TEST_F(LoraOfAModel, ShapesThatDoNotFitAreRefusedWithTheTensorsName) {
  write_adapter({{"r", 3}});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("lora_A.weight"), HasSubstr("[2, 16]"), HasSubstr("[3, 16]")));
}

TEST_F(LoraOfAModel, OfAnotherModelIsRefused) {
  const auto llama = tiny_text_model(TextFamily::llama);
  const LoraOptions options{2, 2.0, 0.0, ".*gate_proj|.*q_proj"};
  (void)attach_lora(*llama, options, 1);
  save_adapter(folder_, *llama, options);
  EXPECT_THAT(refusal(), HasSubstr("belong to no layer of this model"));
}

TEST_F(LoraOfAModel, ThatIsNotThereIsNamed) {
  EXPECT_THAT(refusal(), HasSubstr("adapter_config.json: cannot read"));
}

}  // namespace
}  // namespace imp::models
