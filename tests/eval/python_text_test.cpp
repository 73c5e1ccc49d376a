// SPDX-License-Identifier: Apache-2.0
#include "eval/text/python_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eval/text/python_float.h"

namespace imp::eval {
namespace {

// Expected values are CPython 3.11's.

TEST(PythonText, LowerFollowsUnicode) {
  EXPECT_EQ(python_lower("\xCE\x91\xCE\xA3 \xCE\xA3\xCE\x91"),
            "\xCE\xB1\xCF\x82 \xCF\x83\xCE\xB1");    // final sigma
  EXPECT_EQ(python_lower("\xC4\xB0"), "i\xCC\x87");  // U+0130
  EXPECT_EQ(python_upper("stra\xC3\x9F"
                         "e"),
            "STRASSE");
}

TEST(PythonText, StripAndSplitKnowUnicodeSpacesAndSeparators) {
  EXPECT_EQ(python_strip("\xC2\xA0\x1C x\xE3\x80\x80"), "x");
  EXPECT_EQ(python_split(" a\x1F"
                         "b\xE2\x80\x83"
                         "c "),
            (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(python_split(" \n").empty());
}

TEST(PythonText, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(first_invalid_utf8("ok \xC3\xA9"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("ab\xC3(").value_or(99), 2U);
  EXPECT_EQ(first_invalid_utf8("\xED\xA0\x80").value_or(99), 0U);  // a surrogate
}

TEST(PythonFloat, AcceptsWhatPythonAccepts) {
  EXPECT_EQ(python_float(" 1_000.5e-1\n"), 100.05);
  EXPECT_EQ(python_float("\xD9\xA1\xD9\xA2"), 12.0);  // Arabic-Indic digits
  EXPECT_EQ(python_float(".5"), 0.5);
  EXPECT_EQ(python_float("5."), 5.0);
  EXPECT_EQ(python_float("-INF"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(python_float("+nan").value_or(0)));
  EXPECT_EQ(python_float("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(python_float("1e-999"), 0.0);
  EXPECT_EQ(python_float("4.9e-324"), 4.9e-324);
}

TEST(PythonFloat, RefusesWhatPythonRefuses) {
  for (const char* text : {"", " ", "_1", "1_", "1__0", "1_.5", "0x10", "1e", "e5", ".", "+-1", "1 2",
                           "1,000", "in", "nan(1)", "infinit",
                           "\x1C"
                           "1",
                           "1f"})
    EXPECT_EQ(python_float(text), std::nullopt) << text;
}

}  // namespace
}  // namespace imp::eval
