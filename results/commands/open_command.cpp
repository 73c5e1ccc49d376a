// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "results/commands/command.h"
#include "results/printable.h"
#include "results/report/page/page.h"
#include "results/results_database.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

std::string browser() {
  const char* named = std::getenv("BROWSER");  // NOLINT(concurrency-mt-unsafe): one thread
  return named != nullptr && *named != '\0' ? named : "xdg-open";
}

/// Starts the program and waits for it; whether it ended well.
bool run_program(std::string program, std::string argument) {
  const std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) return false;
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int open_page(const ReportOptions& options) {
  Database database = open_results(options.database, Access::read);
  const std::filesystem::path page = write_html_page(database, options.sweep, options.output);
  fmt::print("{}\n", printable(page.string()));
  const std::string program = browser();
  if (!run_program(program, std::filesystem::absolute(page).string())) {
    throw StoreError(fmt::format("{}: could not show {}; open it by hand, or name a browser in BROWSER",
                                 printable(program), printable(page.string())),
                     StoreErrorKind::environment);
  }
  return 0;
}

}  // namespace imp::results
