// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/energy_meter.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

namespace fs = std::filesystem;

/// A folder like /sys/class/powercap.
class Energy : public testing::Test {
 protected:
  void set(const std::string& zone, const std::string& name, std::uint64_t microjoules,
           std::uint64_t range = 262143328850) const {
    const fs::path folder = folder_.path() / zone;
    fs::create_directories(folder);
    std::ofstream(folder / "name") << name << "\n";
    std::ofstream(folder / "max_energy_range_uj") << range << "\n";
    std::ofstream(folder / "energy_uj") << microjoules << "\n";
  }
  const TemporaryFolder folder_;
};

TEST_F(Energy, IsWhatThePackagesAndTheirMemoryTook) {
  const auto set_all = [&](std::uint64_t package, std::uint64_t second, std::uint64_t dram,
                           std::uint64_t others) {
    set("intel-rapl:0", "package-0", package);
    set("intel-rapl:1", "package-1", second);
    set("intel-rapl:0:0", "dram", dram);
    set("intel-rapl:0:1", "core", others);          // in the package
    set("intel-rapl:2", "psys", others);            // has the packages in it
    set("intel-rapl-mmio:0", "package-0", others);  // the same package once more
  };
  set_all(1'000'000, 500'000, 10, 0);
  EnergyMeter meter(folder_.path());
  EXPECT_EQ(meter.joules(), 0.0);
  set_all(4'000'000, 1'500'000, 500'010, 99'000'000);
  meter.sample();
  EXPECT_DOUBLE_EQ(meter.joules().value(), 3.0 + 1.0 + 0.5);
}

TEST_F(Energy, GoesOnWhereACounterBeginsAnew) {
  constexpr std::uint64_t kRange = 9'999'999;
  set("intel-rapl:0", "package-0", 9'000'000, kRange);
  EnergyMeter meter(folder_.path());
  std::uint64_t truth = 9'000'000;
  for (int i = 0; i < 5; ++i) {
    truth += 7'000'000;  // more than half of the range each time
    set("intel-rapl:0", "package-0", truth % (kRange + 1), kRange);
    meter.sample();
  }
  EXPECT_DOUBLE_EQ(meter.joules().value(), 35.0);
}

TEST_F(Energy, IsNotKnownWithoutCountersOrWhereOneCannotBeRead) {
  EXPECT_FALSE(EnergyMeter(folder_.path()).joules().has_value()) << "an empty folder";
  EXPECT_FALSE(EnergyMeter(folder_.path() / "absent").joules().has_value());
  set("intel-rapl:0:0", "dram", 5);
  EXPECT_FALSE(EnergyMeter(folder_.path()).joules().has_value()) << "memory alone";
  set("intel-rapl:0", "package-0", 5);
  set("intel-rapl:1", "package-1", 5);
  EnergyMeter meter(folder_.path());
  EXPECT_TRUE(meter.joules().has_value());
  fs::remove(folder_.path() / "intel-rapl:1" / "energy_uj");
  EXPECT_FALSE(EnergyMeter(folder_.path()).joules().has_value());
  meter.sample();
  EXPECT_FALSE(meter.joules().has_value()) << "a counter that went away meanwhile";
}

TEST_F(Energy, ARecorderMeasuresFromItsConstructionOn) {
  set("intel-rapl:0", "package-0", 1'000'000);
  EnergyRecorder recorder(folder_.path());
  set("intel-rapl:0", "package-0", 3'500'000);
  EXPECT_DOUBLE_EQ(recorder.finish().value(), 2.5);
}

}  // namespace
}  // namespace imp::harness
