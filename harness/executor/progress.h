// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "harness/stages/stage_context.h"
#include "models/io/file.h"

namespace imp::harness {

/// What a person and a program are told while a sweep runs: a bar on a terminal, plain lines otherwise (both
/// on stderr), and an NDJSON event stream if asked for.
class Progress : public StageObserver {
 public:
  /// events: file of the stream; empty: none. Throws imp::Error (environment) if it cannot be written.
  explicit Progress(const std::filesystem::path& events);
  ~Progress() override = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// A stage begins; `label` says which cell and kind.
  void begin_stage(const std::string& trial, const std::string& kind, const std::string& label);
  void end_stage(double seconds);
  /// A line for people, above the bar.
  void say(const std::string& line);
  /// A cell's score, as it comes; goes to stderr and to the events.
  void report_score(const std::string& trial, const std::string& benchmark, const std::string& metric,
                    double value, double standard_error);
  void report_failure(const std::string& trial, const std::string& kind, const std::string& message);

  void on_step(const StepRecord& record, int64_t total_steps) override;
  void on_units(int64_t done, int64_t total, const std::string& unit) override;
  void on_warning(const std::string& text) override;

  /// One event of the stream.
  virtual void event(const nlohmann::json& record);

 protected:
  Progress(const std::filesystem::path& events, bool terminal);
  /// A plain line.
  virtual void print(const std::string& line);

 private:
  void draw(const std::string& text, bool last);

  bool terminal_;
  std::optional<LineWriter> events_;
  std::string trial_, kind_, label_;
  std::chrono::steady_clock::time_point stage_start_{}, last_drawn_{};
  std::optional<double> mean_loss_;
  int64_t first_step_ = 0, stage_tokens_ = 0;
  bool bar_open_ = false;
  std::set<std::string> warned_;
};

}  // namespace imp::harness
