// SPDX-License-Identifier: Apache-2.0
// Rotation of packed queries and keys (rotary_kernel.h), compiled on the machine that has a GPU (device/gpu_kernel.h).
// What a thread does stands in functions that are plain C++ too; a test includes this file and runs them on the CPU.
// Definitions: NUMBER, the numbers' type (float, or unsigned short for bfloat16); VECTOR, the numbers that a thread
// moves at once.
#ifndef DEVICE
#define DEVICE __device__ __forceinline__
#endif

struct alignas(sizeof(NUMBER) * VECTOR) Numbers {
  NUMBER at[VECTOR];
};

DEVICE float wide(float x) { return x; }
DEVICE float wide(unsigned short x) {
  union { unsigned int bits; float value; } number;
  number.bits = static_cast<unsigned int>(x) << 16;
  return number.value;
}
DEVICE void round_to(float x, float& to) { to = x; }
// To the nearest, ties to even.
DEVICE void round_to(float x, unsigned short& to) {
  union { float value; unsigned int bits; } number;
  number.value = x;
  const unsigned int odd = (number.bits >> 16) & 1u;
  to = x != x ? 0x7fc0 : static_cast<unsigned short>((number.bits + 0x7fffu + odd) >> 16);
}

DEVICE Numbers load(const NUMBER* from) { return *reinterpret_cast<const Numbers*>(from); }
DEVICE void store(NUMBER* to, const Numbers& numbers) { *reinterpret_cast<Numbers*>(to) = numbers; }

// x * cos + sign * other * sin, number by number.
DEVICE Numbers turned(const Numbers& x, const Numbers& other, const Numbers& cos, const Numbers& sin, float sign) {
  Numbers y;
  for (int i = 0; i < VECTOR; ++i)
    round_to(wide(x.at[i]) * wide(cos.at[i]) + sign * wide(other.at[i]) * wide(sin.at[i]), y.at[i]);
  return y;
}

// Work `place`: VECTOR pairs of channels of one head of one row.
DEVICE void rotate_place(long long place, NUMBER* rows, const NUMBER* cosines, const NUMBER* sines, int rotated,
                         int dim, int width, int half) {
  const int parts = half / VECTOR;
  const int channel = static_cast<int>(place % parts) * VECTOR;
  const int head = static_cast<int>(place / parts % rotated);
  const long long row = place / parts / rotated;
  NUMBER* const first = rows + row * width + static_cast<long long>(head) * dim + channel;
  const Numbers a = load(first), b = load(first + half);
  const Numbers cos = load(cosines + row * half + channel), sin = load(sines + row * half + channel);
  store(first, turned(a, b, cos, sin, -1.0f));
  store(first + half, turned(b, a, cos, sin, 1.0f));
}

// Work `place`: VECTOR channels of one head of one row of the output.
DEVICE void unrotate_place(long long place, const NUMBER* query, const NUMBER* key, const NUMBER* value,
                           const NUMBER* cosines, const NUMBER* sines, NUMBER* rows, int heads, int kv_heads,
                           int dim, int half) {
  const int parts = dim / VECTOR, all = heads + 2 * kv_heads;
  const int channel = static_cast<int>(place % parts) * VECTOR;
  const int head = static_cast<int>(place / parts % all);
  const long long row = place / parts / all;
  const NUMBER* from = query + (row * heads + head) * dim;
  if (head >= heads) from = key + (row * kv_heads + head - heads) * dim;
  if (head >= heads + kv_heads) from = value + (row * kv_heads + head - heads - kv_heads) * dim;
  Numbers numbers = load(from + channel);
  if (head < heads + kv_heads && channel < 2 * half) {
    const bool is_first = channel < half;
    const int pair = is_first ? channel : channel - half;
    const Numbers other = load(from + (is_first ? channel + half : pair));
    numbers = turned(numbers, other, load(cosines + row * half + pair), load(sines + row * half + pair),
                     is_first ? 1.0f : -1.0f);
  }
  store(rows + (row * all + head) * dim + channel, numbers);
}

#ifdef __CUDACC_RTC__
extern "C" __global__ void rotate_rows(long long places, NUMBER* rows, const NUMBER* cosines, const NUMBER* sines,
                                       int rotated, int dim, int width, int half) {
  const long long place = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (place < places) rotate_place(place, rows, cosines, sines, rotated, dim, width, half);
}

extern "C" __global__ void unrotate_rows(long long places, const NUMBER* query, const NUMBER* key,
                                         const NUMBER* value, const NUMBER* cosines, const NUMBER* sines,
                                         NUMBER* rows, int heads, int kv_heads, int dim, int half) {
  const long long place = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (place < places)
    unrotate_place(place, query, key, value, cosines, sines, rows, heads, kv_heads, dim, half);
}
#endif
