// SPDX-License-Identifier: Apache-2.0
#include "models/config/rope_config.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "models/io/error.h"

namespace imp::models {
namespace {

using nlohmann::json;

/// The keys of a rope_scaling or rope_parameters object. transformers has no class for them, so that no
/// test can compare them; the list is that of its modeling_rope_utils.
constexpr auto kRopeKeys = std::to_array<ConfigKey>({
    {"rope_type", "null"},
    {"type", "null"},
    {"rope_theta", "null"},
    {"partial_rotary_factor", "null"},
    {"factor", "null"},
    {"original_max_position_embeddings", "null"},
    {"attention_factor", "null"},
    {"mscale", "null"},
    {"mscale_all_dim", "null"},
    {"beta_fast", "null"},
    {"beta_slow", "null"},
    {"truncate", "true"},
    {"low_freq_factor", "null"},
    {"high_freq_factor", "null"},
    {"short_factor", "null"},
    {"long_factor", "null"},
});
constexpr ConfigClass kRope{"rope_scaling", kRopeKeys};

constexpr std::array<std::pair<const char*, RopeType>, 6> kTypes{{{"default", RopeType::unscaled},
                                                                  {"linear", RopeType::linear},
                                                                  {"dynamic", RopeType::dynamic},
                                                                  {"yarn", RopeType::yarn},
                                                                  {"longrope", RopeType::longrope},
                                                                  {"llama3", RopeType::llama3}}};

const char* name_of(RopeType type) {
  for (const auto& [name, candidate] : kTypes) {
    if (candidate == type) return name;
  }
  return "default";
}

RopeType parse_type(const ConfigSection& rope) {
  const auto newer = rope.find<std::string>("rope_type"), older = rope.find<std::string>("type");
  if (newer && older && *newer != *older) {
    throw Error(fmt::format("{}: has rope_type '{}' and type '{}'; leave the wrong one out", rope.where(),
                            *newer, *older));
  }
  const std::string type = newer ? *newer : older.value_or("default");
  std::string known;
  for (const auto& [name, candidate] : kTypes) {
    if (type == name) return candidate;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  }
  throw Error(
      fmt::format("{}: rope_type is '{}', which imp does not have; it has {}", rope.where(), type, known));
}

double need(const ConfigSection& rope, const char* key) {
  const auto value = rope.find<double>(key);
  if (!value || !(*value > 0)) {
    throw Error(fmt::format(
        "{}: rope_type '{}' needs a {} above 0", rope.where(),
        rope.find<std::string>("rope_type").value_or(rope.find<std::string>("type").value_or("")), key));
  }
  return *value;
}

/// 5.x takes the key beside the others first (Phi-3 has it there), 4.x the one inside; they must not differ.
int64_t original_positions(const ConfigSection& section, const ConfigSection& rope, const TextConfig& text) {
  constexpr const char* kKey = "original_max_position_embeddings";
  const auto outer = section.find<int64_t>(kKey), inner = rope.find<int64_t>(kKey);
  if (outer && inner && *outer != *inner) {
    throw Error(
        fmt::format("{}: {} is {} and {} in it; releases of transformers take one or the other, so make "
                    "them equal",
                    section.where(), kKey, *outer, *inner));
  }
  const int64_t positions = outer ? *outer : inner.value_or(text.max_position_embeddings);
  if (positions <= 1)
    throw Error(fmt::format("{}: {} is {}; it must be above 1", rope.where(), kKey, positions));
  return positions;
}

/// YaRN's temperature (Peng et al., 2023, eq. 22).
double yarn_scale(double factor, double weight) {
  return factor <= 1 ? 1.0 : 0.1 * weight * std::log(factor) + 1.0;
}

void parse_yarn(const ConfigSection& rope, const TextConfig& text, RopeScaling& scaling) {
  const auto positions = static_cast<double>(scaling.original_max_position_embeddings);
  scaling.factor = rope.given("factor") ? need(rope, "factor")
                                        : static_cast<double>(text.max_position_embeddings) / positions;
  const double mscale = rope.find<double>("mscale").value_or(0),
               all = rope.find<double>("mscale_all_dim").value_or(0);
  const double implied = mscale != 0 && all != 0
                             ? yarn_scale(scaling.factor, mscale) / yarn_scale(scaling.factor, all)
                             : yarn_scale(scaling.factor, 1.0);
  scaling.attention_factor = rope.find<double>("attention_factor").value_or(implied);
  const auto or_else = [&](const char* key, double otherwise) {
    const double given = rope.find<double>(key).value_or(0);
    return given == 0 ? otherwise : given;
  };
  scaling.beta_fast = or_else("beta_fast", 32.0);
  scaling.beta_slow = or_else("beta_slow", 1.0);
  scaling.truncate = rope.get<bool>("truncate");
}

std::vector<double> parse_factors(const ConfigSection& rope, const char* key, int64_t count) {
  const json list = rope.raw(key);
  bool whole = list.is_array() && static_cast<int64_t>(list.size()) == count;
  for (const json& number : list) whole = whole && number.is_number() && number.get<double>() > 0;
  if (!whole) {
    throw Error(
        fmt::format("{}: {} must be a list of {} numbers above 0, half of the channels that are turned",
                    rope.where(), key, count));
  }
  return list.get<std::vector<double>>();
}

void parse_longrope(const ConfigSection& rope, const TextConfig& text, RopeScaling& scaling) {
  const auto positions = static_cast<double>(scaling.original_max_position_embeddings);
  scaling.factor = rope.given("factor") ? need(rope, "factor")
                                        : static_cast<double>(text.max_position_embeddings) / positions;
  const double implied =
      scaling.factor <= 1 ? 1.0 : std::sqrt(1 + std::log(scaling.factor) / std::log(positions));
  scaling.attention_factor = rope.find<double>("attention_factor").value_or(implied);
  scaling.short_factor = parse_factors(rope, "short_factor", text.rotary_dim() / 2);
  scaling.long_factor = parse_factors(rope, "long_factor", text.rotary_dim() / 2);
}

void parse_scaling(const ConfigSection& section, const ConfigSection& rope, TextConfig& text) {
  RopeScaling& scaling = text.rope_scaling;
  scaling.type = parse_type(rope);
  switch (scaling.type) {
    case RopeType::unscaled:
      return;
    case RopeType::linear:
    case RopeType::dynamic:
      scaling.factor = need(rope, "factor");
      return;
    case RopeType::yarn:
      scaling.original_max_position_embeddings = original_positions(section, rope, text);
      return parse_yarn(rope, text, scaling);
    case RopeType::longrope:
      scaling.original_max_position_embeddings = original_positions(section, rope, text);
      return parse_longrope(rope, text, scaling);
    case RopeType::llama3:
      scaling.original_max_position_embeddings = original_positions(section, rope, text);
      scaling.factor = need(rope, "factor");
      scaling.low_freq_factor = need(rope, "low_freq_factor");
      scaling.high_freq_factor = need(rope, "high_freq_factor");
      if (scaling.low_freq_factor == scaling.high_freq_factor)
        throw Error(rope.where() + ": low_freq_factor and high_freq_factor are equal; they must differ");
      return;
  }
}

void check_turned_channels(const ConfigSection& section, const TextConfig& text) {
  const double part = text.partial_rotary_factor;
  if (text.family == TextFamily::llama && part != 1.0) {
    throw Error(
        fmt::format("{}: partial_rotary_factor is {}, and a LLaMA turns all channels; releases of "
                    "transformers refuse it or pass over it, so leave it out",
                    section.where(), part));
  }
  if (!(part > 0 && part <= 1) || text.rotary_dim() < 2 || text.rotary_dim() % 2 != 0) {
    throw Error(fmt::format("{}: partial_rotary_factor {} of a head's {} channels is no even number of them",
                            section.where(), part, text.head_dim));
  }
  if (!(text.rope_theta > 0))
    throw Error(fmt::format("{}: rope_theta is {}; it must be above 0", section.where(), text.rope_theta));
}

}  // namespace

void parse_rope(const ConfigSection& section, TextConfig& text) {
  const json older = section.raw("rope_scaling");
  const bool has_older = !older.is_null() && !older.empty();
  const char* const key = has_older ? "rope_scaling" : "rope_parameters";
  const json found = section.raw(key);
  const json object = found.is_null() ? json::object() : found;
  const ConfigSection rope(object, fmt::format("{}: {}", section.where(), key), kRope);
  text.rope_theta = rope.find<double>("rope_theta").value_or(section.get<double>("rope_theta"));
  text.partial_rotary_factor =
      rope.find<double>("partial_rotary_factor").value_or(section.get<double>("partial_rotary_factor"));
  check_turned_channels(section, text);
  parse_scaling(section, rope, text);
}

void write_rope(const TextConfig& text, json& config) {
  const RopeScaling& scaling = text.rope_scaling;
  config["rope_theta"] = text.rope_theta;
  if (text.family == TextFamily::phi) config["partial_rotary_factor"] = text.partial_rotary_factor;
  if (scaling.type == RopeType::unscaled) return;
  json rope = {{"rope_type", name_of(scaling.type)}, {"factor", scaling.factor}};
  if (scaling.original_max_position_embeddings > 0)
    rope["original_max_position_embeddings"] = scaling.original_max_position_embeddings;
  if (scaling.type == RopeType::llama3) {
    rope["low_freq_factor"] = scaling.low_freq_factor;
    rope["high_freq_factor"] = scaling.high_freq_factor;
  }
  if (scaling.type == RopeType::yarn || scaling.type == RopeType::longrope)
    rope["attention_factor"] = scaling.attention_factor;
  if (scaling.type == RopeType::yarn) {
    rope["beta_fast"] = scaling.beta_fast;
    rope["beta_slow"] = scaling.beta_slow;
    rope["truncate"] = scaling.truncate;
  }
  if (scaling.type == RopeType::longrope) {
    rope["short_factor"] = scaling.short_factor;
    rope["long_factor"] = scaling.long_factor;
    // transformers 4 looks for it here.
    config["original_max_position_embeddings"] = scaling.original_max_position_embeddings;
  }
  config["rope_scaling"] = rope;
}

}  // namespace imp::models
