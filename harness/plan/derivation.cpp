// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/derivation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/plan/config_reader.h"
#include "harness/plan/expression.h"
#include "models/io/error.h"

namespace imp::harness {

namespace {

std::string as_text(const ExpressionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    // Whole numbers in full: the shortest form of 1000000 would be 1e+06.
    if (std::abs(*number) < 1e15 && *number == static_cast<double>(static_cast<std::int64_t>(*number))) {
      return fmt::format("{}", static_cast<std::int64_t>(*number));
    }
    return fmt::format("{}", *number);
  }
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  return std::get<std::string>(value);
}

bool has_reference(const YamlValue& value) {
  if (value.is_scalar()) return value.text.find("${") != std::string::npos;
  return std::any_of(value.entries.begin(), value.entries.end(),
                     [](const YamlEntry& entry) { return has_reference(entry.value); });
}

/// Reads the keys of one cell in the order in which they rest on each other.
class Deriver {
 public:
  Deriver(const CellSettings& settings, Diagnostics& diagnostics)
      : settings_(settings), diagnostics_(diagnostics) {}

  TrialConfig derive() {
    for (const auto& [name, value] : settings_) {
      try {
        require(*find_key(name));
      } catch (const Error& error) {
        // Told once: not again for each key that rests on the one at fault.
        done_.insert(done_.end(), path_.begin(), path_.end());
        path_.clear();
        diagnostics_.add_lines(error.what());
      }
    }
    return config_;
  }

 private:
  /// Makes config_ hold the key's final value. Throws imp::Error on a cycle or a mistake inside `${...}`.
  void require(const KeyDescription& key) {
    if (std::find(done_.begin(), done_.end(), &key) != done_.end()) return;
    const auto setting = settings_.find(key.name);
    if (setting != settings_.end()) {
      refuse_cycle(key, *setting->second);
      path_.push_back(&key);
      if (has_reference(*setting->second)) {
        read_key(key, substituted(*setting->second), config_, diagnostics_);
      } else {
        read_key(key, *setting->second, config_, diagnostics_);
      }
      path_.pop_back();
    }
    done_.push_back(&key);
  }

  void refuse_cycle(const KeyDescription& key, const YamlValue& value) const {
    const auto seen = std::find(path_.begin(), path_.end(), &key);
    if (seen == path_.end()) return;
    std::string cycle;
    for (auto step = seen; step != path_.end(); ++step) cycle += fmt::format("{} -> ", (*step)->name);
    throw Error(
        fmt::format("{}: the keys rest on each other in a cycle: {}{}; give one of them a plain value",
                    to_string(value.location), cycle, key.name));
  }

  YamlValue substituted(YamlValue value) {
    if (value.is_scalar()) substitute(value);
    for (YamlEntry& entry : value.entries) entry.value = substituted(std::move(entry.value));
    return value;
  }

  void substitute(YamlValue& value) {
    const std::string text = value.text;
    const std::size_t quote = value.quoted ? 1 : 0;
    std::string result;
    std::size_t at = 0;
    for (;;) {
      const std::size_t open = text.find("${", at);
      result += text.substr(at, open - at);
      if (open == std::string::npos) break;
      const std::size_t close = text.find('}', open);
      const Location start = shifted(value.location, open + quote);
      if (close == std::string::npos) {
        throw Error(fmt::format("{}: '${{' without its '}}'; write ${{key}}", to_string(start)));
      }
      const std::string inner = text.substr(open + 2, close - open - 2);
      const Expression expression = Expression::parse(inner, shifted(start, 2));
      result += as_text(expression.evaluate([this](const KeyDescription& key) {
        require(key);
        return expression_value(key, config_);
      }));
      // Flow maps force quotes around ${...}; what it stands for is a plain value all the same.
      if (open == 0 && close + 1 == text.size()) value.quoted = expression.type() == Expression::Type::text;
      at = close + 1;
    }
    value.text = result;
  }

  const CellSettings& settings_;
  Diagnostics& diagnostics_;
  TrialConfig config_;
  std::vector<const KeyDescription*> path_;
  std::vector<const KeyDescription*> done_;
};

}  // namespace

TrialConfig derive_config(const CellSettings& settings, Diagnostics& diagnostics) {
  return Deriver(settings, diagnostics).derive();
}

}  // namespace imp::harness
