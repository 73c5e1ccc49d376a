// SPDX-License-Identifier: Apache-2.0
#include "models/layers/kv_cache.h"

#include <ATen/ATen.h>

namespace imp::models {

KvCache KvCache::select(const at::Tensor& rows) const {
  KvCache chosen;
  for (const at::Tensor& key : keys) chosen.keys.push_back(key.index_select(0, rows));
  for (const at::Tensor& value : values) chosen.values.push_back(value.index_select(0, rows));
  chosen.valid = valid.index_select(0, rows);
  return chosen;
}

}  // namespace imp::models
