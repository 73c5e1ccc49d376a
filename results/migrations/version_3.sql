-- 2 to 3: questions have a table of their own, and answers refer to it; scores of cells with their errors are kept; views of trials
-- all name the cell. What was asked is known from the answers alone: no text, and a set of questions is what one question_id
-- names the same picture and family in.
DROP VIEW v_failures;
DROP VIEW v_row_kinds;
DROP VIEW v_cost;
DROP VIEW v_provenance;
ALTER TABLE answer RENAME TO answer_2;

CREATE INDEX trial_of_cell ON trial (sweep_id, cell_number);

CREATE TABLE question_set (
  question_set_id INTEGER PRIMARY KEY,
  sweep_id        INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  benchmark       TEXT NOT NULL,
  name            TEXT NOT NULL,     -- its folder below runs/<sweep>/questions/; 'answers N': known from answers alone
  UNIQUE (sweep_id, benchmark, name)
) STRICT;

CREATE TABLE question (
  question_key    INTEGER PRIMARY KEY,
  question_set_id INTEGER NOT NULL REFERENCES question_set ON DELETE CASCADE,
  question_id     TEXT NOT NULL,
  image_id        TEXT NOT NULL,     -- questions of one picture are one cluster for the errors
  family          TEXT NOT NULL,     -- '' where the benchmark has none
  question        TEXT,              -- as the data set words it, without a prompt's suffix
  references_json TEXT,              -- ["stop", "stop sign"]; [] where the data set keeps them to itself
  UNIQUE (question_set_id, question_id)
) STRICT;

CREATE INDEX question_of_id ON question (question_id);

CREATE TABLE picture (
  sweep_id        INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  benchmark       TEXT NOT NULL,
  image_id        TEXT NOT NULL,
  question_set_id INTEGER NOT NULL REFERENCES question_set ON DELETE CASCADE,
  jpeg            BLOB NOT NULL,
  UNIQUE (sweep_id, benchmark, image_id, question_set_id)
) STRICT;

CREATE TABLE trial_question_set (
  trial_id        INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  question_set_id INTEGER NOT NULL REFERENCES question_set ON DELETE CASCADE,
  PRIMARY KEY (trial_id, question_set_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (
  trial_id        INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  question_key    INTEGER NOT NULL,  -- of question; no reference, which would be looked up for each of millions
  blind           INTEGER NOT NULL CHECK (blind IN (0, 1)),  -- 1: asked without the image
  prediction      TEXT NOT NULL,
  score           REAL NOT NULL,
  question_tokens INTEGER,
  answer_tokens   INTEGER,
  PRIMARY KEY (trial_id, question_key, blind)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell_score (
  sweep_id              INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  cell_number           INTEGER NOT NULL,
  benchmark             TEXT NOT NULL,
  family                TEXT NOT NULL,    -- '' for all questions of the benchmark
  metric                TEXT NOT NULL,    -- the benchmark's main one
  value                 REAL NOT NULL,    -- mean over seeds
  standard_error        REAL,
  ci_low                REAL,             -- 95 %: what other questions and other seeds would change
  ci_high               REAL,
  blind                 REAL,             -- the same metric, picture withheld
  blind_standard_error  REAL,
  blind_ci_low          REAL,
  blind_ci_high         REAL,
  margin                REAL,             -- value - blind, paired by question
  margin_standard_error REAL,
  margin_ci_low         REAL,
  margin_ci_high        REAL,
  seeds                 INTEGER NOT NULL,
  n                     INTEGER,          -- questions that all seeds answered; NULL without answers
  pictures              INTEGER,
  picture_variance      REAL,             -- the part of standard_error^2 from questions, those of a picture together
  seed_variance         REAL,             -- the part from seeds
  degrees_of_freedom    REAL,
  from_answers          INTEGER NOT NULL CHECK (from_answers IN (0, 1)),  -- 0: value is not the mean of the answers
  PRIMARY KEY (sweep_id, cell_number, benchmark, family)
) STRICT, WITHOUT ROWID;

CREATE TABLE sweep_reading (
  sweep_id           INTEGER PRIMARY KEY REFERENCES sweep ON DELETE CASCADE,
  plan_source        TEXT NOT NULL,     -- size and time of sweep.json when it was read
  statistics_current INTEGER NOT NULL CHECK (statistics_current IN (0, 1))  -- 1: cell_score and effect are of all
) STRICT;

CREATE TABLE stage_step (
  kind      TEXT NOT NULL,
  key       TEXT NOT NULL,
  step      INTEGER NOT NULL,
  loss      REAL,
  lr        REAL,
  grad_norm REAL,
  tokens    INTEGER,
  seconds   REAL,
  PRIMARY KEY (kind, key, step)
) STRICT, WITHOUT ROWID;

DROP TABLE claim_result;

CREATE TABLE claim_file (
  sweep_id INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  position INTEGER NOT NULL,           -- 0: the first that was recorded
  file     TEXT NOT NULL,              -- its path when it was recorded
  sha256   TEXT NOT NULL,              -- of the claims file's text, as sha256sum prints it
  recorded TEXT NOT NULL,              -- when: before the first trial, if it is to count as a prediction
  text     TEXT NOT NULL,              -- all of the file
  PRIMARY KEY (sweep_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE claim_result (
  sweep_id   INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  position   INTEGER NOT NULL,         -- in the claims file
  claim      TEXT NOT NULL,
  says       TEXT NOT NULL,            -- the claim in a sentence
  section    TEXT NOT NULL,            -- of the paper
  factor     TEXT NOT NULL,
  from_level TEXT NOT NULL,
  to_level   TEXT NOT NULL,
  benchmark  TEXT NOT NULL,            -- 'average': the mean over the sweep's benchmarks
  direction  TEXT NOT NULL CHECK (direction IN ('higher', 'lower', 'same')),  -- of to_level against from_level, as predicted
  size       REAL,                     -- the difference as published
  margin     REAL,                     -- of 'same': differences up to this count as none
  verdict    TEXT NOT NULL CHECK (verdict IN ('supported', 'contradicted', 'not resolved')),
  difference REAL,                     -- to_level - from_level
  ci_low     REAL,                     -- 95 %
  ci_high    REAL,
  p          REAL,                     -- two-sided, of the claim's two decisions
  p_holm     REAL,                     -- over the sweep's claims; the verdict asks for less than 0.05
  why        TEXT NOT NULL,            -- the verdict in a sentence
  registered TEXT NOT NULL CHECK (registered IN ('before', 'after', 'never')),  -- whether it was written down before the sweep's first answers
  PRIMARY KEY (sweep_id, claim)
) STRICT, WITHOUT ROWID;

CREATE TEMP TABLE asked AS
SELECT *, row_number() OVER (PARTITION BY sweep_id, benchmark, question_id ORDER BY first_trial, image_id, family) AS number
FROM (SELECT sweep_id, benchmark, question_id, image_id, family, min(trial_id) AS first_trial
      FROM answer_2 JOIN trial USING (trial_id) GROUP BY sweep_id, benchmark, question_id, image_id, family);

INSERT INTO question_set (sweep_id, benchmark, name)
SELECT DISTINCT sweep_id, benchmark, 'answers ' || number FROM asked ORDER BY sweep_id, benchmark, number;

INSERT INTO question (question_set_id, question_id, image_id, family)
SELECT question_set_id, question_id, image_id, family FROM asked JOIN question_set USING (sweep_id, benchmark)
WHERE name = 'answers ' || number ORDER BY question_set_id, first_trial, length(question_id), question_id;

INSERT INTO answer
SELECT trial_id, question_key, blind, prediction, score, question_tokens, answer_tokens
FROM answer_2 JOIN trial USING (trial_id) JOIN question_set USING (sweep_id, benchmark)
JOIN question USING (question_set_id, question_id, image_id, family)
ORDER BY trial_id, question_key, blind;

INSERT INTO trial_question_set
SELECT DISTINCT trial_id, question_set_id FROM answer JOIN question USING (question_key);

INSERT INTO sweep_reading SELECT sweep_id, '', 0 FROM sweep;

DROP TABLE asked;
DROP TABLE answer_2;

CREATE VIEW v_cell_scores AS
SELECT sweep.name AS sweep, c.cell_number AS cell_number,
       (SELECT cell FROM trial WHERE trial.sweep_id = c.sweep_id AND trial.cell_number = c.cell_number LIMIT 1) AS cell,
       benchmark, metric, value, standard_error, ci_low, ci_high, blind, blind_ci_low, blind_ci_high,
       margin, margin_ci_low, margin_ci_high, seeds, n, family, blind_standard_error, margin_standard_error, pictures,
       picture_variance, seed_variance, degrees_of_freedom, from_answers
FROM cell_score AS c JOIN sweep USING (sweep_id)
ORDER BY c.sweep_id, c.cell_number, benchmark, family;

CREATE VIEW v_families AS SELECT * FROM v_cell_scores WHERE family <> '';

CREATE VIEW v_answers AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, benchmark, blind, question_id, image_id, family, question,
       references_json, prediction, score, question_tokens, answer_tokens, question_set_id AS question_set
FROM sweep JOIN trial USING (sweep_id) JOIN answer USING (trial_id) JOIN question USING (question_key)
JOIN question_set USING (question_set_id, sweep_id);

CREATE VIEW v_curve AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed,
       coalesce((SELECT kind FROM trial_stage AS s WHERE s.trial_id = trial.trial_id AND kind IN ('finetune', 'pretrain')
                 ORDER BY position DESC LIMIT 1), 'finetune') AS stage,
       step, loss, lr, grad_norm, tokens, seconds
FROM train_step JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)
UNION ALL
SELECT sweep.name, trial.name, cell, seed, stage_step.kind, step, loss, lr, grad_norm, tokens, stage_step.seconds
FROM sweep JOIN trial USING (sweep_id) JOIN trial_stage USING (trial_id)
JOIN stage_step ON stage_step.kind = trial_stage.kind AND stage_step.key = trial_stage.key;

CREATE VIEW v_failures AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, trial.status AS trial_status, attempt, attempt.status AS status,
       stage, error_type, error_message, micro_batch, started, ended
FROM attempt JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)
WHERE attempt.status <> 'done';

CREATE VIEW v_row_kinds AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, stage, kind, file, rows, of_rows, teaches_nothing, first_row,
       first_line, text
FROM row_kind JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

CREATE VIEW v_cost AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, status, wall_seconds, train_seconds, eval_seconds,
       (SELECT total(seconds) FROM trial_stage AS s WHERE s.trial_id = trial.trial_id AND s.reused = 0)
         AS new_stage_seconds,
       train_tokens, tokens_per_second, peak_memory_bytes, trained_parameters, flops
FROM trial JOIN sweep USING (sweep_id)
WHERE status <> 'planned';

CREATE VIEW v_provenance AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, imp_version, git_commit, git_dirty, torch_version, compiler, host,
       os, cpu, gpu, threads, dtype, started, ended
FROM provenance JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

CREATE VIEW v_claims AS
SELECT sweep.name AS sweep, claim, says, section, factor, from_level, to_level, benchmark, direction, size, margin, verdict,
       difference, ci_low, ci_high, p, p_holm, why, registered,
       (SELECT min(recorded) FROM claim_file AS f WHERE f.sweep_id = c.sweep_id) AS first_recorded,
       (SELECT sha256 FROM claim_file AS f WHERE f.sweep_id = c.sweep_id ORDER BY position DESC LIMIT 1) AS sha256
FROM claim_result AS c JOIN sweep USING (sweep_id)
ORDER BY c.sweep_id, position;
