// SPDX-License-Identifier: Apache-2.0
#include "models/generation/shared_opening.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace imp::models {

int64_t SharedOpening::put(const std::vector<int64_t>& prefix_ids, int64_t pages_to_leave, Segment& segment) {
  const auto picture = std::find(prefix_ids.begin(), prefix_ids.end(), image_token_);
  const auto length = static_cast<int64_t>(picture - prefix_ids.begin());
  if (length == 0 || picture == prefix_ids.end()) return 0;
  if (!segment_ || !std::equal(ids_.begin(), ids_.end(), prefix_ids.begin(), picture)) {
    release();
    if (pages_for(length) + pages_to_leave > decoder_.pool().available()) return 0;
    ids_.assign(prefix_ids.begin(), picture);
    segment_ = std::make_unique<Segment>(decoder_.pool(), length);
    (void)decoder_.run({{ids_, {}, segment_.get(), nullptr, 0}});
  }
  segment.copy_from(*segment_);
  return length;
}

bool SharedOpening::release() {
  const bool held = segment_ != nullptr;
  segment_.reset();
  return held;
}

}  // namespace imp::models
