// SPDX-License-Identifier: Apache-2.0
// imp-report on a terminal: run behind a pseudo-terminal of a given width.
#include "results/report/terminal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "results/report/display.h"
#include "tests/results/imp_report_program.h"

namespace imp::results {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBold = "\x1b[1m";

/// What a shell command prints on a terminal so many columns wide; line ends as a file has them.
std::string on_terminal(const std::string& command, unsigned short columns) {
  winsize size{};
  size.ws_row = 50;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t read = 0; (read = ::read(terminal, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(read));
  ::close(terminal);
  ::waitpid(child, nullptr, 0);
  std::erase(text, '\r');
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string without_bold(std::string text) {
  for (const std::string& escape : {std::string(kBold), std::string("\x1b[0m")}) {
    for (std::size_t at = 0; (at = text.find(escape)) != std::string::npos;) text.erase(at, escape.size());
  }
  return text;
}

class Terminal : public testing::ReportProgram {
 protected:
  void SetUp() override { make_database(); }
  [[nodiscard]] std::string report(const std::string& environment, const std::string& arguments,
                                   unsigned short columns) const {
    return on_terminal(
        "cd '" + folder_.path().string() + "' && " + environment + " '" IMP_BIN "/imp-report' " + arguments,
        columns);
  }
};

TEST_F(Terminal, NoLineIsLongerThanTheTerminalAndNothingIsLost) {
  for (const unsigned short columns : {60, 80, 120, 200}) {
    const std::string text = without_bold(report("TERM=xterm", "", columns));
    for (const std::string& line : lines_of(text)) EXPECT_LE(display_width(line), columns) << line;
    for (const char* part : {"scenetext ± 95 %", "over blind [95 %]", "trained parameters", "12,500", "13 s",
                             "60.0 ± 63.5", "1 of 3", "ranks: effects"}) {
      EXPECT_THAT(text, HasSubstr(part)) << columns;
    }
    EXPECT_THAT(text, Not(HasSubstr("|--")));
  }
}

TEST_F(Terminal, TheBestIsBoldUnlessColourIsUnwanted) {
  EXPECT_THAT(report("TERM=xterm", "", 80), HasSubstr("\x1b[1m60.0 ± 63.5\x1b[0m"));
  EXPECT_THAT(report("NO_COLOR= TERM=xterm", "", 80), HasSubstr(kBold)) << "empty counts as not set";
  for (const char* environment : {"NO_COLOR=1 TERM=xterm", "TERM=dumb", "env -u TERM"})
    EXPECT_THAT(report(environment, "", 80), AllOf(HasSubstr("60.0 ± 63.5"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(report("TERM=xterm", "--format text -o out.txt && cat out.txt", 200),
              AllOf(HasSubstr("60.0 ± 63.5"), Not(HasSubstr("\x1b"))));
}

TEST_F(Terminal, AnotherFormatAndAPipeAreNotForTheTerminal) {
  EXPECT_THAT(report("TERM=xterm", "--format md", 80), HasSubstr("|-------"));
  EXPECT_EQ(report("TERM=xterm", "| cat", 80), whole_report());
  EXPECT_EQ(report("TERM=xterm", "-o out.md && cat out.md", 80), whole_report());
}

TEST(Text, AnIntervalThatExcludesZeroHasAStar) {
  const Column difference{"points", true, {"d", "low", "high"}, ColumnRole::difference};
  const Table table{"t",
                    {{"f", false, {"f"}, ColumnRole::key}, difference},
                    {{{"a", {"a"}}, {"+1.9", {0.019, 0.008, 0.03}}},
                     {{"b", {"b"}}, {"+0.5", {0.005, -0.018, 0.028}}},
                     {{"c", {"c"}}, {"-2.0", {-0.02, -0.03, -0.01}}},
                     {{"d", {"d"}}, {"+1.0", {0.01, {}, {}}}}},
                    {},
                    {}};
  EXPECT_EQ(to_text(table, {.width = 80}),
            "t\n\nf  points\na   +1.9*\nb   +0.5\nc   -2.0*\nd   +1.0\n\n* the interval excludes 0\n");
}

TEST(Text, EqualBestScoresAreBothBoldAndALoneOneIsNot) {
  Table table{"t",
              {{"f", false, {"f"}, ColumnRole::key}, {"s", true, {"s"}, ColumnRole::score}},
              {{{"a", {"a"}}, {"7", {0.7}}}, {{"b", {"b"}}, {"6", {0.6}}}, {{"c", {"c"}}, {"7", {0.7}}}},
              {},
              {}};
  const auto bold = [&] {
    const std::string text = to_text(table, {.width = 80, .bold = true});
    return (text.size() - without_bold(text).size()) / 8;
  };
  EXPECT_EQ(bold(), 2u);
  table.rows.resize(1);
  EXPECT_EQ(bold(), 0u);
}

TEST(Text, ANameThatIsTooLongEndsInAnEllipsis) {
  const std::string name(200, 'x');
  const Table table{"t",
                    {{"f", false, {"f"}, ColumnRole::key}, {"s", true, {"s"}}},
                    {{{name, {name}}, {"0.7", {0.7}}}, {{"中文", {"中文"}}, {name, {name}}}},
                    {},
                    {}};
  const std::string text = to_text(table, {.width = 40});
  for (const std::string& line : lines_of(text)) EXPECT_LE(display_width(line), 40u) << line;
  EXPECT_THAT(text, HasSubstr("xx…"));
}

}  // namespace
}  // namespace imp::results
