// SPDX-License-Identifier: Apache-2.0
// What runs on a GPU against the same on the CPU: kernels of our own, attention, whole models and their
// gradients. Skipped where there is no GPU; tests/bench/gpu_check.sh runs it where there is one.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "models/device/compute_device.h"
#include "models/device/device_graph.h"
#include "models/device/gpu_probe.h"
#include "models/layers/rotary_attention.h"
#include "models/lora/lora_adapter.h"
#include "tests/models/layers/tiny_models.h"

namespace imp::models {
namespace {

using test::largest_difference;
using test::random_tensor;

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    const GpuProbe probe = probe_gpu();
    if (!probe.gpu) GTEST_SKIP() << probe.missing;
    device_ = resolve_device("cuda");
  }
  at::Device device_ = at::kCPU;
};

/// A pair of results on the CPU in float32: largest difference over the largest number.
double relative(const at::Tensor& got, const at::Tensor& expected) {
  const at::Tensor a = got.detach().cpu().to(at::kFloat), b = expected.detach().cpu().to(at::kFloat);
  return ((a - b).norm() / (b.norm() + 1e-12)).item<double>();
}

/// Milliseconds of one call, the shortest of ten.
template <typename Work>
double milliseconds(at::Device device, Work work) {
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    wait_for(device);
    const auto start = std::chrono::steady_clock::now();
    for (int j = 0; j < 10; ++j) work();
    wait_for(device);
    best =
        std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() * 100);
  }
  return best;
}

struct RotaryCase {
  HeadsOfRow shape;
  int64_t half, tokens;
};

const std::vector<RotaryCase> kRotaryCases{{{32, 32, 80}, 16, 3374},
                                           {{9, 3, 64}, 32, 1001},
                                           {{6, 6, 32}, 8, 77},
                                           {{3, 1, 20}, 10, 33},
                                           {{4, 2, 6}, 3, 5}};

RotaryAngles angles_of(const RotaryCase& odd, const at::TensorOptions& options) {
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < odd.tokens; ++i) positions.push_back(i % 700);
  return rotary_angles(test::ids_tensor(positions), plain_frequencies(2 * odd.half, 10000.0), options);
}

TEST_F(OnGpu, RotaryKernelsAreAtens) {
  for (const RotaryCase& odd : kRotaryCases) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      const at::Tensor rows = random_tensor({odd.tokens, odd.shape.width()}, 1).to(type);
      const RotaryAngles angles = angles_of(odd, at::TensorOptions(type));
      const RotaryAngles there{angles.cos.to(device_), angles.sin.to(device_)};
      const at::Tensor on_cpu = rows.clone(), on_gpu = rows.to(device_);
      rotate_rows(on_cpu, odd.shape, angles);
      rotate_rows(on_gpu, odd.shape, there);
      EXPECT_LT(relative(on_gpu, on_cpu), type == at::kFloat ? 1e-6 : 5e-3);
      const at::Tensor q = random_tensor({odd.tokens, odd.shape.heads, odd.shape.dim}, 2).to(type),
                       k = random_tensor({odd.tokens, odd.shape.kv_heads, odd.shape.dim}, 3).to(type),
                       v = random_tensor({odd.tokens, odd.shape.kv_heads, odd.shape.dim}, 4).to(type);
      const at::Tensor back = unrotated_rows(q.to(device_), k.to(device_), v.to(device_), odd.shape, there);
      EXPECT_LT(relative(back, unrotated_rows(q, k, v, odd.shape, angles)), type == at::kFloat ? 1e-6 : 5e-3);
    }
  }
}

TEST_F(OnGpu, RotaryKernelsTakeAboutAsLongAsTheirBytes) {
  const RotaryCase& phi2 = kRotaryCases.front();
  const at::Tensor rows = random_tensor({phi2.tokens * 4, phi2.shape.width()}, 1)
                              .to(at::TensorOptions(device_).dtype(at::kBFloat16));
  RotaryCase longer = phi2;
  longer.tokens *= 4;
  const RotaryAngles angles = angles_of(longer, at::TensorOptions(at::kBFloat16));
  const RotaryAngles there{angles.cos.to(device_), angles.sin.to(device_)};
  const at::Tensor copy = rows.clone();
  const double kernel = milliseconds(device_, [&] { rotate_rows(rows, longer.shape, there); });
  const double whole_copy = milliseconds(device_, [&] { copy.copy_(rows); });
  std::printf("rotary of %ld tokens: %.3f ms; a copy of its rows %.3f ms\n", static_cast<long>(longer.tokens),
              kernel, whole_copy);
  EXPECT_LT(kernel, 2 * whole_copy);
}

struct AttentionCase {
  int64_t heads, kv_heads, dim;
  std::vector<std::pair<int64_t, int64_t>> spans;  ///< queries, keys
};

const std::vector<AttentionCase> kAttentionCases{{4, 4, 80, {{33, 33}, {1, 1}, {129, 129}}},
                                                 {9, 3, 64, {{5, 5}, {40, 90}, {1, 77}}},
                                                 {2, 2, 32, {{17, 17}}},
                                                 {4, 2, 128, {{3, 200}, {64, 64}}},
                                                 {2, 1, 6, {{3, 5}, {4, 4}}}};

TEST_F(OnGpu, AttentionOfVariableLengthIsTheDenseOne) {
  for (const AttentionCase& odd : kAttentionCases) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      AttentionSpans spans, there;
      for (const auto& [queries, keys] : odd.spans) {
        spans.add(queries, keys);
        there.add(queries, keys);
      }
      there.send({}, device_);
      const at::Tensor q = random_tensor({spans.query_starts.back(), odd.heads, odd.dim}, 1).to(type),
                       k = random_tensor({spans.key_starts.back(), odd.kv_heads, odd.dim}, 2).to(type),
                       v = random_tensor({spans.key_starts.back(), odd.kv_heads, odd.dim}, 3).to(type),
                       gradient = random_tensor({spans.query_starts.back(), odd.heads, odd.dim}, 4).to(type);
      AttentionState state, state_there;
      const at::Tensor out = variable_length_attention(q, k, v, spans, &state);
      const at::Tensor gq = q.to(device_), gk = k.to(device_), gv = v.to(device_);
      const at::Tensor out_there = variable_length_attention(gq, gk, gv, there, &state_there);
      const double tolerance = type == at::kFloat ? 1e-5 : 1e-2;
      EXPECT_LT(relative(out_there, out), tolerance) << odd.dim << c10::toString(type);
      const AttentionGradients of = variable_length_attention_backward(gradient, q, k, v, out, state, spans);
      const AttentionGradients of_there =
          variable_length_attention_backward(gradient.to(device_), gq, gk, gv, out_there, state_there, there);
      EXPECT_LT(relative(of_there.query, of.query), tolerance) << odd.dim << c10::toString(type);
      EXPECT_LT(relative(of_there.key, of.key), tolerance) << odd.dim << c10::toString(type);
      EXPECT_LT(relative(of_there.value, of.value), tolerance) << odd.dim << c10::toString(type);
    }
  }
}

struct Result {
  at::Tensor hidden, grad_x;
  std::vector<at::Tensor> grad_adapters;
};

/// A tiny model's pass over rows of several turns, forward and backward, on a device.
Result run(TextFamily family, const at::TensorOptions& options, bool recompute) {
  const auto model = test::tiny_text_model(family);
  attach_lora(*model, {8, 16.0, 0.0, ""}, 5);
  uint64_t seed = 20;
  visit_adapter(*model, [&](const std::string&, at::Tensor& tensor) {
    tensor = (random_tensor(tensor.sizes().vec(), seed++) * 0.3).to(options.device()).set_requires_grad(true);
  });
  model->visit_parameters([&](const std::string&, at::Tensor& tensor) { tensor = tensor.to(options); });
  if (!options.device().is_cpu()) model->join_projections();
  model->recompute_blocks(recompute);
  const std::vector<int64_t> lengths{6, 9, 4};
  const std::vector<std::vector<int32_t>> turns{
      {0, 0, 1, 1, 2, 2}, {0, 0, 0, 1, 2, 2, 3, 3, 3}, {0, 0, 0, 0}};
  const at::Tensor x =
      random_tensor({19, model->config().hidden_size}, 11).to(options).set_requires_grad(true);
  const SequenceLayout layout = pack_sequences(lengths, turns, x.options());
  const at::Tensor hidden =
      model->hidden_states(x, layout, nullptr, test::ids_tensor({0, 7, 18}).to(options.device()));
  (hidden * random_tensor(hidden.sizes().vec(), 12).to(options)).sum().backward();
  Result result{hidden.detach(), x.grad(), {}};
  visit_adapter(
      *model, [&](const std::string&, at::Tensor& tensor) { result.grad_adapters.push_back(tensor.grad()); });
  return result;
}

TEST_F(OnGpu, ModelsGiveTheCpusValuesAndGradients) {
  for (const TextFamily family : {TextFamily::phi, TextFamily::llama}) {
    const Result expected = run(family, at::kFloat, false);
    for (const auto& [type, tolerance] : {std::pair{at::kFloat, 1e-4}, std::pair{at::kBFloat16, 0.15}}) {
      for (const bool recompute : {false, true}) {
        const Result got = run(family, at::TensorOptions(device_).dtype(type), recompute);
        EXPECT_LT(relative(got.hidden, expected.hidden), tolerance);
        EXPECT_LT(relative(got.grad_x, expected.grad_x), tolerance);
        for (size_t i = 0; i < expected.grad_adapters.size(); ++i)
          EXPECT_LT(relative(got.grad_adapters[i], expected.grad_adapters[i]), tolerance) << i;
      }
    }
  }
}

TEST_F(OnGpu, ARecordedPassGivesTheBitsOfOneAsWritten) {
  const StreamGuard stream(device_);
  const DeterministicGuard same(device_, true);
  const at::TensorOptions there = at::TensorOptions(device_).dtype(at::kBFloat16);
  const at::Tensor weight = random_tensor({64, 32}, 1).to(there).set_requires_grad(true);
  const auto work = [&](const at::Tensor& x) {
    const at::Tensor loss = at::gelu(x.mm(weight.t())).to(at::kFloat).square().sum();
    loss.backward();
    return loss.detach();
  };
  weight.mutable_grad() = at::zeros_like(weight);
  const at::Tensor input = random_tensor({16, 32}, 2).to(there),
                   loss = at::empty({}, there.dtype(at::kFloat));
  (void)work(input);
  const std::unique_ptr<DeviceGraph> graph = make_device_graph(device_);
  if (!graph) GTEST_SKIP() << "no library for CUDA graphs";
  graph->record([&] { loss.copy_(work(input)); });
  for (uint64_t seed = 3; seed < 6; ++seed) {
    const at::Tensor x = random_tensor({16, 32}, seed).to(there);
    weight.mutable_grad().zero_();
    const at::Tensor expected = work(x).clone(), gradient = weight.grad().clone();
    weight.mutable_grad().zero_();
    input.copy_(x);
    graph->replay();
    EXPECT_TRUE(at::equal(loss, expected));
    EXPECT_TRUE(at::equal(weight.grad(), gradient));
  }
}

TEST_F(OnGpu, TheSameBitsComeTwice) {
  const DeterministicGuard same(device_, true);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Result first = run(TextFamily::phi, at::TensorOptions(device_).dtype(type), false);
    for (int i = 0; i < 5; ++i) {
      const Result again = run(TextFamily::phi, at::TensorOptions(device_).dtype(type), false);
      EXPECT_TRUE(at::equal(first.grad_x, again.grad_x));
      for (size_t j = 0; j < first.grad_adapters.size(); ++j)
        EXPECT_TRUE(at::equal(first.grad_adapters[j], again.grad_adapters[j]));
    }
  }
}

}  // namespace
}  // namespace imp::models
