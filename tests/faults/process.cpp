// SPDX-License-Identifier: Apache-2.0
#include "tests/faults/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "models/io/file.h"

namespace imp::test {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "imp-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void sleep_seconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

Process::Process(const std::vector<std::string>& arguments) : start_(now_seconds()) {
  const std::string program = IMP_BIN "/" + arguments.front();
  const std::string out = folder_.path() / "out", err = folder_.path() / "err";
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  for (const std::string& stream : {out, err}) std::ofstream{stream};  // there even if it is killed at once
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  ::setenv("OMP_NUM_THREADS", "1", 1);  // design: same bits for the same number of threads
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

Process::~Process() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

void Process::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

bool Process::running() {
  if (ended_) return false;
  rusage usage{};
  ended_ = ::wait4(pid_, &status_, WNOHANG, &usage) == pid_;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  if (ended_) processor_seconds_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return !ended_;
}

Finished Process::wait(double limit) {
  while (running()) {
    if (now_seconds() - start_ > limit) {
      ADD_FAILURE() << "still running after " << limit << " s";
      ::kill(pid_, SIGKILL);
    }
    sleep_seconds(0.002);
  }
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  return {code, read_file(folder_.path() / "out"), read_file(folder_.path() / "err"), now_seconds() - start_,
          processor_seconds_};
}

Finished run_program(const std::vector<std::string>& arguments, double limit) {
  return Process(arguments).wait(limit);
}

}  // namespace imp::test
