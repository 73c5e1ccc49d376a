// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace imp::harness {

/// One process among those of all machines and all their boots: a pid alone is given out again.
struct ProcessIdentity {
  std::string host, boot_id;
  std::string pid_namespace;     ///< pids mean nothing in another one (containers of one machine)
  long long pid = 0, start = 0;  ///< start: in clock ticks since boot, proc(5)

  bool operator==(const ProcessIdentity&) const = default;
};

/// The calling process.
[[nodiscard]] ProcessIdentity this_process();

/// Whether the process is certainly gone: it ran on this machine, in this boot, and is not there any more. A
/// process of another machine is never certainly gone.
[[nodiscard]] bool is_gone(const ProcessIdentity& process);

/// Whether the process runs on this machine.
[[nodiscard]] bool runs_here(const ProcessIdentity& process);

[[nodiscard]] nlohmann::ordered_json to_json(const ProcessIdentity& process);
/// Throws nlohmann::json::exception.
[[nodiscard]] ProcessIdentity process_from_json(const nlohmann::json& record);

}  // namespace imp::harness
