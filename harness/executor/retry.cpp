// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/retry.h"

#include <c10/util/Exception.h>

#include <new>
#include <string_view>

#include "models/io/error.h"

namespace imp::harness {

std::pair<std::string, std::string> describe_failure() {
  const auto first_line = [](const std::string& text) { return text.substr(0, text.find('\n')); };
  try {
    throw;
  } catch (const Error& error) {
    return {"imp::Error", first_line(error.what())};
  } catch (const c10::OutOfMemoryError& error) {
    return {kOutOfMemory, first_line(error.what_without_backtrace())};
  } catch (const c10::Error& error) {
    // The CPU allocator has no type of its own for it.
    if (std::string_view(error.what_without_backtrace()).find("not enough memory") !=
        std::string_view::npos) {
      return {kOutOfMemory, first_line(error.what_without_backtrace())};
    }
    return {"c10::Error", first_line(error.what_without_backtrace())};
  } catch (const std::bad_alloc&) {
    return {kOutOfMemory, "out of memory; a smaller micro_batch may help"};
  } catch (const std::exception& error) {
    return {"std::exception", first_line(error.what())};
  }
}

bool prepare_next_try(const RetryPolicy& retry, const Attempt& failed, int64_t tries, TrialConfig& config) {
  // A mistake of the user's is the same at the next try.
  if (failed.status != "failed" || failed.error_type == "imp::Error" || tries >= retry.attempts) return false;
  if (failed.error_type != kOutOfMemory) return true;
  if (retry.oom != "halve_micro_batch" || config.micro_batch == 1) return false;
  config.micro_batch = (config.micro_batch + 1) / 2;
  config.connector_micro_batch = (config.connector_micro_batch + 1) / 2;
  return true;
}

}  // namespace imp::harness
