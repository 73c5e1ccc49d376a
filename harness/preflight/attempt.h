// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "harness/plan/diagnostics.h"
#include "models/io/error.h"

namespace imp::harness {

/// Runs a look at an input. What it refuses (imp::Error, usage) goes to `diagnostics`, each line as
/// `<where>: <key>: <line>`. Returns whether it refused nothing.
template <class Look>
bool attempt(Diagnostics& diagnostics, const Location& where, std::string_view key, const Look& look) {
  try {
    look();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    std::string_view lines = error.what();
    while (!lines.empty()) {
      const std::size_t end = lines.find('\n');
      diagnostics.add(where, std::string(key) + ": " + std::string(lines.substr(0, end)));
      lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    }
    return false;
  }
}

}  // namespace imp::harness
