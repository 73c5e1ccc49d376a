// SPDX-License-Identifier: Apache-2.0
// Programs that compute with LibTorch's threads wait for each other asleep. By default libgomp spins for
// milliseconds at the end of every parallel loop; beside other programs that takes the processor from the
// very thread that is waited for (DESIGN.md: training on two cores beside compilers was five to eight times
// slower).
//
// libgomp reads the policy while it is loaded, before main and before any constructor of ours, and has no
// call to change it. So the program starts itself once more, in the one place that comes earlier: the
// executable's preinit array (System V ABI, "Initialization and Termination Functions"). No library has been
// initialized there, not even the C library's environment, hence the plain system calls; it costs some ten
// milliseconds.
#include <elf.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

namespace {

bool sets(std::string_view entry, std::string_view name) {
  return entry.starts_with(name) && entry.substr(name.size()).starts_with('=');
}

/// Whoever sets one of these has decided, and what is started here has it set.
bool is_decided(char** environment) {
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (sets(*entry, "OMP_WAIT_POLICY") || sets(*entry, "GOMP_SPINCOUNT")) return true;
  }
  return false;
}

void wait_passively(int /*argc*/, char** argv, char** environment) {
  const auto* program =
      reinterpret_cast<const char*>(::getauxval(AT_EXECFN));  // NOLINT: the kernel's own form
  const bool through_loader = ::getauxval(AT_BASE) == 0;      // `ld.so PROGRAM`: its arguments are not ours
  if (program == nullptr || through_loader || is_decided(environment)) return;
  std::size_t count = 0;
  while (environment[count] != nullptr) ++count;
  constexpr std::size_t kMost = 4096;  // on the stack; a larger environment stays without
  if (count + 2 > kMost) return;
  char passive[] = "OMP_WAIT_POLICY=passive";
  char* extended[kMost];
  for (std::size_t i = 0; i < count; ++i) extended[i] = environment[i];
  extended[count] = passive;
  extended[count + 1] = nullptr;
  ::execve(program, argv, extended);  // returns only if it failed: then the program goes on as it is
}

using Start = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] const Start kBeforeAllLibraries = wait_passively;

}  // namespace
