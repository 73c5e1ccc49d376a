// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/process_memory.h"

#include <malloc.h>

#include <fstream>
#include <string>
#include <string_view>

namespace imp::harness {

void release_free_memory() {
  ::malloc_trim(0);
}

void begin_peak_memory() {
  release_free_memory();
  std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): resets the peak resident set size
}

std::int64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  constexpr std::string_view kPeak = "VmHWM:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kPeak)) return std::stoll(line.substr(kPeak.size())) * 1024;  // in KiB
  }
  return 0;
}

}  // namespace imp::harness
