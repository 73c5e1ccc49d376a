// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/plan/diagnostics.h"
#include "harness/plan/trial_config.h"

namespace imp::harness {

/// A number, a text or a truth value.
using ExpressionValue = std::variant<double, std::string, bool>;

/// Gives the value of a configuration key.
using KeyLookup = std::function<ExpressionValue(const KeyDescription&)>;

/// An expression over configuration keys, as in `exclude`, `--only` and `${...}`:
/// `==` `!=` `<` `<=` `>` `>=` `&&` `||` `!` `+` `-` `*` `/`, parentheses, numbers, texts in single or double
/// quotes, and names of keys. Types are checked when it is parsed.
class Expression {
 public:
  enum class Type { number, text, truth };

  /// Parses the expression whose first character stands at `start`. Throws imp::Error (usage) that points at
  /// the column of the mistake.
  static Expression parse(std::string_view text, const Location& start);

  /// As parse(), for a condition: throws as well if the expression is no comparison.
  static Expression parse_condition(std::string_view text, const Location& start);

  /// Throws imp::Error (usage) on a division by zero; else whatever `lookup` throws.
  [[nodiscard]] ExpressionValue evaluate(const KeyLookup& lookup) const;

  /// evaluate() of a condition on a finished configuration.
  [[nodiscard]] bool holds(const TrialConfig& config) const;

  [[nodiscard]] Type type() const { return nodes_.back().type; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  friend class ExpressionParser;

  enum class Operation {
    literal,
    key,
    negate,
    invert,
    add,
    subtract,
    multiply,
    divide,
    equal,
    unequal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    conjunction,
    disjunction
  };

  /// Operands stand before their node; the last node is the whole.
  struct Node {
    Operation operation = Operation::literal;
    Type type = Type::number;
    std::size_t left = 0;
    std::size_t right = 0;
    std::size_t column = 0;
    ExpressionValue literal;
    const KeyDescription* key = nullptr;
  };

  [[nodiscard]] ExpressionValue evaluate_node(std::size_t index, const KeyLookup& lookup) const;

  std::string text_;
  Location start_;
  std::vector<Node> nodes_;
};

/// The value of a key in a finished configuration, as expressions see it.
[[nodiscard]] ExpressionValue expression_value(const KeyDescription& key, const TrialConfig& config);

}  // namespace imp::harness
