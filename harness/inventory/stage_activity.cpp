// SPDX-License-Identifier: Apache-2.0
#include "harness/inventory/stage_activity.h"

#include <algorithm>

#include "harness/inventory/folder_content.h"
#include "harness/lease/lease.h"
#include "harness/plan/stage_request.h"

namespace imp::harness {
namespace fs = std::filesystem;

bool is_recent(fs::file_time_type written) {
  return fs::file_time_type::clock::now() - written < kRecently;
}

bool is_being_made(const fs::path& stages, const std::string& stage) {
  if (Leases(stages).holder(stage)) return true;
  std::error_code error;
  const fs::directory_iterator entries(stages, error);
  return std::any_of(fs::begin(entries), fs::end(entries), [&](const fs::directory_entry& entry) {
    return is_attempt_at(entry.path().filename().string(), stage) &&
           is_recent(content_of(entry.path()).written);
  });
}

}  // namespace imp::harness
