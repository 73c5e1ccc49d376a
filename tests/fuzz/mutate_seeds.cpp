// SPDX-License-Identifier: Apache-2.0
// Where libFuzzer is not at hand: runs a fuzz target on each seed cut off at every length and with single
// bytes, and pairs of them, changed in many places. The same inputs every time. usage: TARGET SEED_FOLDER
// [most cases a seed and kind, 1500]
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "models/io/hash.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

void run(const Bytes& bytes) {
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::size_t mutate(const Bytes& seed, std::size_t most) {
  std::size_t cases = 1;
  run(seed);
  const std::size_t step = seed.size() / most + 1;
  for (std::size_t length = 0; length < seed.size(); length += step, ++cases) {
    run({seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(length)});
  }
  for (std::size_t place = 0; place < seed.size(); place += step) {
    for (const std::uint8_t value : {0x00, 0x01, 0x22, 0x39, 0x7f, 0x80, 0xff}) {
      Bytes changed = seed;
      changed[place] = value;
      run(changed);
      ++cases;
    }
  }
  for (std::uint64_t i = 0; i < most && !seed.empty(); ++i, ++cases) {
    Bytes changed = seed;
    for (const std::uint64_t half : {0, 1}) {
      const std::uint64_t random = imp::counter_random(1, i, half);
      changed[(random >> 8) % changed.size()] = static_cast<std::uint8_t>(random);
    }
    run(changed);
  }
  return cases;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::size_t most = argc > 2 ? std::stoul(argv[2]) : 1500;
  std::size_t seeds = 0, cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    cases += mutate(Bytes(std::istreambuf_iterator<char>(file), {}), most);
    ++seeds;
  }
  std::printf("%zu cases of %zu seeds\n", cases, seeds);
  return seeds > 0 ? 0 : 1;
}
