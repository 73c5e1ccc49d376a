// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/plan/stage_request.h"
#include "tests/harness/plan/temporary_folder.h"

namespace imp::harness::test {

/// A runs folder that a test writes by hand. All of it was written two days ago unless a test says otherwise.
class MadeRuns {
 public:
  MadeRuns();

  [[nodiscard]] const std::filesystem::path& path() const { return runs_; }
  [[nodiscard]] std::filesystem::path stage_folder(const StageInput& stage) const {
    return runs_ / "stages" / (stage.kind + "-" + stage.key);
  }

  /// A finished stage, whose key is 32 times `digit`.
  StageInput stage(const std::string& kind, char digit, const std::vector<StageInput>& inputs = {},
                   const nlohmann::json& parameters = nlohmann::json::object(), int version = 1) const;
  /// One that was interrupted.
  StageInput unfinished(const std::string& kind, char digit) const;

  struct Trial {
    std::string name;
    std::vector<StageInput> stages;
    std::string status = "done";  ///< "": it has no outcome
    nlohmann::json config = nlohmann::json::object();
    nlohmann::json more = nlohmann::json::object();  ///< of its outcome
  };
  void sweep(const std::string& name, const std::vector<Trial>& trials) const;

  std::filesystem::path write(const std::string& name, const std::string& content) const;
  /// Sets the time of a file, or of all below a folder.
  static void age(const std::filesystem::path& path);

 private:
  TemporaryFolder folder_;
  std::filesystem::path runs_;
};

[[nodiscard]] StageInput stage_named(const std::string& kind, char digit);

}  // namespace imp::harness::test
