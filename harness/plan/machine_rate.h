// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace imp::harness {

/// How many floating-point operations a second this machine's processors do in products of float32 matrices,
/// all threads together, when they do nothing else: a quarter of a second of the product that models answer
/// with (models/layers/panel_product.h), by the processor time that it got.
[[nodiscard]] double measure_product_rate();

}  // namespace imp::harness
