// SPDX-License-Identifier: Apache-2.0
// Prints what probe_gpu() says, for a test that chooses the driver.
#include <fmt/format.h>

#include "models/device/gpu_probe.h"

int main() {
  const imp::models::GpuProbe probe = imp::models::probe_gpu();
  if (!probe.gpu) {
    fmt::print("{}", probe.missing);
    return 1;
  }
  fmt::print("{}, {}", probe.gpu->in_words(), probe.gpu->has_bfloat16() ? "bfloat16" : "no bfloat16");
  return 0;
}
