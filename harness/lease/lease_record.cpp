// SPDX-License-Identifier: Apache-2.0
#include "harness/lease/lease_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>

namespace imp::harness {
namespace {

constexpr int kBeatDigits = 12;

/// What follows the owner in a record.
std::string beat_part(long long beat) {
  return fmt::format(",\"beat\":{:>{}}}}\n", beat, kBeatDigits);
}

}  // namespace

std::string random_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::string lease_record(const LeaseOwner& owner) {
  nlohmann::ordered_json record = to_json(owner.process);
  record["token"] = owner.token;
  std::string text = record.dump();
  text.pop_back();  // the closing brace
  return text + beat_part(0);
}

std::string with_beat(const std::string& record, long long beat) {
  const std::string last = beat_part(beat);
  return record.substr(0, record.size() - last.size()) + last;
}

std::optional<LeaseOwner> owner_of(std::string_view content) {
  try {
    const nlohmann::json record = nlohmann::json::parse(content);
    return LeaseOwner{process_from_json(record), record.at("token").get<std::string>()};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace imp::harness
