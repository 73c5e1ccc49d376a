// SPDX-License-Identifier: Apache-2.0
#include "results/claims/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "results/claims/registration.h"
#include "results/ingest.h"
#include "results/results_database.h"
#include "tests/results/claims/claimed_sweep.h"

namespace imp::results {
namespace {

using testing::claim_text;
using testing::claims_file;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Claims : public ::testing::Test {
 protected:
  std::map<std::string, JudgedClaim> judge(const std::string& claims) {
    std::map<std::string, JudgedClaim> judged;
    for (JudgedClaim& each : judge_claims(database_, parse_claims(claims_file(claims), "c")))
      judged[each.claim.name] = each;
    return judged;
  }
  void take_in(int unfinished_seeds = 0, int seeds = 2) {
    testing::write_claimed_sweep(runs_, unfinished_seeds, seeds);
    EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  }
  /// Gives the effect 256 -> 512 this difference, standard error and degrees of freedom.
  void set_effect(double difference, double error, double degrees, double half_width) {
    Statement(
        database_,
        "UPDATE effect SET difference = ?1, standard_error = ?2, degrees_of_freedom = ?3, ci_low = ?1 - ?4, "
        "ci_high = ?1 + ?4 WHERE from_level = '256'")
        .run(difference, error, degrees, half_width);
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path runs_ = folder_.path() / "runs";
  Database database_ = open_results(folder_.path() / "imp.db", Access::write);
};

TEST_F(Claims, AreJudgedByTheSideOfTheirInterval) {
  take_in();
  const auto judged = judge(claim_text("right", 128, 256, "higher") + claim_text("wrong", 128, 256, "lower") +
                            claim_text("back", 256, 128, "lower") + claim_text("open", 256, 512, "higher"));
  EXPECT_EQ(judged.at("right").verdict, Verdict::supported);
  EXPECT_NEAR(*judged.at("right").difference, 0.2, 0.01);
  EXPECT_EQ(judged.at("wrong").verdict, Verdict::contradicted);
  EXPECT_EQ(judged.at("back").verdict, Verdict::supported);
  EXPECT_NEAR(*judged.at("back").difference, -*judged.at("right").difference, 1e-12);
  EXPECT_NEAR(*judged.at("back").ci_low, -*judged.at("right").ci_high, 1e-12);
  EXPECT_EQ(judged.at("open").verdict, Verdict::not_resolved);
  EXPECT_THAT(judged.at("right").why, HasSubstr("predicted higher; seen +20"));
}

TEST_F(Claims, NoDifferenceIsResolvedWhereTheIntervalLiesWithinOrBeyondTheMargin) {
  take_in();
  const auto verdict = [&] {
    return judge(claim_text("c", 256, 512, "same", ", margin: 1")).at("c").verdict;
  };
  constexpr double kError = 0.002;
  constexpr double kHalf = 2.228139 * kError;  // Student's t, 10 degrees of freedom
  for (const double difference :
       {-0.02, -0.0146, -0.0144, -0.0056, -0.0055, 0.0, 0.0055, 0.0056, 0.01, 0.0144, 0.0146}) {
    set_effect(difference, kError, 10.0, kHalf);
    const bool within = std::abs(difference) + kHalf < 0.01;
    const bool beyond = std::abs(difference) - kHalf > 0.01;
    EXPECT_EQ(verdict(), within   ? Verdict::supported
                         : beyond ? Verdict::contradicted
                                  : Verdict::not_resolved)
        << difference;
  }
}

TEST_F(Claims, AmongManyAVerdictAsksForHolmsP) {
  take_in();
  database_.execute("UPDATE effect SET p = 0.03, difference = 0.01, ci_low = 0.001, ci_high = 0.019");
  const std::string one = claim_text("a", 128, 256, "higher");
  EXPECT_EQ(judge(one).at("a").verdict, Verdict::supported);
  const auto two = judge(one + claim_text("b", 128, 512, "higher"));
  EXPECT_EQ(two.at("a").verdict, Verdict::not_resolved);
  EXPECT_NEAR(*two.at("a").p_holm, 0.06, 1e-12);
  EXPECT_THAT(two.at("a").why, HasSubstr("among so many claims it is not"));
  const auto untestable =
      judge(one + "  - {name: x, sweep: none, factor: f, from: 1, to: 2, direction: lower}\n");
  EXPECT_EQ(untestable.at("a").verdict, Verdict::supported) << "a claim that cannot be tested is no try";
}

TEST_F(Claims, WhatCannotBeTestedSaysWhyWithTheNearestName) {
  take_in();
  const auto why = [&](const std::string& fields) {
    const JudgedClaim judged = judge("  - {name: c, direction: higher, " + fields + "}\n").at("c");
    EXPECT_EQ(judged.verdict, Verdict::not_resolved);
    EXPECT_FALSE(judged.p);
    return judged.why;
  };
  EXPECT_THAT(why("sweep: rnks, factor: lora_rank, from: 128, to: 256"),
              HasSubstr("no sweep 'rnks' in the database yet"));
  EXPECT_THAT(why("sweep: ranks, factor: lora_rnk, from: 128, to: 256"),
              HasSubstr("did you mean 'lora_rank'?"));
  EXPECT_THAT(why("sweep: ranks, factor: lora_rank, from: 128, to: 64"),
              HasSubstr("lora_rank has no level '64'"));
  EXPECT_THAT(why("sweep: ranks, factor: lora_rank, from: 128, to: 256, benchmark: scenetxt"),
              HasSubstr("did you mean 'scenetext'?"));
  EXPECT_THAT(why("sweep: \"'; DROP TABLE effect; --\", factor: lora_rank, from: 128, to: 256"),
              HasSubstr("no sweep"));
  EXPECT_THAT(why("sweep: ranks, factor: lora_rank, from: 128, to: 256, where: {llm: llama}"),
              HasSubstr("no cell that can be compared has llm = llama"));
  EXPECT_THAT(why("sweep: ranks, factor: lora_rank, from: 128, to: 256, where: {lm: phi}"),
              HasSubstr("no configuration has the key 'lm'; did you mean 'llm'?"));
  EXPECT_EQ(judge(claim_text("c", 128, 256, "higher", ", where: {llm: phi, epochs: 2.0}")).at("c").verdict,
            Verdict::supported);
}

// Of llm x lora_rank, rank helps phi by 20 points and llama by none: the sweep's own effect is their mean,
// the claim's is of the cells that `where` chooses, and equals what a sweep of these cells alone would have.
TEST_F(Claims, WhereChoosesTheCellsThatAClaimIsAbout) {
  const auto write = [&](const std::string& name, const std::vector<std::string>& models) {
    testing::SweepFolder sweep(runs_, name);
    sweep.plan()["seeds"] = {1, 2, 3};
    sweep.plan()["factors"] = {{{"name", "llm"}, {"levels", models}},
                               {{"name", "lora_rank"}, {"levels", {"128", "256"}}}};
    for (const std::string& model : models) {
      for (const std::string rank : {"128", "256"}) {
        for (int seed = 1; seed <= 3; ++seed) {
          sweep.add_trial(rank, seed);
          testing::json& planned = sweep.plan()["trials"].back();
          const std::string trial = fmt::format("llm={},lora_rank={},seed={}", model, rank, seed);
          planned["trial"] = trial;
          planned["levels"] = {{"llm", model}, {"lora_rank", rank}};
          planned["config"]["llm"] = model;
          testing::json outcome = sweep.outcome(trial, rank, seed);
          outcome["config"]["llm"] = model;
          std::vector<testing::Question> questions;
          for (int q = 0; q < 60; ++q) {
            const double noise = 0.01 * ((q * 7 + std::stoi(rank) / 128 * 3 + seed * 5) % 11 - 5);
            const double gain = model == "phi" && rank == "256" ? 0.2 : 0.0;
            questions.push_back({q, fmt::format("picture {}", q / 2), 0.4 + gain + noise, 0.1});
          }
          sweep.add_answers(outcome, "scenetext", questions);
          sweep.write_outcome(outcome);
        }
      }
    }
    sweep.write_plan();
    EXPECT_THAT(ingest_sweep(database_, runs_, name), IsEmpty());
  };
  write("both", {"phi", "llama"});
  write("alone", {"phi"});
  const auto claim = [](const std::string& name, const std::string& sweep, const std::string& where) {
    return fmt::format(
        "  - {{name: {}, sweep: {}, factor: lora_rank, from: 128, to: 256, direction: higher{}}}\n", name,
        sweep, where);
  };
  const auto judged =
      judge(claim("all", "both", "") + claim("phi", "both", ", where: {llm: phi}") +
            claim("llama", "both", ", where: {llm: llama, epochs: 2}") + claim("alone", "alone", ""));
  EXPECT_NEAR(*judged.at("phi").difference, *judged.at("alone").difference, 1e-12);
  EXPECT_EQ(judged.at("phi").verdict, Verdict::supported);
  EXPECT_THAT(judged.at("phi").why, HasSubstr("among the 2 of 4 cells with llm = phi"));
  EXPECT_NEAR(*judged.at("all").difference,
              (*judged.at("phi").difference + *judged.at("llama").difference) / 2.0, 1e-12);
  EXPECT_EQ(judged.at("llama").verdict, Verdict::not_resolved);
  EXPECT_GT(*judged.at("phi").ci_low, 0.19);
}

TEST_F(Claims, AnUnfinishedSweepAndASingleSeedResolveNothing) {
  take_in(1);
  EXPECT_THAT(judge(claim_text("c", 128, 256, "higher")).at("c").why,
              HasSubstr("not finished: 3 of 9 trials are still to run; so far +20"));
  std::filesystem::remove_all(runs_);
  take_in(0, 1);
  const JudgedClaim one_seed = judge(claim_text("c", 128, 256, "lower")).at("c");
  EXPECT_EQ(one_seed.verdict, Verdict::not_resolved);
  EXPECT_THAT(one_seed.why, HasSubstr("one seed"));
}

TEST_F(Claims, ThatASweepRegisteredAreInTheDatabaseAndInARebuiltOne) {
  testing::write_claimed_sweep(runs_);
  testing::write_registration(
      runs_,
      claims_file(claim_text("a", 128, 256, "higher") +
                  "  - {name: x, sweep: other, factor: f, from: 1, to: 2, direction: lower}\n"),
      "2026-11-24T07:59:59Z");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  const auto rows = [](Database& database) {
    std::string text;
    Statement row(database,
                  "SELECT claim || ' ' || verdict || ' ' || registered || ' ' || sha256 FROM v_claims");
    while (row.step()) text += row.text(0) + "\n";
    return text;
  };
  EXPECT_EQ(rows(database_), "a supported before abc\n");
  rebuild(folder_.path() / "again.db", runs_);
  Database again = open_results(folder_.path() / "again.db", Access::read);
  EXPECT_EQ(rows(again), rows(database_));
  EXPECT_THAT(ingest_trial(database_, runs_, "ranks", "lora_rank=128,seed=1"), IsEmpty());
  EXPECT_EQ(rows(database_), "") << "no verdict of what is being taken in";
}

TEST_F(Claims, SayWhetherTheyWereWrittenDownFirst) {
  const auto registered = [&](const std::string& text, const std::string& recorded,
                              const std::string& asked) {
    std::filesystem::remove_all(runs_);
    testing::write_claimed_sweep(runs_);
    testing::write_registration(runs_, claims_file(text), recorded);
    EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
    return judge(asked).at("a").registered;
  };
  const std::string higher = claim_text("a", 128, 256, "higher");
  // The first attempt starts at 2026-11-24T08:00:00Z.
  EXPECT_EQ(registered(higher, "2026-11-24T07:00:00Z", higher), Registered::before);
  EXPECT_EQ(registered(higher, "2026-11-24T09:00:00Z", higher), Registered::after);
  EXPECT_EQ(registered(higher, "2026-11-24T07:00:00Z", claim_text("a", 128, 256, "lower")),
            Registered::never);
  // An evaluation that another sweep had made: the answers were known.
  Statement(database_, "UPDATE trial_stage SET kind = 'eval' WHERE kind = 'data'").run();
  Statement(database_,
            "INSERT INTO stage (kind, key, version, parameters_json, inputs_json, made, seconds, host) "
            "VALUES ('eval', ?, '1', '{}', '[]', '2026-11-24T06:00:00Z', 1.0, 'h')")
      .run(std::string(32, 'a'));
  EXPECT_EQ(judge(higher).at("a").registered, Registered::after);
}

TEST_F(Claims, ARecordThatCannotBeReadIsAProblemAndNoCrash) {
  testing::write_claimed_sweep(runs_);
  testing::write_file(runs_ / "ranks" / "claims.json", "{\"schema\": 1, \"entries\": [{\"file\": 3}]}");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"),
              ::testing::ElementsAre(HasSubstr("claims.json: entries: key 'file'")));
  testing::write_registration(runs_, "no: claims", "2026-11-24T07:00:00Z");
  EXPECT_THAT(ingest_sweep(database_, runs_, "ranks"), IsEmpty());
  EXPECT_EQ(database_.integer("SELECT count(*) FROM claim_result"), 0);
  EXPECT_EQ(database_.integer("SELECT count(*) FROM claim_file"), 1);
}

}  // namespace
}  // namespace imp::results
