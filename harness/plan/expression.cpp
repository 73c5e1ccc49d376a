// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "harness/plan/config_writer.h"
#include "models/io/error.h"

namespace imp::harness {

namespace {

constexpr int kDeepest = 100;
constexpr std::size_t kLongest = 10'000;

std::string type_in_words(Expression::Type type) {
  switch (type) {
    case Expression::Type::number:
      return "a number";
    case Expression::Type::text:
      return "text";
    case Expression::Type::truth:
      break;
  }
  return "a condition";
}

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool continues_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

}  // namespace

/// Recursive descent, one function a level of precedence, loosest first.
class ExpressionParser {
 public:
  using Operation = Expression::Operation;
  using Type = Expression::Type;
  using Node = Expression::Node;

  ExpressionParser(std::string_view text, const Location& start) : text_(text) {
    result_.text_ = std::string(text);
    result_.start_ = start;
  }

  Expression parse() {
    if (text_.size() > kLongest) fail(0, "the expression is too long");
    parse_disjunction();
    skip_space();
    if (at_ < text_.size()) {
      fail(at_, fmt::format("'{}' is not expected here{}", text_[at_],
                            text_[at_] == '=' ? "; equality is ==" : ""));
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(std::size_t column, std::string_view message) const {
    throw Error(fmt::format("{}: {}", to_string(shifted(result_.start_, column)), message));
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool accept(std::string_view symbol) {
    skip_space();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    operator_at_ = at_;
    at_ += symbol.size();
    return true;
  }

  std::size_t add(Node node) {
    result_.nodes_.push_back(std::move(node));
    return result_.nodes_.size() - 1;
  }

  [[nodiscard]] const Node& node(std::size_t index) const { return result_.nodes_[index]; }

  void require(std::size_t index, Type type, std::string_view symbol) const {
    if (node(index).type == type) return;
    fail(node(index).column, fmt::format("'{}' needs {} here, and this is {}", symbol, type_in_words(type),
                                         type_in_words(node(index).type)));
  }

  std::size_t combine(Operation operation, std::size_t left, std::size_t right, Type operands, Type result,
                      std::string_view symbol) {
    require(left, operands, symbol);
    require(right, operands, symbol);
    return add({.operation = operation,
                .type = result,
                .left = left,
                .right = right,
                .column = node(left).column,
                .literal = {}});
  }

  std::size_t parse_disjunction() {
    // The level that parentheses come back to, so the one that bounds the depth.
    if (++depth_ > kDeepest) fail(at_, "too many parentheses");
    std::size_t left = parse_conjunction();
    while (accept("||")) {
      left = combine(Operation::disjunction, left, parse_conjunction(), Type::truth, Type::truth, "||");
    }
    --depth_;
    return left;
  }

  std::size_t parse_conjunction() {
    std::size_t left = parse_comparison();
    while (accept("&&")) {
      left = combine(Operation::conjunction, left, parse_comparison(), Type::truth, Type::truth, "&&");
    }
    return left;
  }

  std::size_t parse_comparison() {
    const std::size_t left = parse_sum();
    // Longer symbols first: '<' opens '<='.
    for (const auto& [symbol, operation] :
         {std::pair{"==", Operation::equal}, std::pair{"!=", Operation::unequal},
          std::pair{"<=", Operation::less_or_equal}, std::pair{">=", Operation::greater_or_equal},
          std::pair{"<", Operation::less}, std::pair{">", Operation::greater}}) {
      if (!accept(symbol)) continue;
      const std::size_t symbol_at = operator_at_;
      const std::size_t right = parse_sum();
      const bool equality = operation == Operation::equal || operation == Operation::unequal;
      const Type operands = equality ? node(left).type : Type::number;
      if (equality && node(right).type != operands) {
        fail(symbol_at, fmt::format("{} is compared with {}; the types must agree", type_in_words(operands),
                                    type_in_words(node(right).type)));
      }
      check_choice(left, right);
      check_choice(right, left);
      return combine(operation, left, right, operands, Type::truth, symbol);
    }
    return left;
  }

  /// A misspelt value would compare unequal for ever without a word.
  void check_choice(std::size_t key, std::size_t literal) const {
    if (node(key).operation != Operation::key || node(literal).operation != Operation::literal) return;
    const KeyDescription& description = *node(key).key;
    const auto* value = std::get_if<std::string>(&node(literal).literal);
    if (value == nullptr || !description.is_text() || description.choices.empty()) return;
    const std::vector<std::string>& choices = description.choices;
    if (std::find(choices.begin(), choices.end(), *value) != choices.end()) return;
    fail(node(literal).column,
         fmt::format("{} never is '{}'{}", description.name, *value, suggestion(*value, choices)));
  }

  std::size_t parse_sum() {
    std::size_t left = parse_product();
    for (;;) {
      if (accept("+")) {
        left = combine(Operation::add, left, parse_product(), Type::number, Type::number, "+");
      } else if (accept("-")) {
        left = combine(Operation::subtract, left, parse_product(), Type::number, Type::number, "-");
      } else {
        return left;
      }
    }
  }

  std::size_t parse_product() {
    std::size_t left = parse_unary();
    for (;;) {
      if (accept("*")) {
        left = combine(Operation::multiply, left, parse_unary(), Type::number, Type::number, "*");
      } else if (accept("/")) {
        left = combine(Operation::divide, left, parse_unary(), Type::number, Type::number, "/");
      } else {
        return left;
      }
    }
  }

  std::size_t parse_unary() {
    if (++depth_ > kDeepest) fail(at_, "too many signs");
    std::size_t result = 0;
    skip_space();
    const std::size_t column = at_;
    if (text_.substr(at_, 2) != "!=" && accept("!")) {
      const std::size_t operand = parse_unary();
      require(operand, Type::truth, "!");
      result = add({.operation = Operation::invert,
                    .type = Type::truth,
                    .left = operand,
                    .column = column,
                    .literal = {}});
    } else if (accept("-")) {
      const std::size_t operand = parse_unary();
      require(operand, Type::number, "-");
      result = add({.operation = Operation::negate,
                    .type = Type::number,
                    .left = operand,
                    .column = column,
                    .literal = {}});
    } else {
      result = parse_operand();
    }
    --depth_;
    return result;
  }

  std::size_t parse_operand() {
    skip_space();
    if (at_ == text_.size()) fail(at_, "the expression ends where a key, a number or a text is expected");
    const char c = text_[at_];
    if (accept("(")) {
      const std::size_t inner = parse_disjunction();
      if (!accept(")")) fail(at_, "')' is missing");
      return inner;
    }
    if (c == '\'' || c == '"') return parse_quoted(c);
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') return parse_number();
    if (starts_name(c)) return parse_name();
    fail(at_, fmt::format("'{}' is not expected here; write a key, a number or a text in quotes", c));
  }

  std::size_t parse_quoted(char quote) {
    const std::size_t column = at_;
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail(column, fmt::format("the closing {} is missing", quote));
    at_ = end + 1;
    return add({.type = Type::text,
                .column = column,
                .literal = std::string(text_.substr(column + 1, end - column - 1))});
  }

  std::size_t parse_number() {
    const std::size_t column = at_;
    double number = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc()) fail(column, "this is not a number");
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && continues_name(text_[at_])) fail(column, "this is not a number");
    return add({.type = Type::number, .column = column, .literal = number});
  }

  std::size_t parse_name() {
    const std::size_t column = at_;
    while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    const std::string name(text_.substr(column, at_ - column));
    const KeyDescription* key = find_key(name);
    if (key == nullptr) {
      fail(column, fmt::format("unknown key '{}'{}", name, name_hint(name)));
    }
    return add({.operation = Operation::key,
                .type = key->is_number()   ? Type::number
                        : key->is_switch() ? Type::truth
                                           : Type::text,
                .column = column,
                .literal = {},
                .key = key});
  }

  static std::string name_hint(const std::string& name) {
    if (name == "and") return "; write &&";
    if (name == "or") return "; write ||";
    if (name == "not") return "; write !";
    const std::string hint = suggestion(name, key_names());
    return hint.empty() ? fmt::format("; a text needs quotes: '{}'", name) : hint;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t operator_at_ = 0;
  int depth_ = 0;
  Expression result_;
};

Expression Expression::parse(std::string_view text, const Location& start) {
  return ExpressionParser(text, start).parse();
}

Expression Expression::parse_condition(std::string_view text, const Location& start) {
  Expression expression = parse(text, start);
  if (expression.type() != Type::truth) {
    throw Error(fmt::format("{}: '{}' is {}; write a comparison such as lora_rank == 128", to_string(start),
                            text, type_in_words(expression.type())));
  }
  return expression;
}

ExpressionValue Expression::evaluate_node(std::size_t index, const KeyLookup& lookup) const {
  const Node& node = nodes_[index];
  const auto number = [&](std::size_t operand) { return std::get<double>(evaluate_node(operand, lookup)); };
  const auto truth = [&](std::size_t operand) { return std::get<bool>(evaluate_node(operand, lookup)); };
  switch (node.operation) {
    case Operation::literal:
      return node.literal;
    case Operation::key:
      return lookup(*node.key);
    case Operation::negate:
      return -number(node.left);
    case Operation::invert:
      return !truth(node.left);
    case Operation::add:
      return number(node.left) + number(node.right);
    case Operation::subtract:
      return number(node.left) - number(node.right);
    case Operation::multiply:
      return number(node.left) * number(node.right);
    case Operation::divide: {
      const double divisor = number(node.right);
      if (divisor == 0) {
        throw Error(
            fmt::format("{}: this divisor is 0", to_string(shifted(start_, nodes_[node.right].column))));
      }
      return number(node.left) / divisor;
    }
    case Operation::equal:
      return evaluate_node(node.left, lookup) == evaluate_node(node.right, lookup);
    case Operation::unequal:
      return evaluate_node(node.left, lookup) != evaluate_node(node.right, lookup);
    case Operation::less:
      return number(node.left) < number(node.right);
    case Operation::less_or_equal:
      return number(node.left) <= number(node.right);
    case Operation::greater:
      return number(node.left) > number(node.right);
    case Operation::greater_or_equal:
      return number(node.left) >= number(node.right);
    case Operation::conjunction:
      return truth(node.left) && truth(node.right);
    case Operation::disjunction:
      return truth(node.left) || truth(node.right);
  }
  return false;
}

ExpressionValue Expression::evaluate(const KeyLookup& lookup) const {
  return evaluate_node(nodes_.size() - 1, lookup);
}

bool Expression::holds(const TrialConfig& config) const {
  return std::get<bool>(evaluate([&](const KeyDescription& key) { return expression_value(key, config); }));
}

ExpressionValue expression_value(const KeyDescription& key, const TrialConfig& config) {
  if (const auto* whole = std::get_if<std::int64_t TrialConfig::*>(&key.member)) {
    return static_cast<double>(config.**whole);
  }
  if (const auto* number = std::get_if<double TrialConfig::*>(&key.member)) return config.**number;
  if (const auto* is_on = std::get_if<bool TrialConfig::*>(&key.member)) return config.**is_on;
  return key_text(key, config);
}

}  // namespace imp::harness
