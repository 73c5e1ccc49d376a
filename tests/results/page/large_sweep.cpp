// SPDX-License-Identifier: Apache-2.0
#include "tests/results/page/large_sweep.h"

#include "results/effects/sweep_statistics.h"

namespace imp::results::testing {
namespace {

constexpr const char* kSweep = R"sql(
INSERT INTO sweep (sweep_id, name, about, created, spec_file, spec_text, seeds_json, benchmarks_json)
  VALUES (1, 'large', 'What helps?', '2026-11-24T08:00:00Z', 'large.yaml', 'version: 1', '[1, 2, 3]', '["words", "objects"]');
CREATE TEMP TABLE level (position INTEGER, name TEXT, place INTEGER, level TEXT);
INSERT INTO level VALUES (0, 'llm', 0, 'phi'), (0, 'llm', 1, 'llama'), (0, 'llm', 2, 'qwen'),
  (1, 'encoder', 0, 'siglip'), (1, 'encoder', 1, 'clip'), (1, 'encoder', 2, 'vit'),
  (2, 'lora_rank', 0, '64'), (2, 'lora_rank', 1, '128'), (2, 'lora_rank', 2, '256'), (2, 'lora_rank', 3, '512');
INSERT INTO factor (sweep_id, position, name, level_position, level) SELECT 1, * FROM level;
)sql";

constexpr const char* kTrials = R"sql(
WITH seeds (seed) AS (VALUES (1), (2), (3)),
cell AS (SELECT 12 * a.place + 4 * b.place + c.place AS number, a.level AS llm, b.level AS encoder, c.level AS rank
  FROM level AS a, level AS b, level AS c WHERE a.position = 0 AND b.position = 1 AND c.position = 2)
INSERT INTO trial (trial_id, sweep_id, name, cell_number, cell, seed, status, levels_json, config_json, wall_seconds,
    train_seconds, eval_seconds, train_tokens, tokens_per_second, peak_memory_bytes, trained_parameters, flops, source)
SELECT 3 * number + seed, 1, format('llm=%s,encoder=%s,lora_rank=%s,seed=%d', llm, encoder, rank, seed), number,
  format('llm=%s, encoder=%s, lora_rank=%s', llm, encoder, rank), seed, 'done',
  json_object('llm', llm, 'encoder', encoder, 'lora_rank', rank),
  json_object('llm', llm, 'encoder', encoder, 'lora_rank', CAST(rank AS INTEGER), 'epochs', 2, 'seed', seed),
  100.0 + number, 60.0 + number, 20.0, 1000000, 12000.0, 2147483648, 1000000 * (1 + number), 1e13, '' FROM seeds, cell;
INSERT INTO trial_stage (trial_id, position, kind, key, reused, seconds)
  SELECT trial_id, 0, 'connector', 'c', 1, 0.0 FROM trial UNION ALL SELECT trial_id, 1, 'finetune', trial_id, 0, 60.0 FROM trial;
INSERT INTO attempt (trial_id, attempt, started, ended, status, stage, error_type, error_message, micro_batch)
  SELECT trial_id, 1, '2026-11-24T08:00:00Z', '2026-11-24T08:02:00Z', 'done', 'eval', '', '', 16 FROM trial;
INSERT INTO provenance (trial_id, imp_version, cpu, threads, dtype) SELECT trial_id, '0.1.0', 'x', 2, 'float32' FROM trial;
WITH RECURSIVE step (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM step WHERE n < 300)
INSERT INTO train_step (trial_id, step, loss, lr, grad_norm, tokens, seconds)
  SELECT trial_id, n, 2.0 / n + (trial_id * n * 7 % 100) / 1000.0, 1e-4, 1.0, 500, 0.1 FROM trial, step;
INSERT INTO stage_step (kind, key, step, loss, lr, grad_norm, tokens, seconds)
  SELECT 'connector', 'c', step, loss, lr, grad_norm, tokens, seconds FROM train_step WHERE trial_id = 1;
)sql";

constexpr const char* kAnswers = R"sql(
INSERT INTO question_set (question_set_id, sweep_id, benchmark, name) VALUES (1, 1, 'words', 'q'), (2, 1, 'objects', 'q');
INSERT INTO trial_question_set (trial_id, question_set_id) SELECT trial_id, question_set_id FROM trial, question_set;
WITH RECURSIVE number (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM number WHERE n < 2999)
INSERT INTO question (question_key, question_set_id, question_id, image_id, family, question, references_json)
SELECT n + 1, 1 + n / 1500, n, format('%06d', n / 4), format('family %d', n / 2 % 5),
  format('What does the sign number %d on the left of the bakery say?', n), json_array('stop', 'stop sign', 'halt') FROM number;
INSERT INTO answer (trial_id, question_key, control, prediction, score, question_tokens, answer_tokens)
SELECT trial_id, question_key, '', iif(right, 'stop sign', 'the pharmacy on the left'), right, 70, 3 FROM
  (SELECT trial_id, question_key, (trial_id * 7919 + question_key * 104729) * (question_key % 89 + 13) % 9973 % 97
     < 30 + trial_id / 3 AS right FROM trial, question);
INSERT INTO score (trial_id, benchmark, metric, value, standard_error, n, main)
SELECT trial_id, benchmark, 'vqa_accuracy', avg(score), 0.01, count(*), 1
FROM answer JOIN question USING (question_key) JOIN question_set USING (question_set_id) GROUP BY trial_id, benchmark;
)sql";

}  // namespace

void make_large_sweep(Database& database) {
  Transaction transaction(database);
  for (const char* sql : {kSweep, kTrials, kAnswers, "DROP TABLE temp.level"}) database.execute(sql);
  refresh_statistics(database, 1);
  transaction.commit();
}

}  // namespace imp::results::testing
