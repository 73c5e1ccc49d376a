// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/plan/stage_request.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness::test {

/// A sweep of one cell with all kinds of inputs in a folder of its own: the tiny zoo's models, rows and
/// pictures of the user's, a projector, an adapter, and a benchmark of two questions. Everything is right
/// until a test damages it.
class SmallSweep {
 public:
  SmallSweep();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path file() const { return folder() / "small.yaml"; }
  [[nodiscard]] std::filesystem::path runs() const { return folder() / "runs"; }

  /// Writes the sweep file; `more` are further keys of the baseline or others in their place, `rest` further
  /// lines.
  void write(const std::map<std::string, std::string>& more = {}, const std::string& rest = "") const;

  /// Changes an input's JSON.
  template <class Change>
  void edit(const std::string& name, const Change& change) const {
    nlohmann::ordered_json value = json(name);
    change(value);
    write_file(name, value.dump());
  }
  [[nodiscard]] nlohmann::ordered_json json(const std::string& name) const;
  void write_file(const std::string& name, const std::string& content) const {
    (void)folder_.write(name, content);
  }
  void cut_off(const std::string& name, std::uintmax_t bytes = 100) const;
  void remove(const std::string& name) const { std::filesystem::remove_all(folder() / name); }

 private:
  TemporaryFolder folder_;
};

/// Puts a finished stage into the runs folder: one second on the CPU.
void finish(const SmallSweep& sweep, const StageRequest& stage, double flops = 0);

/// A projector or adapter file of zeros: names and shapes.
void write_zeros(const std::filesystem::path& file,
                 const std::map<std::string, std::vector<std::int64_t>>& shapes);

}  // namespace imp::harness::test
