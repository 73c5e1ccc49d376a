// SPDX-License-Identifier: Apache-2.0
// A disk that refuses one write, fsync or rename ends a run with one line or costs it nothing; the next start
// goes on to the same results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>

#include "models/io/hash.h"
#include "tests/faults/sweep_results.h"
#include "tests/long.h"

namespace imp::test {
namespace {

constexpr uint64_t kSeed = 20'261'128;
const TinySweep::Settings kShort{{"connector_max_steps", "4"}, {"max_steps", "4"}, {"checkpoint_every", "1"}};

const TinySweep& undisturbed() {
  static const TinySweep sweep(kShort);
  static const Finished finished = sweep.run();
  if (finished.exit_code != 0) throw std::runtime_error("the undisturbed run failed: " + finished.err);
  return sweep;
}

/// Programs started in its life meet the failing call.
class FailingCalls {
 public:
  FailingCalls(const std::string& call, const std::filesystem::path& below) {
    ::setenv("LD_PRELOAD", IMP_FAILING_CALLS, 1);
    ::setenv("IMP_FAILING_CALL", call.c_str(), 1);
    ::setenv("IMP_FAILING_BELOW", below.c_str(), 1);
  }
  ~FailingCalls() {
    for (const char* name : {"LD_PRELOAD", "IMP_FAILING_CALL", "IMP_FAILING_BELOW"}) ::unsetenv(name);
  }
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;
};

class FailingCall : public testing::TestWithParam<std::tuple<const char*, int>> {};

TEST_P(FailingCall, EndsWithOneLineOrCostsNothingAndTheNextStartGoesOn) {
  const auto [kind, error] = GetParam();
  int failed = 0;
  for (uint64_t i = 0; i < (is_long() ? 24U : 4U); ++i) {
    const TinySweep sweep(kShort);
    sweep.take_pictures_of(undisturbed());
    const uint64_t number = 1 + counter_random(kSeed, static_cast<uint64_t>(error), i) % 60;
    SCOPED_TRACE(testing::Message() << kind << " number " << number << " fails with " << error);
    {
      const FailingCalls calls(std::string(kind) + ":" + std::to_string(number) + ":" + std::to_string(error),
                               sweep.runs());
      const Finished finished = sweep.run();
      if (finished.exit_code != 0) {
        ++failed;
        EXPECT_EQ(finished.exit_code, 3) << finished.err;
        EXPECT_EQ(finished.out, "");
        expect_one_clear_line(finished.err);
      }
    }
    expect_stages_whole(sweep.runs());
    const Finished finished = sweep.run();
    ASSERT_EQ(finished.exit_code, 0) << finished.err;
    expect_as_if_undisturbed(sweep, undisturbed());
  }
  EXPECT_GT(failed, 0) << "no call that matters failed";
}

INSTANTIATE_TEST_SUITE_P(OfTheDisk, FailingCall,
                         testing::Combine(testing::Values("write", "fsync", "rename"),
                                          testing::Values(ENOSPC, EIO)));

}  // namespace
}  // namespace imp::test
