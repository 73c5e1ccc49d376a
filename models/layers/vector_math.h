// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace imp::models {

/// BYTES / 4 numbers that are computed side by side in one register: 64 bytes for AVX-512, 32 for AVX2, 16
/// for SSE. (The compiler takes a wider type apart, and its comparisons lane by lane.) A lane's bits depend
/// on that lane alone. Arguments go by reference, since such a type has no calling convention that all
/// machines share; a caller is compiled for the machine at hand (cpu_kernels.h).
template <int BYTES>
struct Vector {
  using Type [[gnu::vector_size(BYTES)]] = float;
  using Unsigned [[gnu::vector_size(BYTES)]] = uint32_t;
};

/// Numbers in a vector.
template <typename V>
inline constexpr int64_t kLanes = static_cast<int64_t>(sizeof(V) / sizeof(float));

template <typename V>
[[gnu::always_inline]] inline void load(V& to, const float* from) {
  std::memcpy(&to, from, sizeof(to));
}

template <typename V>
[[gnu::always_inline]] inline void store(float* to, const V& from) {
  std::memcpy(to, &from, sizeof(from));
}

/// Copies a few numbers without a call, where a call of memcpy would cost more than the copy.
[[gnu::always_inline]] inline void copy_channels(const float* from, int64_t count, float* to) {
  using Four = Vector<16>::Type;
  int64_t i = 0;
  for (; i + kLanes<Four> <= count; i += kLanes<Four>) {
    Four four;
    load(four, from + i);
    store(to + i, four);
  }
  for (; i < count; ++i) to[i] = from[i];
}

/// Both halves of a vector.
template <typename V>
struct Halves {
  typename Vector<static_cast<int>(sizeof(V) / 2)>::Type low, high;

  [[gnu::always_inline]] explicit Halves(const V& x) {
    std::memcpy(&low, &x, sizeof(low));
    std::memcpy(&high, reinterpret_cast<const char*>(&x) + sizeof(low), sizeof(high));
  }
};

/// The sum of all lanes, half by half.
template <typename V>
[[gnu::always_inline]] inline float sum_of(const V& x) {
  if constexpr (kLanes<V> == 4) {
    return (x[0] + x[2]) + (x[1] + x[3]);
  } else {
    const Halves<V> halves(x);
    return sum_of(halves.low + halves.high);
  }
}

/// The largest lane; none may be no number.
template <typename V>
[[gnu::always_inline]] inline float largest_of(const V& x) {
  if constexpr (kLanes<V> == 4) {
    return std::max(std::max(x[0], x[2]), std::max(x[1], x[3]));
  } else {
    const Halves<V> halves(x);
    return largest_of(halves.low > halves.high ? halves.low : halves.high);
  }
}

inline constexpr float kRounding = 12582912.0F;  ///< adding 1.5 * 2^23 rounds to a whole number
inline constexpr float kLog2E = 1.44269504F;

/// x <- 2^(n + x) for x in [-1/2, 1/2] and the whole number n in the low bits of `shifted` = n + kRounding:
/// 2^x is a minimax polynomial, off by 2e-9 before rounding.
template <typename V>
[[gnu::always_inline]] inline void power_of_two(V& x, const V& shifted) {
  V p = x * 1.534581201e-4F + 1.339993122e-3F;
  p = p * x + 9.618488957e-3F;
  p = p * x + 5.550328777e-2F;
  p = p * x + 2.402264689e-1F;
  p = p * x + 6.931472057e-1F;
  p = p * x + 1.0F;
  // Moved up, n becomes an exponent; as unsigned, so that nothing overflows.
  typename Vector<static_cast<int>(sizeof(V))>::Unsigned bits, n;
  std::memcpy(&n, &shifted, sizeof(n));
  std::memcpy(&bits, &p, sizeof(bits));
  bits += n << 23;
  std::memcpy(&x, &bits, sizeof(x));
}

/// x <- e^x for x <= 0; 0 below -87.
template <typename V>
[[gnu::always_inline]] inline void exponential(V& x) {
  const V shifted = x * kLog2E + kRounding;
  V power = x * kLog2E - (shifted - kRounding);
  power_of_two(power, shifted);
  x = x < -87.0F ? V{} : power;
}

/// x <- x / (1 + 2^t), which is x times the logistic function of -t ln 2; t is taken for +-126 beyond.
template <typename V>
[[gnu::always_inline]] inline void over_one_plus_power(V& x, const V& t) {
  const V most = V{} + 126.0F;
  V power = t > most ? most : t;
  power = power < -most ? -most : power;
  const V shifted = power + kRounding;
  power -= shifted - kRounding;
  power_of_two(power, shifted);
  x /= power + 1.0F;
}

/// x <- x times the logistic function of factor * x.
template <typename V>
[[gnu::always_inline]] inline void times_logistic(V& x, float factor) {
  over_one_plus_power<V>(x, x * (-kLog2E * factor));
}

/// x <- GELU's tanh form: 0.5 x (1 + tanh(v)) = x / (1 + e^-2v), v = sqrt(2 / pi) (x + 0.044715 x^3).
template <typename V>
[[gnu::always_inline]] inline void gelu_tanh(V& x) {
  over_one_plus_power<V>(x, x * (x * x * (-kLog2E * 0.0713548163F) - kLog2E * 1.59576912F));
}

/// x <- x Phi(x). Phi(-t) = 0.5 e^-q(t) for t >= 0, where q is t times a polynomial fitted on [0, 6] so that
/// Phi is off by less than 1.2e-9 before rounding; beyond 6 Phi is taken for 0 or 1.
template <typename V>
[[gnu::always_inline]] inline void gelu_erf(V& x) {
  const V t = x < 0.0F ? -x : x;
  V q = t * -3.554938530e-7F + 6.626713457e-6F;
  q = q * t + -5.196823258e-5F;
  q = q * t + 1.970956655e-4F;
  q = q * t + -1.039217568e-5F;
  q = q * t + -4.804284777e-3F;
  q = q * t + 3.634500876e-2F;
  q = q * t + 3.183080554e-1F;
  q = q * t + 7.978847027e-1F;
  const V far = V{} - 100.0F;
  V half = t > 6.0F ? far : q * -t;
  exponential(half);
  half *= 0.5F;
  x *= x < 0.0F ? half : 1.0F - half;
}

}  // namespace imp::models
