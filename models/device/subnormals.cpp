// SPDX-License-Identifier: Apache-2.0
#include "models/device/subnormals.h"

#include <ATen/Context.h>

namespace imp::models {

void flush_subnormals() {
  at::globalContext().setFlushDenormal(true);
}

}  // namespace imp::models
