// SPDX-License-Identifier: Apache-2.0
// Damaged sweep files: whatever the damage, only imp::Error may come out of the loader, and no crash.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/plan/expand.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/hash.h"
#include "tests/harness/plan/temporary_folder.h"
#include "tests/long.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> originals() {
  std::vector<std::string> texts;
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(IMP_TEST_DATA) / "sweeps" / "bad")) {
    if (entry.path().extension() == ".yaml") texts.push_back(read_file(entry.path()));
  }
  texts.push_back(
      "version: 1\nname: whole\nbaseline: &b\n  lora_alpha: ${lora_rank * 2}\n  conversation: {system: '', "
      "user: U, "
      "assistant: A, turn_end: \"\\n\"}\nvary:\n  grid: {lora_rank: [1, 2], epochs: [1, 2]}\nexclude: "
      "[\"!(epochs == 1) "
      "&& lora_rank > 1\"]\nseeds: [1, 2]\nbenchmarks: [scenetext, {name: textvqa, annotations: a, images: "
      "b, limit: "
      "3}]\n");
  return texts;
}

/// One to four cuts, repeats and replaced bytes, all from the counter.
std::string mutated(std::string text, std::uint64_t counter) {
  static constexpr std::string_view kBytes = "{}[]:,-#&*!|>'\"%@`$ \n\t0aZ<\\\xff\xc3";
  std::uint64_t draw = 0;
  const auto next = [&](std::size_t below) {
    return static_cast<std::size_t>(counter_random(7, counter, draw++) % std::max<std::size_t>(below, 1));
  };
  for (std::size_t edits = 1 + next(4); edits > 0; --edits) {
    const std::size_t at = next(text.size() + 1);
    switch (next(4)) {
      case 0:
        text.erase(at, next(12));
        break;
      case 1:
        text.insert(at, 1 + next(3), kBytes[next(kBytes.size())]);
        break;
      case 2:
        text.insert(at, text.substr(next(text.size()), next(40)));
        break;
      default:
        if (at < text.size()) text[at] = kBytes[next(kBytes.size())];
    }
  }
  return text;
}

TEST(SweepMutations, OnlyImpErrorEscapesTheLoader) {
  const TemporaryFolder folder;
  const std::vector<std::string> texts = originals();
  const std::uint64_t count = test::is_long() ? 20'000 : 2'000;
  std::size_t refused = 0;
  for (std::uint64_t counter = 0; counter < count; ++counter) {
    const std::string text = mutated(texts[counter % texts.size()], counter);
    const fs::path file = folder.write("m.yaml", text);
    try {
      static_cast<void>(load_sweep(file));
    } catch (const Error& error) {
      ++refused;
      ASSERT_NE(std::string(error.what()), "") << text;
      ASSERT_EQ(error.exit_code(), 2) << text;
    } catch (const std::exception& error) {
      FAIL() << error.what() << "\n" << text;
    }
  }
  EXPECT_GT(refused, count / 2);
}

}  // namespace
}  // namespace imp::harness
