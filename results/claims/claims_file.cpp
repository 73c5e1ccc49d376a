// SPDX-License-Identifier: Apache-2.0
#include "results/claims/claims_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <set>

#include "results/files.h"
#include "results/names.h"
#include "results/store_error.h"

namespace imp::results {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20;
constexpr std::size_t kMostMistakes = 20;

using Names = std::vector<std::string>;
const Names kDirections{"higher", "lower", "same"};

/// Reads one file; notes its mistakes and goes on, so that all are told at once.
class ClaimsReader {
 public:
  explicit ClaimsReader(std::string file) : file_(std::move(file)) {}

  std::vector<Claim> read(const std::string& text) {
    try {
      const YAML::Node root = YAML::Load(text);
      read_root(root);
    } catch (const YAML::Exception& error) {
      add(error.mark, "not valid YAML: " + error.msg);
    }
    if (mistakes_.size() > kMostMistakes) mistakes_.resize(kMostMistakes);
    if (!mistakes_.empty()) throw StoreError::of_lines(mistakes_);
    return std::move(claims_);
  }

 private:
  void add(const YAML::Mark& mark, const std::string& what) {
    mistakes_.push_back(
        fmt::format("{}:{}:{}: {}", file_, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1, what));
  }

  /// Calls `use(key, value)` for the entries of a map; unknown keys, keys that come twice and what is no map
  /// are mistakes. An empty `known` lets any key be.
  void for_each_entry(const YAML::Node& map, const Names& known, const std::string& what,
                      const std::function<void(const std::string&, const YAML::Node&)>& use) {
    if (!map.IsMap()) {
      add(map.Mark(), what + " must be a map of keys");
      return;
    }
    std::set<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) {
        add(entry.first.Mark(), "a key must be a word");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        add(entry.first.Mark(), fmt::format("duplicate key '{}'; remove one of them", key));
      } else if (!known.empty() && std::find(known.begin(), known.end(), key) == known.end()) {
        add(entry.first.Mark(), fmt::format("unknown key '{}' in {}{}", key, what, suggestion(key, known)));
      } else {
        use(key, entry.second);
      }
    }
  }

  std::string text_of(const YAML::Node& value, const std::string& key) {
    if (value.IsScalar() && !value.Scalar().empty()) return value.Scalar();
    add(value.Mark(), key + " must be a word or a sentence");
    return "";
  }

  /// Points as a fraction.
  std::optional<double> points_of(const YAML::Node& value, const std::string& key, bool may_be_negative) {
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const char* end = text.data() + text.size();
    double points = 0.0;
    const auto [stop, error] = std::from_chars(begin, end, points);
    const bool is_number = error == std::errc() && stop == end && std::abs(points) <= 100.0;
    if (is_number && (may_be_negative || points > 0.0)) return points / 100.0;
    add(value.Mark(), fmt::format("{} must be a number of points{}, for example 0.5", key,
                                  may_be_negative ? " between -100 and 100" : " above 0"));
    return std::nullopt;
  }

  void read_root(const YAML::Node& root) {
    bool has_version = false;
    bool has_claims = false;
    for_each_entry(root, {"version", "claims"}, "a claims file",
                   [&](const std::string& key, const YAML::Node& value) {
                     if (key == "claims") {
                       has_claims = true;
                       read_claims(value);
                       return;
                     }
                     has_version = true;
                     if (!value.IsScalar() || value.Scalar() != "1")
                       add(value.Mark(), "version must be 1, which this program reads");
                   });
    if (!root.IsMap()) return;
    if (!has_version) add(root.Mark(), "version is missing; add 'version: 1'");
    if (!has_claims) add(root.Mark(), "claims is missing; add a list of claims");
  }

  void read_claims(const YAML::Node& list) {
    if (!list.IsSequence() || list.size() == 0) {
      add(list.Mark(), "claims must be a list with at least one claim");
      return;
    }
    std::set<std::string> names;
    for (const YAML::Node& item : list) {
      Claim claim = read_claim(item);
      if (!claim.name.empty() && !names.insert(claim.name).second)
        add(item.Mark(), fmt::format("the claim '{}' stands twice; choose another name", claim.name));
      claims_.push_back(std::move(claim));
    }
  }

  Claim read_claim(const YAML::Node& item) {
    Claim claim;
    const std::map<std::string, std::string*> texts{
        {"name", &claim.name},   {"says", &claim.says},          {"section", &claim.section},
        {"sweep", &claim.sweep}, {"factor", &claim.factor},      {"from", &claim.from},
        {"to", &claim.to},       {"benchmark", &claim.benchmark}};
    std::set<std::string> present;
    std::optional<Direction> direction;
    for_each_entry(item,
                   {"name", "says", "section", "sweep", "factor", "from", "to", "benchmark", "direction",
                    "size", "margin", "where"},
                   "a claim", [&](const std::string& key, const YAML::Node& value) {
                     present.insert(key);
                     if (const auto text = texts.find(key); text != texts.end())
                       *text->second = text_of(value, key);
                     if (key == "direction") direction = read_direction(value);
                     if (key == "size") claim.size = points_of(value, key, true);
                     if (key == "margin") claim.margin = points_of(value, key, false);
                     if (key == "where") claim.where = read_where(value);
                   });
    if (!item.IsMap()) return claim;
    for (const char* key : {"name", "sweep", "factor", "from", "to", "direction"}) {
      if (!present.contains(key))
        add(item.Mark(), fmt::format("a claim lacks its {}; add {}: ...", key, key));
    }
    claim.direction = direction.value_or(Direction::higher);
    if (direction) check_consistency(claim, item, present);
    return claim;
  }

  void check_consistency(const Claim& claim, const YAML::Node& item, const std::set<std::string>& present) {
    const bool is_same = claim.direction == Direction::same;
    if (is_same && !present.contains("margin"))
      add(item.Mark(), "direction same needs a margin: how many points still count as no difference");
    if (!is_same && present.contains("margin"))
      add(item.Mark(), "margin belongs to direction same alone; remove it, or write direction: same");
    if (present.contains("from") && claim.from == claim.to && !claim.from.empty())
      add(item.Mark(), fmt::format("from and to are both '{}'; a claim compares two levels", claim.from));
    const double size = claim.size.value_or(0.0);
    if ((claim.direction == Direction::higher && size < 0.0) ||
        (claim.direction == Direction::lower && size > 0.0))
      add(item.Mark(), "size has the other sign than direction says; it goes from `from` to `to`");
  }

  std::optional<Direction> read_direction(const YAML::Node& value) {
    const std::string word = value.IsScalar() ? value.Scalar() : "";
    const auto found = std::find(kDirections.begin(), kDirections.end(), word);
    if (found != kDirections.end()) return static_cast<Direction>(found - kDirections.begin());
    add(value.Mark(), fmt::format("direction '{}' is not known{}", word, suggestion(word, kDirections)));
    return std::nullopt;
  }

  std::map<std::string, std::string> read_where(const YAML::Node& value) {
    std::map<std::string, std::string> conditions;
    for_each_entry(value, {}, "where", [&](const std::string& key, const YAML::Node& wanted) {
      conditions[key] = text_of(wanted, key);
    });
    return conditions;
  }

  std::string file_;
  std::vector<std::string> mistakes_;
  std::vector<Claim> claims_;
};

}  // namespace

std::string_view direction_name(Direction direction) {
  return kDirections[static_cast<std::size_t>(direction)];
}

std::vector<Claim> parse_claims(std::string_view text, const std::string& file) {
  return ClaimsReader(file).read(std::string(text));
}

std::string read_claims_text(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw StoreError(path.string() +
                     ": no such file; name a claims file, for example sweeps/claims/imp.yaml");
  if (std::filesystem::file_size(path, error) > kMostBytes)
    throw StoreError(path.string() + ": larger than 1 MiB; is it a claims file?");
  return read_text(path);
}

}  // namespace imp::results
