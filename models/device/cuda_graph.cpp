// SPDX-License-Identifier: Apache-2.0
// The one piece that needs CUDA's headers, which LibTorch's wheel brings: a library of its own, opened where
// there is a GPU (device_graph.cpp).
#include <ATen/cuda/CUDAGraph.h>

#include "models/device/device_graph.h"

namespace imp::models {
namespace {

/// Replayed one after another, graphs can share what they use between.
at::cuda::MempoolId_t shared_pool() {
  static const at::cuda::MempoolId_t pool = at::cuda::graph_pool_handle();
  return pool;
}

class CudaGraph : public DeviceGraph {
 public:
  void record(const std::function<void()>& work) override {
    // Other threads read pictures and send rows meanwhile, which is no part of the graph.
    graph_.capture_begin(shared_pool(), cudaStreamCaptureModeRelaxed);
    try {
      work();
    } catch (...) {
      try {
        graph_.capture_end();
      } catch (const c10::Error&) {  // of a recording that is broken already
      }
      throw;
    }
    graph_.capture_end();
  }
  void replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace
}  // namespace imp::models

extern "C" imp::models::DeviceGraph* imp_make_cuda_graph() {
  return std::make_unique<imp::models::CudaGraph>().release();
}
