// SPDX-License-Identifier: Apache-2.0
#include "models/device/download.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace imp::models {

Download::Download(const at::Tensor& tensor) : copy_(tensor) {
  if (tensor.is_cpu()) return;
  copy_ = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
  copy_.copy_(tensor, /*non_blocking=*/true);
  const c10::impl::VirtualGuardImpl device(tensor.device().type());
  arrived_.emplace(tensor.device().type());
  arrived_->record(device.getStream(tensor.device()));
}

at::Tensor Download::wait() const {
  if (arrived_) arrived_->synchronize();
  return copy_;
}

}  // namespace imp::models
