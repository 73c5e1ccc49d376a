// SPDX-License-Identifier: Apache-2.0
#include "models/layers/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace imp::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Holder : torch::CustomClassHolder {
  explicit Holder(BlockForward function) : block(std::move(function)) {}
  BlockForward block;
};

struct Recompute : torch::autograd::Function<Recompute> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden_states, const at::Tensor&,
                            const c10::intrusive_ptr<Holder>& holder) {
    context->save_for_backward({hidden_states});
    context->saved_data["block"] = c10::IValue::make_capsule(holder);
    return holder->block(hidden_states);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = c10::static_intrusive_pointer_cast<Holder>(context->saved_data["block"].toCapsule());
    const at::Tensor input = context->get_saved_variables()[0].detach().set_requires_grad(true);
    at::Tensor output;
    {
      const at::AutoGradMode enabled(true);
      output = holder->block(input);
    }
    torch::autograd::backward({output}, {gradients[0]});
    return {input.grad(), {}, {}};
  }
};

}  // namespace

at::Tensor recomputed(const BlockForward& block, const at::Tensor& hidden_states) {
  // The block's parameters are no inputs of the function, so something else must ask for its backward pass
  // where hidden_states does not, as in a batch without pictures.
  const at::Tensor asks_for_gradient = at::empty({0}).set_requires_grad(true);
  return Recompute::apply(hidden_states, asks_for_gradient, c10::make_intrusive<Holder>(block));
}

}  // namespace imp::models
