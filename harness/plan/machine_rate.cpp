// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/machine_rate.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <thread>
#include <vector>

#include "models/layers/panel_product.h"

namespace imp::harness {
namespace {

using std::chrono::steady_clock;

/// One thread's product: rows of a small language model's width through the panels of one weight.
class Product {
 public:
  Product()
      : weight_(kPanels * kIn * models::kPanel, 0.01F),
        bias_(models::kPanel, 0.0F),
        x_(kRows * kIn, 0.5F),
        y_(kRows * kPanels * models::kPanel) {}

  /// Returns its FLOPs.
  double run() {
    for (std::int64_t panel = 0; panel < kPanels; ++panel) {
      models::multiply_panel({.weight = weight_.data() + panel * kIn * models::kPanel,
                              .bias = bias_.data(),
                              .in = kIn,
                              .x = x_.data(),
                              .x_stride = kIn,
                              .y = y_.data() + panel * models::kPanel,
                              .rows = kRows,
                              .stride = kPanels * models::kPanel});
    }
    return 2.0 * kRows * kIn * kPanels * models::kPanel;
  }

 private:
  static constexpr std::int64_t kRows = 20 * models::kTileRows, kIn = 192, kPanels = 24;
  std::vector<float> weight_, bias_, x_, y_;
};

/// That this thread has had.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

double measure_product_rate() {
  constexpr std::chrono::milliseconds kFor(250);
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<double> rates(threads, 0.0);
  const auto start = steady_clock::now();
  {
    std::vector<std::jthread> workers;
    for (double& rate : rates) {
      workers.emplace_back([&rate, start, kFor] {
        Product product;
        (void)product.run();  // its memory is new
        const double began = processor_seconds();
        double flops = 0.0;
        do flops += product.run();
        while (steady_clock::now() - start < kFor);
        rate = flops / (processor_seconds() - began);
      });
    }
  }
  return std::accumulate(rates.begin(), rates.end(), 0.0);
}

}  // namespace imp::harness
