// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/executor/provenance.h"
#include "harness/plan/plan_printer.h"
#include "models/io/printable.h"

namespace imp::harness {
namespace {

using std::chrono::steady_clock;

constexpr double kBarEvery = 0.1;    // seconds between redraws on a terminal
constexpr double kLineEvery = 15.0;  // and between plain lines

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

std::string bar(int64_t done, int64_t total) {
  constexpr int64_t kWidth = 24;
  const int64_t filled = total > 0 ? kWidth * done / total : 0;
  std::string text;
  for (int64_t i = 0; i < kWidth; ++i) text += i < filled ? "█" : "·";
  return text;
}

std::string tokens_per_second(double value) {
  return value >= 1000 ? fmt::format("{:.1f}k tokens/s", value / 1000)
                       : fmt::format("{:.0f} tokens/s", value);
}

}  // namespace

Progress::Progress(const std::filesystem::path& events) : Progress(events, ::isatty(STDERR_FILENO) == 1) {}

Progress::Progress(const std::filesystem::path& events, bool terminal) : terminal_(terminal) {
  if (!events.empty()) events_.emplace(events);
}

void Progress::begin_stage(const std::string& trial, const std::string& kind, const std::string& label) {
  trial_ = trial;
  kind_ = kind;
  label_ = label;
  stage_start_ = steady_clock::now();
  last_drawn_ = {};
  mean_loss_.reset();
  first_step_ = 0;
  stage_tokens_ = 0;
  event(nlohmann::json{{"event", "stage_begin"}, {"time", iso_time_now()}, {"trial", trial}, {"kind", kind}});
  if (!terminal_) print(label_);
}

void Progress::end_stage(double seconds) {
  if (terminal_) draw(fmt::format("{}  done in {}", label_, duration_as_text(seconds)), true);
  event(nlohmann::json{{"event", "stage_end"},
                       {"time", iso_time_now()},
                       {"trial", trial_},
                       {"kind", kind_},
                       {"seconds", seconds}});
}

void Progress::say(const std::string& line) {
  if (bar_open_) fmt::print(stderr, "\r\033[K");
  bar_open_ = false;
  print(line);
}

void Progress::print(const std::string& line) {
  fmt::print(stderr, "{}\n", printable(line));
}

void Progress::report_score(const std::string& trial, const std::string& benchmark, const std::string& metric,
                            double value, double standard_error) {
  say(fmt::format("{}: {} {} {:.1f} ± {:.1f}", trial, benchmark, metric, 100 * value, 100 * standard_error));
  event(nlohmann::json{{"event", "score"},
                       {"time", iso_time_now()},
                       {"trial", trial},
                       {"benchmark", benchmark},
                       {"metric", metric},
                       {"value", value},
                       {"standard_error", standard_error}});
}

void Progress::report_failure(const std::string& trial, const std::string& kind, const std::string& message) {
  say(fmt::format("{}: {} failed: {}", trial, kind, message));
  event(nlohmann::json{{"event", "failure"},
                       {"time", iso_time_now()},
                       {"trial", trial},
                       {"kind", kind},
                       {"message", message}});
}

void Progress::on_warning(const std::string& text) {
  // Trials that share their rows would say the same.
  if (warned_.insert(text).second) say("warning: " + text);
  event(nlohmann::json{
      {"event", "warning"}, {"time", iso_time_now()}, {"trial", trial_}, {"kind", kind_}, {"message", text}});
}

void Progress::on_step(const StepRecord& record, int64_t total_steps) {
  if (first_step_ == 0) first_step_ = record.step;
  if (record.loss) mean_loss_ = mean_loss_ ? *mean_loss_ + 0.05 * (*record.loss - *mean_loss_) : *record.loss;
  stage_tokens_ += record.tokens;
  const bool last = record.step == total_steps;
  if (!last && seconds_since(last_drawn_) < (terminal_ ? kBarEvery : kLineEvery)) return;
  const double elapsed = seconds_since(stage_start_);
  const double per_step = elapsed / static_cast<double>(record.step - first_step_ + 1);
  const std::string left = duration_as_text(per_step * static_cast<double>(total_steps - record.step));
  const std::string loss = mean_loss_ ? fmt::format("{:.4f}", *mean_loss_) : "none yet";
  draw(fmt::format("{}  {} step {}/{}  loss {}  {}  {} left", label_,
                   terminal_ ? bar(record.step, total_steps) : "", record.step, total_steps, loss,
                   tokens_per_second(static_cast<double>(stage_tokens_) / elapsed), left),
       false);
}

void Progress::on_units(int64_t done, int64_t total, const std::string& unit) {
  if (done != total && seconds_since(last_drawn_) < (terminal_ ? kBarEvery : kLineEvery)) return;
  const double rate = static_cast<double>(done) / std::max(1e-9, seconds_since(stage_start_));
  draw(fmt::format("{}  {} {}/{} {}  {:.0f}/s", label_, terminal_ ? bar(done, total) : "", done, total, unit,
                   rate),
       false);
}

void Progress::draw(const std::string& text, bool last) {
  last_drawn_ = steady_clock::now();
  if (!terminal_) return print(text);
  fmt::print(stderr, "\r\033[K{}{}", printable(text), last ? "\n" : "");
  std::fflush(stderr);
  bar_open_ = !last;
}

void Progress::event(const nlohmann::json& record) {
  // A message may carry a file's name, which may be any bytes.
  if (events_) events_->write(record.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace imp::harness
