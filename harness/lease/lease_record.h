// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/lease/process_identity.h"

namespace imp::harness {

/// Who holds a lease.
struct LeaseOwner {
  ProcessIdentity process;
  std::string token;  ///< of this one lease: 16 hexadecimal digits at random
};

[[nodiscard]] std::string random_token();

/// A lease file's content, one line of JSON whose last value is the number of heartbeats (0). All contents of
/// a lease have the same length, so that it can be written over in place.
[[nodiscard]] std::string lease_record(const LeaseOwner& owner);
[[nodiscard]] std::string with_beat(const std::string& record, long long beat);

/// Nothing where the content is none of a lease's: then only time tells whether it is held.
[[nodiscard]] std::optional<LeaseOwner> owner_of(std::string_view content);

}  // namespace imp::harness
