// SPDX-License-Identifier: Apache-2.0
// What a person is told of a driver, with a driver of the test's own in the place of NVIDIA's.
#include "models/device/gpu_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <optional>
#include <string>

namespace imp::models {
namespace {

/// A driver's answers, and what the probe makes of them.
struct Case {
  const char* name;
  std::string driver;                  ///< IMP_FAKE_DRIVER
  std::optional<std::string> visible;  ///< CUDA_VISIBLE_DEVICES
  bool usable = false;
  std::string said;
};

void PrintTo(const Case& test_case, std::ostream* out) {
  *out << test_case.name;
}

/// Runs the probe in a process of its own, since a library once opened stays the same. Its exit code and
/// output.
std::pair<int, std::string> probe(const std::string& environment) {
  std::FILE* const pipe = ::popen(("env " + environment + " " IMP_PROBE).c_str(), "r");
  if (pipe == nullptr) return {-1, ""};
  std::string text;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    text.append(buffer, count);
  const int status = ::pclose(pipe);
  return {WEXITSTATUS(status), text};
}

class Drivers : public testing::TestWithParam<Case> {};

TEST_P(Drivers, AreToldAsTheyAre) {
  const Case& test_case = GetParam();
  std::string environment = "-u CUDA_VISIBLE_DEVICES LD_LIBRARY_PATH=" IMP_FAKE_DRIVER_FOLDER
                            " IMP_FAKE_DRIVER='" +
                            test_case.driver + "'";
  if (test_case.visible) environment += " CUDA_VISIBLE_DEVICES='" + *test_case.visible + "'";
  const auto [code, said] = probe(environment);
  EXPECT_EQ(code, test_case.usable ? 0 : 1);
  EXPECT_EQ(said, test_case.said);
}

INSTANTIATE_TEST_SUITE_P(
    All, Drivers,
    testing::Values(
        Case{"Healthy", "", {}, true, "NVIDIA H200, 139.8 GiB, driver 580.159.03, bfloat16"},
        Case{"SecondOfTwo", "gpus=2", "1", true, "NVIDIA H200, 139.8 GiB, driver 580.159.03, bfloat16"},
        Case{"Turing",
             "name=Tesla T4;capability=75;memory=15828320256",
             {},
             true,
             "Tesla T4, 14.7 GiB, driver 580.159.03, no bfloat16"},
        Case{"WithoutManagementLibrary",
             "nvml=12",
             {},
             true,
             "NVIDIA H200, 139.8 GiB, driver unknown version, bfloat16"},
        Case{"Volta",
             "name=Tesla V100;capability=70",
             {},
             false,
             "Tesla V100 has compute capability 7.0; LibTorch's libraries need 7.5"},
        Case{"OldDriver",
             "cuda=12040;driver=550.54.14",
             {},
             false,
             "the NVIDIA driver 550.54.14 supports CUDA 12.4; LibTorch's libraries need 13.0, which driver "
             "580 has"},
        Case{"NoGpu", "gpus=0", {}, false, "the NVIDIA driver finds no GPU on this machine"},
        Case{"NoneVisible", "", "", false,
             "CUDA_VISIBLE_DEVICES='' names no GPU of this machine; unset it, or name one"},
        Case{"AnotherVisible", "gpus=2", "5", false,
             "CUDA_VISIBLE_DEVICES='5' names no GPU of this machine; unset it, or name one"},
        Case{"Mismatch",
             "init=803",
             {},
             false,
             "the NVIDIA driver's kernel module and its library libcuda.so.1 have different versions; "
             "reboot, or "
             "install them alike"},
        Case{"Unknown", "init=999", {}, false, "the NVIDIA driver does not start (CUDA error 999)"}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(NoDriver, IsToldByTheLibraryThatIsMissing) {
  const auto [code, said] = probe("-u LD_LIBRARY_PATH -u CUDA_VISIBLE_DEVICES");
  if (code == 0 || said.find("libcuda.so.1") == std::string::npos)
    GTEST_SKIP() << "this machine has one: " << said;
  EXPECT_EQ(said, "this machine has no NVIDIA driver (libcuda.so.1)");
}

}  // namespace
}  // namespace imp::models
