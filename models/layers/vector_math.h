// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace imp::models {

/// Sixteen numbers that are computed side by side: one register of AVX-512, two of AVX2, four of SSE. A
/// lane's bits depend on that lane alone. Arguments go by reference, since such a type has no calling
/// convention that all machines share; a caller is compiled for the machine at hand (fastest_of).
using Floats [[gnu::vector_size(64)]] = float;
using Ints [[gnu::vector_size(64)]] = int32_t;
inline constexpr int64_t kLanes = 16;

[[gnu::always_inline]] inline void load(Floats& to, const float* from) {
  std::memcpy(&to, from, sizeof(to));
}

[[gnu::always_inline]] inline void store(float* to, const Floats& from) {
  std::memcpy(to, &from, sizeof(from));
}

/// The first `lanes` numbers; zeros beyond.
[[gnu::always_inline]] inline void load_some(Floats& to, const float* from, int64_t lanes) {
  if (lanes == kLanes) return load(to, from);
  to = Floats{};
  std::memcpy(&to, from, static_cast<std::size_t>(lanes) * sizeof(float));
}

[[gnu::always_inline]] inline void store_some(float* to, const Floats& from, int64_t lanes) {
  if (lanes == kLanes) return store(to, from);
  std::memcpy(to, &from, static_cast<std::size_t>(lanes) * sizeof(float));
}

/// The sum of all lanes, in one order.
[[gnu::always_inline]] inline float sum_of(const Floats& x) {
  float sum = 0.0F;
  for (int64_t lane = 0; lane < kLanes; ++lane) sum += x[lane];
  return sum;
}

/// x <- e^x for x <= 0: 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (coefficients of Cephes' expf); 0
/// below -87.
[[gnu::always_inline]] inline void exponential(Floats& x) {
  constexpr float kMagic = 12582912.0F;  // adding 1.5 * 2^23 rounds to a whole number
  const Ints vanishes = x < -87.0F;
  const Floats shifted = x * 1.44269504F + kMagic;
  const Floats n = shifted - kMagic;
  const Floats r = x - n * 0.693359375F - n * -2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1.0F;
  Ints bits, n_bits;
  std::memcpy(&n_bits, &shifted, sizeof(n_bits));
  std::memcpy(&bits, &p, sizeof(bits));
  // The low bits of `shifted` are n; moved up they become an exponent. Shifted as unsigned, so that nothing
  // overflows.
  using Unsigned [[gnu::vector_size(64)]] = uint32_t;
  bits = (Ints)((Unsigned)bits + ((Unsigned)n_bits << 23));
  bits = vanishes ? Ints{} : bits;
  std::memcpy(&x, &bits, sizeof(x));
}

/// x <- x / (1 + e^-u), from e^-|u|, which does not overflow.
[[gnu::always_inline]] inline void times_logistic(Floats& x, const Floats& u) {
  Floats e = u < 0.0F ? u : -u;
  exponential(e);
  const Floats one = Floats{} + 1.0F;
  x = x * (u < 0.0F ? e : one) / (e + 1.0F);
}

/// x <- GELU's tanh form: 0.5 x (1 + tanh(v)) = x / (1 + e^-2v), v = sqrt(2 / pi) (x + 0.044715 x^3).
[[gnu::always_inline]] inline void gelu_tanh(Floats& x) {
  const Floats u = x * (x * x * 0.0713548163F + 1.59576912F);
  times_logistic(x, u);
}

/// x <- x Phi(x). Phi(-t) = 0.5 e^-q(t) for t >= 0, where q is t times a polynomial fitted on [0, 6] so that
/// Phi is off by less than 1.2e-9 before rounding; beyond 6 Phi is taken for 0 or 1.
[[gnu::always_inline]] inline void gelu_erf(Floats& x) {
  const Floats t = x < 0.0F ? -x : x;
  Floats q = t * -3.554938530e-7F + 6.626713457e-6F;
  q = q * t + -5.196823258e-5F;
  q = q * t + 1.970956655e-4F;
  q = q * t + -1.039217568e-5F;
  q = q * t + -4.804284777e-3F;
  q = q * t + 3.634500876e-2F;
  q = q * t + 3.183080554e-1F;
  q = q * t + 7.978847027e-1F;
  const Floats far = Floats{} - 100.0F;
  Floats half = t > 6.0F ? far : q * -t;
  exponential(half);
  half *= 0.5F;
  x *= x < 0.0F ? half : 1.0F - half;
}

/// Of three forms of a function the one that the machine at hand takes fastest.
template <typename Function>
[[nodiscard]] Function fastest_of(Function avx512, Function avx2, Function portable) {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma")) return avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2;
  return portable;
}

}  // namespace imp::models
