// SPDX-License-Identifier: Apache-2.0
// LaTeX tables as pdflatex sets them: compiled, and the page's text read back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "results/report/format.h"
#include "tests/results/run_folder.h"

namespace imp::results {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TemporaryFolder;

Table one_column(const std::vector<std::string>& texts) {
  Table table{"<title> | 50 % \"of\" a_b", {{"name", false, {"name"}}}, {}, {"a note: ~x^2 & #1 {y}"}, {}};
  for (const std::string& text : texts) table.rows.push_back({{text, {text}}});
  return table;
}

/// Sets the table on a page; the page's text, and pdflatex's words in `log`.
std::string page_of(const Table& table, std::string& log) {
  const TemporaryFolder folder;
  testing::write_file(folder.path() / "page.tex",
                      "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n\\begin{document}\n" +
                          to_latex(table) + "\\end{document}\n");
  const std::string command = fmt::format(
      "cd '{}' && pdflatex -interaction=nonstopmode -halt-on-error page.tex >out 2>&1 </dev/null && "
      "pdftotext "
      "-layout page.pdf page.txt",
      folder.path().string());
  const int status = std::system(command.c_str());
  log = testing::read_file(folder.path() / "out");
  EXPECT_EQ(WEXITSTATUS(status), 0) << log << "\n(packages-test.txt lists what this test runs)";
  return WEXITSTATUS(status) == 0 ? testing::read_file(folder.path() / "page.txt") : "";
}

/// Blanks around an arrow or a sign are a matter of spacing. An accent that stands apart is joined to its
/// letter.
std::string without_blanks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  const std::string apart = "e\xcc\x81";
  for (std::size_t at = 0; (at = text.find(apart)) != std::string::npos;)
    text.replace(at, apart.size(), "\xc3\xa9");
  return text;
}

TEST(Latex, HostileNamesAreSetAsTheyAre) {
  const std::vector<std::string> names{"a<b>c|d",
                                       "x_y^z~w",
                                       "\\input{/etc/passwd}",
                                       "100 % & #7 $x$",
                                       "--set a=b",
                                       "{unclosed",
                                       "[bracket",
                                       "*star",
                                       "'single' \"double\"",
                                       "`code`?`",
                                       "one,,two",
                                       "caf\xc3\xa9 \xc3\x9f",
                                       "\xe2\x88\x92"
                                       "1.5 \xc2\xb1 0.2",
                                       "a \xe2\x86\x92 b",
                                       "1\xe2\x80\x93"
                                       "2",
                                       "<<>>",
                                       "\\\\ \\hline"};
  std::string log;
  const std::string page = page_of(one_column(names), log);
  const std::string read = without_blanks(page);
  for (const std::string& name : names) EXPECT_THAT(read, HasSubstr(without_blanks(name)));
  EXPECT_THAT(page, HasSubstr("<title> | 50 % \"of\" a_b"));
  EXPECT_THAT(page, HasSubstr("'single' \"double\""));
  EXPECT_THAT(page, HasSubstr("a note: ~x^2 & #1 {y}"));
  EXPECT_THAT(page, Not(HasSubstr("root:")));
}

TEST(Latex, ACharacterWithoutAGlyphIsWrittenOut) {
  std::string log;
  EXPECT_THAT(page_of(one_column({"\xe4\xb8\xad x", "\xf0\x9f\x98\x80", "\xce\xb1"}), log),
              ::testing::AllOf(HasSubstr("U+4E2D x"), HasSubstr("U+1F600"), HasSubstr("U+03B1")));
}

TEST(Latex, AWideTableFitsThePage) {
  Table table{"wide", {}, {{}}, {}, {}};
  for (int c = 0; c < 16; ++c) {
    table.columns.push_back({fmt::format("a long heading {}", c), true, {"x"}});
    table.rows[0].push_back({"+58.2 [+55.8, +60.6]", {0.5}});
  }
  std::string log;
  EXPECT_THAT(page_of(table, log), HasSubstr("a long heading 15"));
  EXPECT_THAT(log, Not(HasSubstr("Overfull")));
  table.columns.resize(2);
  table.rows[0].resize(2);
  page_of(table, log);
  EXPECT_THAT(log, Not(HasSubstr("Overfull")));
}

}  // namespace
}  // namespace imp::results
