// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/provenance.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/executor/build_info.h"
#include "models/io/host_name.h"

namespace imp::harness {
namespace {

/// `model name` of the first processor in /proc/cpuinfo.
std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string os_name() {
  std::ifstream release("/etc/os-release");
  std::string line;
  while (std::getline(release, line)) {
    if (line.starts_with("PRETTY_NAME=\"")) return line.substr(13, line.size() - 14);
  }
  utsname names{};
  return ::uname(&names) == 0 ? fmt::format("{} {}", names.sysname, names.release) : "unknown";
}

}  // namespace

std::string iso_time_now() {
  const std::time_t now = std::time(nullptr);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

nlohmann::ordered_json provenance(const std::string& device) {
  nlohmann::ordered_json record;
  record["imp_version"] = kImpVersion;
  record["git_commit"] = kGitCommit;
  record["git_dirty"] = kGitDirty;
  record["torch_version"] = kTorchVersion;
  record["compiler"] = kCompiler;
  record["host"] = host_name();
  record["os"] = os_name();
  record["cpu"] = cpu_name() + " (" + at::get_cpu_capability() + ")";
  record["gpu"] = device == "cpu" ? "" : device;
  record["threads"] = at::get_num_threads();
  return record;
}

}  // namespace imp::harness
