// SPDX-License-Identifier: Apache-2.0
#include "models/config/linear_shapes.h"

#include <gtest/gtest.h>

#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

class LinearShapes : public testing::TestWithParam<TextFamily> {};

TEST_P(LinearShapes, AreThoseOfTheModel) {
  const auto model = test::tiny_text_model(GetParam());
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
  const auto model = test::tiny_text_model(GetParam());
  int64_t count = 0;
  model->visit_parameters([&](const std::string&, at::Tensor& tensor) { count += tensor.numel(); });
  EXPECT_EQ(count_parameters(model->config()), count);
}

INSTANTIATE_TEST_SUITE_P(Families, LinearShapes, testing::Values(TextFamily::phi, TextFamily::llama));

}  // namespace
}  // namespace imp::models
