// SPDX-License-Identifier: Apache-2.0
#include "harness/executor/work_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace imp::harness {
namespace {

/// A plan of trials that go through data, one of some connectors, and a finetune stage of their own; and what
/// would lie in its runs folder.
class QueueTest : public testing::Test {
 protected:
  /// connectors: of each trial.
  explicit QueueTest(const std::vector<std::string>& connectors = {"a", "a", "a", "b", "b"}) {
    for (std::size_t i = 0; i < connectors.size(); ++i) {
      PlannedTrial trial;
      trial.trial.name = "trial " + std::to_string(i);
      add(trial, "data", "d", {});
      add(trial, "connector", connectors[i], {{"data", "d"}});
      add(trial, "finetune", std::to_string(i), {{"connector", connectors[i]}, {"data", "d"}});
      plan_.trials.push_back(trial);
    }
  }

  [[nodiscard]] WorkQueue queue() {
    return {plan_,
            {[&](const PlannedTrial& trial) { return done_.contains(trial.trial.name); },
             [&](const StageRequest& stage) { return there_.contains(stage.key); },
             [&](const StageRequest& stage) { return elsewhere_.contains(stage.key); },
             [&](const std::string& trial) { return elsewhere_.contains(trial); }}};
  }
  /// What is given out next, `connector a` or `trial 3`, and begins; empty: nothing can.
  std::string next(WorkQueue& queue, const std::function<bool(const WorkItem&)>& fits = nullptr) {
    const auto item = queue.next(fits ? fits : [](const WorkItem&) { return true; });
    if (!item) return "";
    queue.begin(*item);
    const std::string name =
        item->stage ? plan_.stages[*item->stage].request->kind + " " + plan_.stages[*item->stage].request->key
                    : plan_.trials[item->trial].trial.name;
    begun_[name] = *item;
    return name;
  }
  void end(WorkQueue& queue, const std::string& name) {
    const WorkItem item = begun_.at(name);
    if (item.stage) there_.insert(plan_.stages[*item.stage].request->key);
    queue.end(item);
  }

  Plan plan_;
  std::set<std::string> done_, there_, elsewhere_;

 private:
  void add(PlannedTrial& trial, const std::string& kind, const std::string& key,
           std::vector<StageInput> inputs) {
    const auto request =
        std::make_shared<const StageRequest>(StageRequest{kind, 1, {}, std::move(inputs), key});
    auto stage = std::find_if(plan_.stages.begin(), plan_.stages.end(),
                              [&](const PlannedStage& known) { return known.request->key == key; });
    if (stage == plan_.stages.end())
      stage = plan_.stages.insert(stage, PlannedStage{.request = request, .reason = "", .seconds = {}});
    trial.stages.add(request);
    trial.planned.push_back(static_cast<std::size_t>(stage - plan_.stages.begin()));
  }

  std::map<std::string, WorkItem> begun_;
};

TEST_F(QueueTest, GivesOutSharedStagesFirstAndTheOneThatMostTrialsNeedBeforeOthers) {
  WorkQueue queue = this->queue();
  EXPECT_EQ(next(queue), "data d");
  EXPECT_EQ(next(queue), "") << "everything else is made from it";
  end(queue, "data d");
  EXPECT_EQ(next(queue), "connector a");
  EXPECT_EQ(next(queue), "connector b");
  EXPECT_EQ(next(queue), "");
  end(queue, "connector b");
  EXPECT_EQ(next(queue), "trial 3") << "no trial waits for a stage that another worker makes";
  end(queue, "connector a");
  for (const char* trial : {"trial 0", "trial 1", "trial 2", "trial 4"}) EXPECT_EQ(next(queue), trial);
  EXPECT_EQ(next(queue), "");
  for (const char* trial : {"trial 0", "trial 1", "trial 2", "trial 3", "trial 4"}) {
    EXPECT_FALSE(queue.is_empty());
    end(queue, trial);
  }
  EXPECT_TRUE(queue.is_empty());
}

TEST_F(QueueTest, PassesOverWhatAnotherProcessIsAt) {
  there_ = {"d", "a"};
  elsewhere_ = {"b", "trial 0"};
  WorkQueue queue = this->queue();
  EXPECT_EQ(next(queue), "trial 1");
  EXPECT_EQ(next(queue), "trial 2");
  EXPECT_EQ(next(queue), "");
  elsewhere_.clear();  // it was killed
  EXPECT_EQ(next(queue), "connector b");
  EXPECT_EQ(next(queue), "trial 0");
}

TEST_F(QueueTest, LeavesASharedStageThatFailedToItsTrials) {
  there_ = {"d"};
  WorkQueue queue = this->queue();
  EXPECT_EQ(next(queue), "connector a");
  EXPECT_EQ(next(queue), "connector b");
  const WorkItem failed{0, 1};
  queue.leave_to_trials(*failed.stage);
  queue.end(failed);
  EXPECT_EQ(next(queue), "trial 0");
  EXPECT_EQ(next(queue), "trial 1");
  EXPECT_EQ(next(queue), "trial 2");
  EXPECT_EQ(next(queue), "");
}

TEST_F(QueueTest, GivesATrialOutAgainThatWasGivenBack) {
  there_ = {"d", "a", "b"};
  WorkQueue queue = this->queue();
  EXPECT_EQ(next(queue), "trial 0");
  queue.give_back({0, std::nullopt});
  EXPECT_EQ(next(queue), "trial 0");
}

TEST_F(QueueTest, GivesOutWhatFits) {
  there_ = {"d", "a", "b"};
  WorkQueue queue = this->queue();
  EXPECT_EQ(next(queue, [](const WorkItem& item) { return item.trial >= 3; }), "trial 3");
  EXPECT_EQ(next(queue, [](const WorkItem&) { return false; }), "");
}

TEST_F(QueueTest, HasNothingOfTrialsThatAreDone) {
  done_ = {"trial 0", "trial 1", "trial 3", "trial 4"};
  WorkQueue queue = this->queue();
  EXPECT_EQ(queue.already_done(), 4u);
  EXPECT_EQ(next(queue), "trial 2") << "what it needs is shared with none that is left";
  end(queue, "trial 2");
  EXPECT_TRUE(queue.is_empty());
}

}  // namespace
}  // namespace imp::harness
