// SPDX-License-Identifier: Apache-2.0
#include "harness/lease/process_identity.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "models/io/host_name.h"

namespace imp::harness {
namespace {

/// Start time of a process that runs; 0 for one that does not, or has ended and waits for its parent.
long long start_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The second field, the program's name in parentheses, may hold anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") return 0;
  constexpr int kBetweenStateAndStart = 18;  // fields 4 to 21
  for (int i = 0; i < kBetweenStateAndStart; ++i) fields >> skipped;
  long long start = 0;
  fields >> start;
  return start;
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::string pid_namespace() {
  std::array<char, 64> name{};
  const ssize_t length = ::readlink("/proc/self/ns/pid", name.data(), name.size());
  return length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : "";
}

}  // namespace

ProcessIdentity this_process() {
  return {host_name(), boot_id(), pid_namespace(), ::getpid(), start_of("self")};
}

bool runs_here(const ProcessIdentity& process) {
  return process.host == host_name() && process.boot_id == boot_id() &&
         process.pid_namespace == pid_namespace();
}

bool is_gone(const ProcessIdentity& process) {
  if (!runs_here(process)) return false;
  const long long start = start_of(std::to_string(process.pid));
  // Where /proc hides the processes of others, the kernel still says that there is one.
  if (start == 0 && ::kill(static_cast<pid_t>(process.pid), 0) != 0 && errno == EPERM) return false;
  return start != process.start;
}

nlohmann::ordered_json to_json(const ProcessIdentity& process) {
  return {{"host", process.host},
          {"boot_id", process.boot_id},
          {"pid_namespace", process.pid_namespace},
          {"pid", process.pid},
          {"start", process.start}};
}

ProcessIdentity process_from_json(const nlohmann::json& record) {
  return {record.at("host").get<std::string>(), record.at("boot_id").get<std::string>(),
          record.at("pid_namespace").get<std::string>(), record.at("pid").get<long long>(),
          record.at("start").get<long long>()};
}

}  // namespace imp::harness
