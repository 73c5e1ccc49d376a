// SPDX-License-Identifier: Apache-2.0
#include "results/claims/claims_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/store_error.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string mistakes(const std::string& text) {
  try {
    static_cast<void>(parse_claims(text, "c.yaml"));
  } catch (const StoreError& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "";
}

/// A file of one claim with these lines in it.
std::string one_claim(const std::string& lines) {
  return "version: 1\nclaims:\n  - name: a\n    sweep: s\n    factor: lora_rank\n    from: 128\n    to: "
         "256\n" +
         lines;
}

TEST(ClaimsFile, AClaimIsReadWithPointsAsFractions) {
  const auto claims = parse_claims(one_claim("    direction: same\n    size: -0.1\n    margin: 0.5\n    "
                                             "benchmark: gqa\n    section: \"3.2\"\n    says: "
                                             "Nothing more\n    where: {llm: phi, epochs: 2}\n"),
                                   "c.yaml");
  ASSERT_EQ(claims.size(), 1u);
  const Claim& claim = claims[0];
  EXPECT_EQ(claim.name + claim.sweep + claim.factor + claim.from + claim.to, "aslora_rank128256");
  EXPECT_EQ(claim.direction, Direction::same);
  EXPECT_DOUBLE_EQ(*claim.size, -0.001);
  EXPECT_DOUBLE_EQ(*claim.margin, 0.005);
  EXPECT_EQ(claim.benchmark + claim.section + claim.says, "gqa3.2Nothing more");
  EXPECT_EQ(claim.where, (std::map<std::string, std::string>{{"epochs", "2"}, {"llm", "phi"}}));
  EXPECT_EQ(parse_claims(one_claim("    direction: higher\n"), "c.yaml")[0].benchmark, "average");
}

TEST(ClaimsFile, TheStudysFileIsRead) {
  const auto claims = parse_claims(read_claims_text(IMP_SOURCE "/sweeps/claims/imp.yaml"), "imp.yaml");
  EXPECT_GE(claims.size(), 10u);
}

TEST(ClaimsFile, EveryMistakeIsToldAtItsPlace) {
  EXPECT_EQ(mistakes(one_claim("    direction: higher\n    sise: 2\n    to: 512\n")),
            "c.yaml:9:5: unknown key 'sise' in a claim; did you mean 'size'?\n"
            "c.yaml:10:5: duplicate key 'to'; remove one of them");
  EXPECT_EQ(mistakes(one_claim("    direction: hihger\n")),
            "c.yaml:8:16: direction 'hihger' is not known; did you mean 'higher'?");
  EXPECT_EQ(mistakes(one_claim("    direction: smae\n    margin: 1\n")),
            "c.yaml:8:16: direction 'smae' is not known; did you mean 'same'?");
  EXPECT_THAT(mistakes(one_claim("    direction: same\n")),
              HasSubstr("c.yaml:3:5: direction same needs a margin"));
  EXPECT_THAT(mistakes(one_claim("    direction: higher\n    margin: 1\n")),
              HasSubstr("margin belongs to direction same"));
  EXPECT_THAT(mistakes(one_claim("    direction: same\n    margin: -1\n")),
              HasSubstr("c.yaml:9:13: margin must be"));
  EXPECT_THAT(mistakes(one_claim("    direction: lower\n    size: 2\n")), HasSubstr("the other sign"));
  for (const char* size : {"nan", "inf", "1e3", "two", "[1]", ""})
    EXPECT_THAT(mistakes(one_claim("    direction: higher\n    size: " + std::string(size) + "\n")),
                HasSubstr("size must be a number of points"))
        << size;
  EXPECT_THAT(mistakes("version: 1\nclaims:\n  - {name: a}\n"),
              HasSubstr("c.yaml:3:5: a claim lacks its sweep; add"));
  EXPECT_THAT(mistakes(one_claim("    direction: higher\n") + one_claim("    direction: lower\n").substr(19)),
              HasSubstr("the claim 'a' stands twice"));
}

TEST(ClaimsFile, WhatIsNoClaimsFileIsRefused) {
  EXPECT_THAT(mistakes(""), HasSubstr("c.yaml:1:1: a claims file must be a map"));
  EXPECT_THAT(mistakes("- 1\n"), HasSubstr("must be a map"));
  EXPECT_THAT(mistakes("version: 2\nclaims: []\n"), HasSubstr("version must be 1"));
  EXPECT_THAT(mistakes("claims: 3\n"), HasSubstr("version is missing"));
  EXPECT_THAT(mistakes("version: 1\nclaims: [\n"), StartsWith("c.yaml:"));
  EXPECT_THAT(mistakes(std::string(5000, '[')), HasSubstr("not valid YAML"));
  EXPECT_THAT(mistakes("version: 1\nclaims: [{? [1] : 2}]\n"), HasSubstr("a key must be a word"));
  EXPECT_THROW(static_cast<void>(read_claims_text("/dev/null")), StoreError);
  EXPECT_THROW(static_cast<void>(read_claims_text("nowhere.yaml")), StoreError);
}

}  // namespace
}  // namespace imp::results
