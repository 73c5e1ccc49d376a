// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "harness/plan/expand.h"
#include "harness/plan/trial_models.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {

/// What of a trial's models the stages that are still to be made will open.
struct ModelsNeeded {
  bool vision = false;     ///< the tower and its processor
  bool language = false;   ///< the language model, its tokenizer and the conversation
  bool connector = false;  ///< stage 1 is to be trained
  bool finetune = false;   ///< stage 2 is to be trained: what it starts from
};

/// Opens the models that trials name, each once: config, the headers of the weights, tokenizer, processor,
/// conversation, adapter and projector. What the stages would refuse goes to `diagnostics` at the place of
/// the key that names it.
class ModelCheck {
 public:
  ModelCheck(const SweepSpec& spec, Diagnostics& diagnostics) : spec_(spec), diagnostics_(diagnostics) {}

  void check(const Trial& trial, const ModelsNeeded& needed);

  /// The shapes of a trial's models, where `check` could read them.
  [[nodiscard]] const models::TextConfig* text(const Trial& trial) const;
  [[nodiscard]] const FeatureShape* features(const Trial& trial) const;

 private:
  /// A key of the sweep file, and the model that its value means.
  struct Named {
    std::string key;
    Location where;
    std::filesystem::path path;
    bool is_llava = false;
  };

  /// The shapes of a tower and of what is taken of it.
  struct Tower {
    models::VisionConfig vision;
    FeatureShape features;
  };

  [[nodiscard]] std::optional<Named> find(const Trial& trial, std::string_view part) const;
  void check_language(const Named& model);
  /// Reads the tower's shapes; false where they cannot be read.
  bool read_vision(const Named& model);
  void check_vision(const Named& model);
  void check_conversation(const Trial& trial, const Named& model, bool captions);
  void check_start(const Trial& trial, const Named& language, const Named& tower);
  /// attempt(), once for a look at one thing. Returns whether it went well, now or then.
  template <class Look>
  bool once(const std::string& what, const Location& where, std::string_view key, const Look& look);

  const SweepSpec& spec_;
  Diagnostics& diagnostics_;
  mutable std::map<std::string, std::filesystem::path> folders_;  ///< of models that were found, by value
  std::map<std::string, bool> looked_;                            ///< at what, and whether it was well
  std::map<std::filesystem::path, models::TextConfig> texts_;
  std::map<std::filesystem::path, Tower> towers_;
  std::map<std::filesystem::path, std::unique_ptr<models::Tokenizer>> tokenizers_;
};

}  // namespace imp::harness
