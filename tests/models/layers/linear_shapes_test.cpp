// SPDX-License-Identifier: Apache-2.0
#include "models/config/linear_shapes.h"

#include <gtest/gtest.h>

#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

struct Variant {
  TextFamily family;
  bool biases, norms;
};

class LinearShapes : public testing::TestWithParam<Variant> {
 protected:
  static std::unique_ptr<TextModel> model_of(const Variant& variant) {
    TextConfig config = test::tiny_text_model(variant.family)->config();
    config.attention_bias = config.mlp_bias = variant.biases;
    config.qk_layernorm = variant.norms;
    RandomSource weights(7, 0.3);
    return make_text_model(config, weights);
  }
};

TEST_P(LinearShapes, AreThoseOfTheModel) {
  const auto model = model_of(GetParam());
  const std::vector<NamedLinear> linears = model->linears();
  const std::vector<LinearShape> shapes = linear_shapes(model->config());
  ASSERT_EQ(shapes.size(), linears.size());
  for (size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_EQ(shapes[i].name, linears[i].name);
    EXPECT_EQ(shapes[i].in_features, linears[i].linear->in_features()) << shapes[i].name;
    EXPECT_EQ(shapes[i].out_features, linears[i].linear->out_features()) << shapes[i].name;
    EXPECT_EQ(shapes[i].bias, linears[i].linear->bias.defined()) << shapes[i].name;
  }
}

TEST_P(LinearShapes, CountEveryParameterOfTheModel) {
  const auto model = model_of(GetParam());
  int64_t count = 0;
  model->visit_parameters([&](const std::string&, at::Tensor& tensor) { count += tensor.numel(); });
  EXPECT_EQ(count_parameters(model->config()), count);
}

INSTANTIATE_TEST_SUITE_P(Families, LinearShapes,
                         testing::Values(Variant{TextFamily::phi, false, false},
                                         Variant{TextFamily::phi, false, true},
                                         Variant{TextFamily::llama, false, false},
                                         Variant{TextFamily::llama, true, false}));

}  // namespace
}  // namespace imp::models
