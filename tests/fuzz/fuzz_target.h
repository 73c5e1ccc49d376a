// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

/// libFuzzer's entry, which each target defines (https://llvm.org/docs/LibFuzzer.html).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace imp::test {

/// Puts the bytes into a file in memory and has `read` open it. Bad input may end in an imp::Error of one
/// line that names the file; everything else that goes wrong ends the program, so that the fuzzer sees it.
void read_as_file(std::span<const std::uint8_t> data,
                  const std::function<void(const std::filesystem::path&)>& read);

}  // namespace imp::test
