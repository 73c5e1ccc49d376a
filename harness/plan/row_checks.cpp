// SPDX-License-Identifier: Apache-2.0
#include "harness/plan/row_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include "harness/data/row_census.h"
#include "harness/plan/diagnostics.h"
#include "harness/plan/trial_models.h"
#include "models/io/error.h"
#include "models/tokenizer/tokenizer.h"

namespace imp::harness {
namespace {

constexpr std::uint64_t kMostScanned = 64U << 20;  ///< bytes of a file; about half a second
constexpr std::uint64_t kMostEncoded = 4U << 20;   ///< of them; about as long

/// Files of rows, each opened once; what is wrong with them is told together.
class RowFiles {
 public:
  /// Nothing if the file is at fault.
  const LlavaFile* open(const std::string& json) {
    const auto known = files_.find(json);
    if (known != files_.end()) return known->second ? &*known->second : nullptr;
    std::optional<LlavaFile> file;
    guarded([&] { file.emplace(LlavaFile::front_of(json, kMostScanned)); });
    const auto& opened = files_.emplace(json, std::move(file)).first->second;
    return opened ? &*opened : nullptr;
  }
  /// Keeps an error of the user's for later.
  void guarded(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      diagnostics_.add_lines(error.what());
    }
  }
  void throw_if_any() const { diagnostics_.throw_if_any(); }

 private:
  std::map<std::string, std::optional<LlavaFile>> files_;
  Diagnostics diagnostics_;
};

/// The language model of a trial and the tokens of a picture; nothing if they cannot be told, which others
/// say.
struct TrialShape {
  std::filesystem::path llm;
  std::int64_t image_tokens = 0;
};
std::optional<TrialShape> shape_of(const Trial& trial, const SweepSpec& spec) {
  try {
    const ModelDirectories directories = model_directories(trial, spec);
    return TrialShape{directories.llm, feature_shape(directories).image_tokens};
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Whether a stage of this kind is still to be made for a trial.
bool is_pending(const PlannedTrial& trial, const Plan& plan, std::string_view kind) {
  return std::any_of(trial.planned.begin(), trial.planned.end(), [&](std::size_t index) {
    const PlannedStage& stage = plan.stages[index];
    return stage.request->kind == kind && stage.status != StageStatus::reuse;
  });
}

/// Counts rows of files, each once an encoding.
class Censuses {
 public:
  explicit Censuses(RowFiles& files) : files_(files) {}

  /// Lines about rows that were not counted yet.
  std::vector<std::string> of(const LlavaFile& file, const std::filesystem::path& llm,
                              const RowEncoding& encoding) {
    const models::ConversationTemplate& form = encoding.conversation;
    const Key key{file.path().string(),
                  llm.string(),
                  form.name,
                  form.system,
                  form.user,
                  form.assistant,
                  form.turn_end,
                  encoding.image_tokens,
                  encoding.max_length,
                  encoding.isolated};
    if (!counted_.insert(key).second) return {};
    std::vector<std::string> lines;
    files_.guarded([&] {
      const RowCensus census = take_census(file, tokenizer(llm), encoding, kMostEncoded);
      if (census.whole) require_teaching(census);
      lines = sentences(census);
    });
    return lines;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string, std::string,
                         std::string, std::int64_t, std::int64_t, bool>;

  const models::Tokenizer& tokenizer(const std::filesystem::path& llm) {
    std::unique_ptr<models::Tokenizer>& known = tokenizers_[llm.string()];
    if (!known) known = models::Tokenizer::load(llm);
    return *known;
  }

  RowFiles& files_;
  std::set<Key> counted_;
  std::map<std::string, std::unique_ptr<models::Tokenizer>> tokenizers_;
};

}  // namespace

void look_at_rows(Plan& plan) {
  RowFiles files;
  Censuses censuses(files);
  const auto count = [&](std::string_view stage, const std::string& json, const std::filesystem::path& llm,
                         const RowEncoding& encoding) {
    const LlavaFile* file = files.open(json);
    if (file == nullptr) return;
    for (const std::string& line : censuses.of(*file, llm, encoding)) {
      std::string note = fmt::format("{} rows: {}", stage, line);
      // Several encodings may find the same.
      if (std::find(plan.notes.begin(), plan.notes.end(), note) == plan.notes.end())
        plan.notes.push_back(std::move(note));
    }
  };
  for (const PlannedTrial& planned : plan.trials) {
    const TrialConfig& config = planned.trial.config;
    const bool connector = is_pending(planned, plan, "connector") && !config.connector_data.json.empty();
    const bool finetune = is_pending(planned, plan, "finetune") && !config.finetune_data.json.empty();
    if (!connector && !finetune) continue;
    const std::optional<TrialShape> shape = shape_of(planned.trial, plan.sweep.spec);
    if (!shape) continue;
    if (connector) {
      count("connector", config.connector_data.json, shape->llm,
            {models::conversation_template("plain"), shape->image_tokens, config.max_length, true});
    }
    if (finetune) {
      count("finetune", config.finetune_data.json, shape->llm,
            {conversation_of(config), shape->image_tokens, config.max_length, config.turns == "isolated"});
    }
  }
  files.throw_if_any();
}

}  // namespace imp::harness
