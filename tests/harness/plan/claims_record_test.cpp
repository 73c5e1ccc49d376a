// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/claims_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/plan/sweep_file.h"
#include "models/io/error.h"
#include "models/io/file.h"
#include "models/io/sha256.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kClaims =
    "version: 1\nclaims: [{name: a, sweep: s, factor: lora_rank, from: 1, to: 2, direction: higher}]\n";

class ClaimsRecord : public ::testing::Test {
 protected:
  SweepSpec spec() {
    return read_sweep_spec(
        load_sweep_file(folder_.write("sweeps/s.yaml", "version: 1\nname: s\nclaims: claims/c.yaml\n"), {}));
  }
  nlohmann::json entries() {
    return nlohmann::json::parse(read_file(folder_.path() / "runs/s/claims.json"))["entries"];
  }
  TemporaryFolder folder_;
};

TEST_F(ClaimsRecord, KeepsEachTextOnceInTheOrderOfItsTimes) {
  folder_.write("sweeps/claims/c.yaml", kClaims);
  record_claims(spec(), folder_.path() / "runs", "2026-01-01T00:00:00Z");
  record_claims(spec(), folder_.path() / "runs", "2026-01-02T00:00:00Z");
  ASSERT_EQ(entries().size(), 1u);
  EXPECT_EQ(entries()[0]["recorded"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(entries()[0]["text"], kClaims);
  folder_.write("sweeps/claims/c.yaml", kClaims + "# changed\n");
  record_claims(spec(), folder_.path() / "runs", "2026-01-03T00:00:00Z");
  ASSERT_EQ(entries().size(), 2u);
  EXPECT_EQ(entries()[0]["text"], kClaims);
  EXPECT_EQ(entries()[1]["recorded"], "2026-01-03T00:00:00Z");
  EXPECT_EQ(entries()[1]["sha256"], sha256(kClaims + "# changed\n"));
}

TEST_F(ClaimsRecord, IsNotReplacedWhenItCannotBeRead) {
  folder_.write("sweeps/claims/c.yaml", kClaims);
  folder_.write("runs/s/claims.json", "{\"entries\": ");
  EXPECT_THROW(record_claims(spec(), folder_.path() / "runs", "2026-01-01T00:00:00Z"), Error);
  EXPECT_EQ(read_file(folder_.path() / "runs/s/claims.json"), "{\"entries\": ");
}

TEST_F(ClaimsRecord, ASweepWithoutClaimsHasNone) {
  record_claims(read_sweep_spec(load_sweep_file(folder_.write("s.yaml", "version: 1\nname: s\n"), {})),
                folder_.path() / "runs", "2026-01-01T00:00:00Z");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "runs"));
}

TEST_F(ClaimsRecord, MistakesOfTheClaimsFileAreToldBeforeTimeIsSpent) {
  const auto told = [&] {
    Diagnostics diagnostics;
    check_claims(spec(), diagnostics);
    try {
      diagnostics.throw_if_any();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(told(), AllOf(HasSubstr("s.yaml:3:9: claims names"), HasSubstr("c.yaml: no such file")));
  folder_.write("sweeps/claims/c.yaml", "version: 1\nclaims: [{nme: a}]\n");
  EXPECT_THAT(told(), HasSubstr("c.yaml:2:11: unknown key 'nme'"));
  folder_.write("sweeps/claims/c.yaml", kClaims);
  EXPECT_EQ(told(), "");
}

TEST_F(ClaimsRecord, AParentsClaimsAreNotItsChilds) {
  folder_.write("parent.yaml", "version: 1\nname: p\nclaims: c.yaml\n");
  const auto child = folder_.write("child.yaml", "version: 1\nname: s\nextends: parent.yaml\n");
  EXPECT_TRUE(read_sweep_spec(load_sweep_file(child, {})).claims.empty());
}

// FIPS 180-4's examples and what sha256sum prints.
TEST(Sha256, IsThatOfItsStandard) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace imp::harness
