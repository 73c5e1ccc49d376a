// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/pictures_look.h"

#include <set>
#include <string>

#include "models/io/error.h"

namespace imp::harness {
namespace {

class PicturesLook {
 public:
  explicit PicturesLook(TrialRunner& runner) : runner_(runner) {}

  void look(const PlannedTrial& planned) {
    for (const StageRequest& request : planned.stages) {
      if (request.kind != "pictures") continue;
      try {
        for (const StageRequest& input : planned.stages)
          if (!request.inputs.empty() && input.key == request.inputs.front().key) make(planned, input);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::environment) throw;
        continue;  // rows that cannot be read fail their cells
      }
      try {
        make(planned, request);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::environment) throw;
        problems_ += (problems_.empty() ? "" : "\n") + std::string(error.what());
      }
    }
  }

  void throw_if_any() const {
    if (!problems_.empty()) throw Error::of_lines(problems_);
  }

 private:
  void make(const PlannedTrial& planned, const StageRequest& request) {
    if (!tried_.insert(request.key).second) return;
    if (const auto seconds = runner_.stages().make_if_missing(planned, request, "[before the first cell]"))
      runner_.note_made_early(request.key, *seconds);
  }

  TrialRunner& runner_;
  std::set<std::string> tried_;
  std::string problems_;
};

}  // namespace

void look_at_pictures(const Plan& plan, TrialRunner& runner) {
  PicturesLook look(runner);
  for (const PlannedTrial& planned : plan.trials)
    if (!runner.is_done(planned)) look.look(planned);
  look.throw_if_any();
}

}  // namespace imp::harness
