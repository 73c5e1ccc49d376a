// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "models/io/error.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to programs

namespace imp::harness {
namespace {

[[noreturn]] void fail(const char* what) {
  throw Error(fmt::format("cannot start a worker: {}: {}", what, std::strerror(errno)),
              ErrorKind::environment);
}

/// A pipe whose ends no other child keeps open.
struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int take(std::size_t end) { return std::exchange(ends[end], -1); }

  std::array<int, 2> ends{-1, -1};
};

/// This process's environment with the worker's number of threads.
std::vector<std::string> environment_with(int threads) {
  std::vector<std::string> variables{fmt::format("OMP_NUM_THREADS={}", threads),
                                     fmt::format("MKL_NUM_THREADS={}", threads)};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (!variable.starts_with("OMP_NUM_THREADS=") && !variable.starts_with("MKL_NUM_THREADS="))
      variables.emplace_back(variable);
  }
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

WorkerProcess::WorkerProcess(const std::vector<std::string>& arguments, int threads) {
  Pipe units, reports;
  std::vector<std::string> words{"imp-sweep"}, variables = environment_with(threads);
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<char*> argv = pointers_to(words), environment = pointers_to(variables);
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {  // only what is safe between fork and exec in a process with threads
    ::setpgid(0, 0);
    ::dup2(units.ends[0], STDIN_FILENO);
    ::dup2(reports.ends[1], STDOUT_FILENO);
    // This very file, also where the build has been renewed meanwhile.
    ::execve("/proc/self/exe", argv.data(), environment.data());
    ::_exit(127);
  }
  units_ = units.take(1);
  reports_ = reports.take(0);
  ::fcntl(reports_, F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
  if (end_.empty()) signal(SIGTERM);
  close_units();
  (void)wait();
  ::close(reports_);
}

void WorkerProcess::send(const std::string& line) const {
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t count = ::write(units_, line.data() + sent, line.size() - sent);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
}

std::optional<std::vector<std::string>> WorkerProcess::read() {
  std::array<char, 1 << 16> buffer{};
  bool ended = false;
  for (;;) {
    const ssize_t count = ::read(reports_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    ended = count == 0;
    if (count <= 0) break;
    unfinished_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = unfinished_.find('\n'); end != std::string::npos;
       end = unfinished_.find('\n', begin)) {
    lines.push_back(unfinished_.substr(begin, end - begin));
    begin = end + 1;
  }
  unfinished_.erase(0, begin);
  if (ended && lines.empty()) return std::nullopt;
  return lines;
}

void WorkerProcess::close_units() {
  if (units_ >= 0) ::close(std::exchange(units_, -1));
}

void WorkerProcess::signal(int number) const {
  if (end_.empty()) ::kill(pid_, number);
}

std::string WorkerProcess::wait() {
  if (!end_.empty()) return end_;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  end_ = WIFSIGNALED(status) ? fmt::format("killed by SIG{}", ::sigabbrev_np(WTERMSIG(status)))
                             : fmt::format("exit status {}", WEXITSTATUS(status));
  return end_;
}

}  // namespace imp::harness
