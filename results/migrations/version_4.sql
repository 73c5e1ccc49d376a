-- 3 to 4: answers say which control they are of, and a cell's controls are rows of their own; stages keep FLOPs, energy and
-- memory, and a trial's cost is its own stages and its share of those that it shares. What a benchmark's noise is, is kept.
-- References name their column, without which Datasette cannot show a table.
DROP VIEW v_families;
DROP VIEW v_cell_scores;
DROP VIEW v_answers;
DROP VIEW v_cost;
DROP TABLE cell_score;  -- made anew from the answers
ALTER TABLE stage RENAME TO stage_3;
ALTER TABLE answer RENAME TO answer_3;

CREATE TABLE stage (
  kind              TEXT NOT NULL,
  key               TEXT NOT NULL,
  version           TEXT NOT NULL,
  parameters_json   TEXT NOT NULL,
  inputs_json       TEXT NOT NULL,       -- [{"kind": ..., "key": ...}]
  made              TEXT NOT NULL,
  seconds           REAL,                -- of making it, resumed attempts together
  host              TEXT NOT NULL,
  flops             REAL,                -- by formula (models/config/flop_count); NULL in stages of an older imp
  energy_joules     REAL,
  peak_memory_bytes INTEGER,           -- of the process while it was made
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
  trial_id        INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
  question_key    INTEGER NOT NULL,  -- of question; no reference, which would be looked up for each of millions
  control         TEXT NOT NULL CHECK (control IN ('', 'blind', 'shuffled', 'ocr')),
  prediction      TEXT NOT NULL,
  score           REAL NOT NULL,
  question_tokens INTEGER,
  answer_tokens   INTEGER,
  PRIMARY KEY (trial_id, question_key, control)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell_score (
  sweep_id           INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  cell_number        INTEGER NOT NULL,
  benchmark          TEXT NOT NULL,
  family             TEXT NOT NULL,    -- '' for all questions of the benchmark
  metric             TEXT NOT NULL,    -- the benchmark's main one
  value              REAL NOT NULL,    -- mean over seeds
  standard_error     REAL,
  ci_low             REAL,             -- 95 %: what other questions and other seeds would change
  ci_high            REAL,
  seeds              INTEGER NOT NULL,
  n                  INTEGER,          -- questions that all seeds answered; NULL without answers
  pictures           INTEGER,
  picture_variance   REAL,             -- the part of standard_error^2 from questions, those of a picture together
  seed_variance      REAL,             -- the part from seeds
  degrees_of_freedom REAL,
  from_answers       INTEGER NOT NULL CHECK (from_answers IN (0, 1)),  -- 0: value is not the mean of the answers
  PRIMARY KEY (sweep_id, cell_number, benchmark, family)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell_control (
  sweep_id              INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  cell_number           INTEGER NOT NULL,
  benchmark             TEXT NOT NULL,
  family                TEXT NOT NULL,    -- '' for all questions of the benchmark
  control               TEXT NOT NULL CHECK (control IN ('blind', 'shuffled', 'ocr')),
  value                 REAL NOT NULL,    -- the metric of cell_score, mean over seeds
  standard_error        REAL,
  ci_low                REAL,
  ci_high               REAL,
  margin                REAL,             -- cell_score's value - value, paired by question
  margin_standard_error REAL,
  margin_ci_low         REAL,
  margin_ci_high        REAL,
  PRIMARY KEY (sweep_id, cell_number, benchmark, family, control)
) STRICT, WITHOUT ROWID;

CREATE TABLE benchmark_noise (
  sweep_id           INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  benchmark          TEXT NOT NULL,
  cells              INTEGER NOT NULL, -- whose answers tell it
  seeds              INTEGER NOT NULL,
  questions          INTEGER NOT NULL,
  pictures           INTEGER NOT NULL,
  picture_variance   REAL NOT NULL,    -- of a picture's part in the difference of two cells, seeds averaged out
  question_variance  REAL NOT NULL,    -- what one training run adds to a picture's part in a cell's score
  cell_seed_variance REAL NOT NULL,    -- of a training run's mean score, beyond what questions explain
  PRIMARY KEY (sweep_id, benchmark)
) STRICT, WITHOUT ROWID;

INSERT INTO stage (kind, key, version, parameters_json, inputs_json, made, seconds, host)
SELECT kind, key, version, parameters_json, inputs_json, made, seconds, host FROM stage_3;

INSERT INTO answer
SELECT trial_id, question_key, CASE blind WHEN 0 THEN '' ELSE 'blind' END, prediction, score, question_tokens, answer_tokens
FROM answer_3 ORDER BY trial_id, question_key, blind;

UPDATE sweep_reading SET statistics_current = 0;
DROP TABLE stage_3;
DROP TABLE answer_3;

CREATE VIEW v_cell_scores AS
SELECT sweep.name AS sweep, c.cell_number AS cell_number,
       (SELECT cell FROM trial WHERE trial.sweep_id = c.sweep_id AND trial.cell_number = c.cell_number LIMIT 1) AS cell,
       c.benchmark AS benchmark, metric, c.value AS value, c.standard_error AS standard_error, c.ci_low AS ci_low,
       c.ci_high AS ci_high, b.value AS blind, b.ci_low AS blind_ci_low, b.ci_high AS blind_ci_high,
       margin, margin_ci_low, margin_ci_high, seeds, n, c.family AS family, b.standard_error AS blind_standard_error,
       margin_standard_error, pictures, picture_variance, seed_variance, degrees_of_freedom, from_answers
FROM cell_score AS c JOIN sweep USING (sweep_id)
LEFT JOIN cell_control AS b ON b.sweep_id = c.sweep_id AND b.cell_number = c.cell_number AND b.benchmark = c.benchmark
                           AND b.family = c.family AND b.control = 'blind'
ORDER BY c.sweep_id, c.cell_number, c.benchmark, c.family;

CREATE VIEW v_controls AS
SELECT sweep.name AS sweep, x.cell_number AS cell_number,
       (SELECT cell FROM trial WHERE trial.sweep_id = x.sweep_id AND trial.cell_number = x.cell_number LIMIT 1) AS cell,
       x.benchmark AS benchmark, x.family AS family, control, metric, c.value AS score, x.value AS value,
       x.standard_error AS standard_error, x.ci_low AS ci_low, x.ci_high AS ci_high, margin, margin_standard_error,
       margin_ci_low, margin_ci_high, seeds, n
FROM cell_control AS x JOIN cell_score AS c USING (sweep_id, cell_number, benchmark, family) JOIN sweep USING (sweep_id)
ORDER BY x.sweep_id, x.cell_number, x.benchmark, x.family, control;

CREATE VIEW v_families AS SELECT * FROM v_cell_scores WHERE family <> '';

CREATE VIEW v_answers AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, benchmark,
       CASE control WHEN '' THEN 0 WHEN 'blind' THEN 1 END AS blind, question_id, image_id, family, question,
       references_json, prediction, score, question_tokens, answer_tokens, question_set_id AS question_set, control
FROM sweep JOIN trial USING (sweep_id) JOIN answer USING (trial_id) JOIN question USING (question_key)
JOIN question_set USING (question_set_id, sweep_id);

CREATE VIEW v_stage_cost AS
SELECT sweep.name AS sweep, t.kind AS kind, t.key AS key, count(t.reused) AS users, count(*) AS planned_users,
       coalesce(stage.seconds, max(CASE WHEN t.reused = 0 THEN t.seconds END)) AS seconds, stage.flops AS flops,
       energy_joules, stage.peak_memory_bytes AS peak_memory_bytes, made, host
FROM trial_stage AS t JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)
LEFT JOIN stage ON stage.kind = t.kind AND stage.key = t.key
GROUP BY trial.sweep_id, t.kind, t.key
HAVING count(t.reused) > 0
ORDER BY trial.sweep_id, min(t.position), t.key;

CREATE VIEW v_cost AS
WITH use AS (
  SELECT trial_id, kind, key, reused, count(*) OVER sharers AS planned_users, count(reused) OVER sharers AS users,
         max(CASE WHEN reused = 0 THEN seconds END) OVER sharers AS seconds
  FROM trial_stage JOIN trial USING (trial_id) WINDOW sharers AS (PARTITION BY sweep_id, kind, key)),
part AS (
  SELECT trial_id, use.kind AS kind, planned_users = 1 AS own, coalesce(stage.seconds, use.seconds) / users AS seconds,
         flops / users AS flops, energy_joules / users AS joules
  FROM use LEFT JOIN stage ON stage.kind = use.kind AND stage.key = use.key
  WHERE reused IS NOT NULL)
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, status, wall_seconds, train_seconds, eval_seconds,
       (SELECT total(seconds) FROM trial_stage AS s WHERE s.trial_id = trial.trial_id AND s.reused = 0)
         AS new_stage_seconds,
       train_tokens, tokens_per_second, peak_memory_bytes, trained_parameters, trial.flops AS flops,
       CASE WHEN count(*) FILTER (WHERE own AND seconds IS NULL) = 0
         THEN total(seconds) FILTER (WHERE own) END AS own_seconds,
       CASE WHEN count(*) FILTER (WHERE NOT own AND seconds IS NULL) = 0
         THEN total(seconds) FILTER (WHERE NOT own) END AS share_seconds,
       CASE WHEN count(*) FILTER (WHERE kind = 'eval' AND part.flops IS NULL) = 0
         THEN total(part.flops) FILTER (WHERE kind = 'eval') END AS eval_flops,
       CASE WHEN count(*) FILTER (WHERE own AND part.flops IS NULL) = 0
         THEN total(part.flops) FILTER (WHERE own) END AS own_flops,
       CASE WHEN count(*) FILTER (WHERE NOT own AND part.flops IS NULL) = 0
         THEN total(part.flops) FILTER (WHERE NOT own) END AS share_flops,
       CASE WHEN count(*) FILTER (WHERE own AND joules IS NULL) = 0
         THEN total(joules) FILTER (WHERE own) END AS own_joules,
       CASE WHEN count(*) FILTER (WHERE NOT own AND joules IS NULL) = 0
         THEN total(joules) FILTER (WHERE NOT own) END AS share_joules,
       trial.flops / nullif(train_seconds, 0) AS flops_per_second
FROM trial JOIN sweep USING (sweep_id) LEFT JOIN part USING (trial_id)
WHERE status <> 'planned'
GROUP BY trial_id
ORDER BY trial_id;

CREATE VIEW v_sweep_cost AS
SELECT sweep, (SELECT count(*) FROM trial JOIN sweep USING (sweep_id) WHERE sweep.name = s.sweep AND status = 'done') AS trials,
       count(*) AS stages,
       CASE WHEN count(*) = count(seconds) THEN sum(seconds) END AS seconds,
       CASE WHEN count(*) = count(seconds) THEN sum(seconds * (users - 1)) END AS seconds_saved,
       CASE WHEN count(*) = count(flops) THEN sum(flops) END AS flops,
       CASE WHEN count(*) = count(flops) THEN sum(flops * (users - 1)) END AS flops_saved,
       CASE WHEN count(*) = count(energy_joules) THEN sum(energy_joules) END AS energy_joules,
       CASE WHEN count(*) = count(energy_joules) THEN sum(energy_joules * (users - 1)) END AS energy_joules_saved
FROM v_stage_cost AS s
GROUP BY sweep;

CREATE TABLE leak (
  trial_id           INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
  benchmark          TEXT NOT NULL,
  pictures           INTEGER NOT NULL,  -- of the benchmark
  exact_pictures     INTEGER NOT NULL,  -- of them, those whose pixels a training picture has
  shared_pictures    INTEGER NOT NULL,  -- of them, those that a training picture is, to the pixel or nearly
  questions          INTEGER NOT NULL,  -- of the benchmark
  shared_questions   INTEGER NOT NULL,  -- about shared pictures
  answered_questions INTEGER NOT NULL,  -- whose picture, question and answer are in the training data
  text               TEXT NOT NULL,     -- all of it in a sentence; '' where no picture is shared
  PRIMARY KEY (trial_id, benchmark)
) STRICT, WITHOUT ROWID;

CREATE VIEW v_leaks AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, benchmark, pictures, exact_pictures, shared_pictures, questions,
       shared_questions, answered_questions, text
FROM leak JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

CREATE TABLE planned_looks (
  sweep_id     INTEGER PRIMARY KEY REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  factor       TEXT NOT NULL,
  looks        INTEGER NOT NULL,       -- at most; its effects have the intervals and p of so many
  seeds_a_look INTEGER NOT NULL,       -- a cell has k times as many at look k
  recorded     TEXT NOT NULL           -- when: before the first seed was added
) STRICT;

-- How the other tables word their references; what they mean and hold stays as it is (sqlite.org/lang_altertable.html, 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(replace(sql, 'REFERENCES sweep ON', 'REFERENCES sweep (sweep_id) ON'),
  'REFERENCES trial ON', 'REFERENCES trial (trial_id) ON'), 'REFERENCES question_set ON', 'REFERENCES question_set (question_set_id) ON')
WHERE type = 'table';
PRAGMA writable_schema = RESET;
