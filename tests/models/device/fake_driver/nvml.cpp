// SPDX-License-Identifier: Apache-2.0
// libnvidia-ml.so.1 as far as gpu_probe asks it.
#include <cstring>

#include "tests/models/device/fake_driver/script.h"

extern "C" {

int nvmlInit_v2() {
  return imp::test::scripted("nvml", 0);
}

int nvmlSystemGetDriverVersion(char* version, unsigned length) {
  const std::string text = imp::test::scripted("driver", "580.159.03");
  std::strncpy(version, text.c_str(), length - 1);
  return 0;
}

int nvmlShutdown() {
  return 0;
}
}
