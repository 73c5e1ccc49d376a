// SPDX-License-Identifier: Apache-2.0
// Rotated queries, and tokens put into a cache (cache_kernel.h). Compiled behind rotary_kernel.cu, whose numbers and
// definitions it shares.

// VECTOR channels of a head, rotated.
DEVICE Numbers rotated_channels(const NUMBER* head, const NUMBER* cosines, const NUMBER* sines, int channel,
                                int half) {
  const Numbers numbers = load(head + channel);
  if (channel >= 2 * half) return numbers;
  const bool is_first = channel < half;
  const int pair = is_first ? channel : channel - half;
  const Numbers other = load(head + (is_first ? channel + half : pair));
  return turned(numbers, other, load(cosines + pair), load(sines + pair), is_first ? -1.0f : 1.0f);
}

// Work `place`: VECTOR channels of one head of one query. angle_rows: the angles' row of each query; null: its own.
DEVICE void query_place(long long place, const NUMBER* query, const NUMBER* cosines, const NUMBER* sines,
                        const long long* angle_rows, NUMBER* out, int heads, int dim, int half) {
  const int parts = dim / VECTOR;
  const int channel = static_cast<int>(place % parts) * VECTOR;
  const long long head = place / parts, row = head / heads;
  const long long angles = (angle_rows == nullptr ? row : angle_rows[row]) * half;
  store(out + head * dim + channel,
        rotated_channels(query + head * dim, cosines + angles, sines + angles, channel, half));
}

// Work `place`: VECTOR channels of one head of one token's key and value. fresh: the rotated keys once more, in a row.
DEVICE void token_place(long long place, const NUMBER* key, const NUMBER* value, const NUMBER* cosines,
                        const NUMBER* sines, const long long* slots, NUMBER* keys, NUMBER* values, NUMBER* fresh,
                        int kv_heads, int dim, int half) {
  const int parts = dim / VECTOR;
  const int channel = static_cast<int>(place % parts) * VECTOR;
  const long long head = place / parts, row = head / kv_heads;
  const long long from = head * dim + channel;
  const long long to = (slots[row] * kv_heads + head % kv_heads) * dim + channel;
  const Numbers rotated =
      rotated_channels(key + head * dim, cosines + row * half, sines + row * half, channel, half);
  store(fresh + from, rotated);
  store(keys + to, rotated);
  store(values + to, load(value + from));
}

#ifdef __CUDACC_RTC__
extern "C" __global__ void rotate_queries(long long places, const NUMBER* query, const NUMBER* cosines,
                                          const NUMBER* sines, const long long* angle_rows, NUMBER* out, int heads,
                                          int dim, int half) {
  const long long place = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (place < places) query_place(place, query, cosines, sines, angle_rows, out, heads, dim, half);
}

extern "C" __global__ void put_tokens(long long places, const NUMBER* key, const NUMBER* value,
                                      const NUMBER* cosines, const NUMBER* sines, const long long* slots,
                                      NUMBER* keys, NUMBER* values, NUMBER* fresh, int kv_heads, int dim, int half) {
  const long long place = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (place < places)
    token_place(place, key, value, cosines, sines, slots, keys, values, fresh, kv_heads, dim, half);
}
#endif
