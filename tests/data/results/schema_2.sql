-- The results database of imp. This text is the newest schema; it is compiled into imp-sweep and imp-report.
-- Everything here is filled by ingesting run folders (runs/<sweep>/<trial>/, runs/stages/): `imp-sweep rebuild`
-- makes the same rows again. People query the views (v_...): their names and columns stay. Tables may change
-- with PRAGMA user_version.
-- Scores are fractions in [0, 1]; times are seconds; dates are ISO 8601 in UTC.

PRAGMA application_id = 0x696d7000;  -- 'imp': tells our databases from other SQLite files

-- One sweep file that was run, with its text as it was read.
CREATE TABLE sweep (
  sweep_id        INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  about           TEXT NOT NULL,
  created         TEXT NOT NULL,
  spec_file       TEXT NOT NULL,
  spec_text       TEXT NOT NULL,
  seeds_json      TEXT NOT NULL,     -- [1, 2, 3]
  benchmarks_json TEXT NOT NULL      -- ["scenetext"]: names, in the order of the sweep file
) STRICT;

-- The levels of what a sweep varies, in the order of the sweep file.
CREATE TABLE factor (
  sweep_id       INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  position       INTEGER NOT NULL,   -- of the factor in the sweep, from 0
  name           TEXT NOT NULL,
  level_position INTEGER NOT NULL,   -- of the level in the factor, from 0
  level          TEXT NOT NULL,
  PRIMARY KEY (sweep_id, position, level_position)
) STRICT, WITHOUT ROWID;

-- One training and scoring of one configuration with one seed. Planned trials have a row too.
CREATE TABLE trial (
  trial_id           INTEGER PRIMARY KEY,
  sweep_id           INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  name               TEXT NOT NULL,    -- its folder below runs/<sweep>/
  cell_number        INTEGER NOT NULL, -- trials that differ in nothing but the seed are one cell; from 0, in plan order
  cell               TEXT NOT NULL,    -- the cell's levels for people: 'lora_rank=128'
  seed               INTEGER NOT NULL,
  status             TEXT NOT NULL CHECK (status IN ('planned', 'done', 'failed', 'interrupted', 'unreadable')),
  levels_json        TEXT NOT NULL,    -- {"lora_rank": "128"}
  config_json        TEXT NOT NULL,    -- every key of the resolved configuration
  wall_seconds       REAL,
  train_seconds      REAL,
  eval_seconds       REAL,
  train_tokens       INTEGER,
  tokens_per_second  REAL,
  peak_memory_bytes  INTEGER,
  trained_parameters INTEGER,
  flops              REAL,
  source             TEXT NOT NULL,    -- sizes and times of the files that its rows came from; '' when not complete
  UNIQUE (sweep_id, name)
) STRICT;

-- A content-addressed stage that was made (runs/stages/<kind>-<key>/stage.json).
CREATE TABLE stage (
  kind            TEXT NOT NULL,
  key             TEXT NOT NULL,
  version         TEXT NOT NULL,
  parameters_json TEXT NOT NULL,
  inputs_json     TEXT NOT NULL,       -- [{"kind": ..., "key": ...}]
  made            TEXT NOT NULL,
  seconds         REAL,
  host            TEXT NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- The stages a trial is built from. No reference to `stage`: a planned trial names stages not yet made.
CREATE TABLE trial_stage (
  trial_id INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  key      TEXT NOT NULL,
  reused   INTEGER,                    -- 1: taken as it was; 0: made for this trial; NULL: planned
  seconds  REAL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;

-- Every start of a trial, the failed ones included.
CREATE TABLE attempt (
  trial_id      INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  attempt       INTEGER NOT NULL,
  started       TEXT NOT NULL,
  ended         TEXT NOT NULL,
  status        TEXT NOT NULL,
  stage         TEXT NOT NULL,
  error_type    TEXT NOT NULL,
  error_message TEXT NOT NULL,
  micro_batch   INTEGER,
  PRIMARY KEY (trial_id, attempt)
) STRICT, WITHOUT ROWID;

-- What a training stage's rows were beside ordinary ones: of which nothing is learned, or something else than they say.
CREATE TABLE row_kind (
  trial_id        INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  stage           TEXT NOT NULL,       -- connector, finetune
  kind            TEXT NOT NULL,       -- 'unanswered'
  file            TEXT NOT NULL,
  rows            INTEGER NOT NULL,
  of_rows         INTEGER NOT NULL,    -- rows of the file
  teaches_nothing INTEGER NOT NULL CHECK (teaches_nothing IN (0, 1)),
  first_row       INTEGER NOT NULL,    -- from 1
  first_line      INTEGER NOT NULL,    -- of the file, from 1
  text            TEXT NOT NULL,       -- all of it in a sentence
  PRIMARY KEY (trial_id, stage, kind)
) STRICT, WITHOUT ROWID;

-- train.jsonl. A loss that was not finite, or over no token, is NULL.
CREATE TABLE train_step (
  trial_id  INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  step      INTEGER NOT NULL,
  loss      REAL,
  lr        REAL,
  grad_norm REAL,
  tokens    INTEGER,
  seconds   REAL,
  PRIMARY KEY (trial_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE score (
  trial_id       INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  benchmark      TEXT NOT NULL,
  metric         TEXT NOT NULL,        -- the control without the image is '<metric>_blind'
  value          REAL NOT NULL,
  standard_error REAL,
  n              INTEGER,
  main           INTEGER NOT NULL,     -- 1: the benchmark's first metric, which v_wide and reports show
  PRIMARY KEY (trial_id, benchmark, metric)
) STRICT, WITHOUT ROWID;

-- One row a question: what was answered and what it scored.
CREATE TABLE answer (
  trial_id        INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
  benchmark       TEXT NOT NULL,
  blind           INTEGER NOT NULL CHECK (blind IN (0, 1)),  -- 1: asked without the image
  question_id     TEXT NOT NULL,
  image_id        TEXT NOT NULL,
  prediction      TEXT NOT NULL,
  score           REAL NOT NULL,
  family          TEXT NOT NULL,
  question_tokens INTEGER,
  answer_tokens   INTEGER,
  PRIMARY KEY (trial_id, benchmark, blind, question_id)
) STRICT, WITHOUT ROWID;

-- The difference that a factor's level makes, over cells matched on all other factors, with its 95 % interval; or, for
-- an interaction ('llm x encoder', 'phi -> llama', 'siglip -> vit'), how one factor's difference changes with the other.
-- Scores are the means of the answers. Made anew from the answers whenever a sweep is read in (results/effects).
CREATE TABLE effect (
  sweep_id           INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  factor             TEXT NOT NULL,
  from_level         TEXT NOT NULL,
  to_level           TEXT NOT NULL,
  benchmark          TEXT NOT NULL,    -- 'average': the mean over the sweep's benchmarks
  family             TEXT NOT NULL,    -- of the questions; '' for all of them
  position           INTEGER NOT NULL, -- in the order of the sweep file
  is_interaction     INTEGER NOT NULL CHECK (is_interaction IN (0, 1)),
  difference         REAL NOT NULL,    -- to_level - from_level
  ci_low             REAL,
  ci_high            REAL,
  p                  REAL,             -- two-sided
  p_holm             REAL,             -- over the sweep's levels on whole benchmarks; levels on families; interactions
  standardized       REAL,             -- difference / standard deviation of a score from question to question
  standard_error     REAL,
  picture_variance   REAL,             -- the part of standard_error^2 from questions, those of a picture together
  seed_variance      REAL NOT NULL,    -- the part from seeds
  degrees_of_freedom REAL,
  method             TEXT NOT NULL,    -- whose spread of seeds: 'pooled', 'own', or 'questions only' with one seed
  questions          INTEGER NOT NULL,
  pictures           INTEGER NOT NULL,
  questions_left_out INTEGER NOT NULL, -- that some trial did not answer
  seeds              INTEGER NOT NULL,
  matched_groups     INTEGER NOT NULL, -- of cells that differ in the factor alone
  cells              INTEGER NOT NULL, -- over which the spread of seeds is pooled
  also_differs       TEXT NOT NULL,    -- what else differs between the compared cells, comma-separated
  PRIMARY KEY (sweep_id, factor, from_level, to_level, benchmark, family)
) STRICT, WITHOUT ROWID;

-- What became of a claim that was written down before the run.
CREATE TABLE claim_result (
  sweep_id   INTEGER NOT NULL REFERENCES sweep ON DELETE CASCADE,
  claim      TEXT NOT NULL,
  verdict    TEXT NOT NULL CHECK (verdict IN ('supported', 'contradicted', 'not resolved')),
  difference REAL,
  ci_low     REAL,
  ci_high    REAL,
  PRIMARY KEY (sweep_id, claim)
) STRICT, WITHOUT ROWID;

-- What a score needs to be believed: which code, on which machine.
CREATE TABLE provenance (
  trial_id      INTEGER PRIMARY KEY REFERENCES trial ON DELETE CASCADE,
  imp_version   TEXT,
  git_commit    TEXT,
  git_dirty     INTEGER,
  torch_version TEXT,
  compiler      TEXT,
  host          TEXT,
  os            TEXT,
  cpu           TEXT,
  gpu           TEXT,
  threads       INTEGER,
  dtype         TEXT,
  started       TEXT,
  ended         TEXT
) STRICT;

CREATE VIEW v_cells AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, status, seed,
       json_extract(config_json, '$.llm') AS llm,
       json_extract(config_json, '$.encoder') AS encoder,
       json_extract(config_json, '$.finetune') AS finetune,
       json_extract(config_json, '$.lora_rank') AS lora_rank,
       json_extract(config_json, '$.epochs') AS epochs,
       json_extract(config_json, '$.finetune_data') AS data,
       config_json
FROM trial JOIN sweep USING (sweep_id);

CREATE VIEW v_scores AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, benchmark, metric, value, standard_error, n
FROM score JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

-- v_wide has a column a benchmark, so it is made again after each ingest (results/wide_view.cpp).

-- difference, ci_low and ci_high are fractions: 0.015 is one and a half points. What the seeds share (stage 1, data,
-- pretrained parts) is not in the interval.
CREATE VIEW v_effects AS
SELECT sweep.name AS sweep, factor, from_level, to_level, benchmark, family, difference, ci_low, ci_high, p, p_holm,
       standardized, standard_error, picture_variance, seed_variance, degrees_of_freedom, method, questions, pictures,
       questions_left_out, seeds, matched_groups, cells, also_differs, is_interaction
FROM effect JOIN sweep USING (sweep_id)
ORDER BY effect.sweep_id, position;

-- Attempts that did not end well, those included that a later attempt made good (trial_status 'done').
CREATE VIEW v_failures AS
SELECT sweep.name AS sweep, trial.name AS trial, trial.status AS trial_status, attempt, attempt.status AS status,
       stage, error_type, error_message, micro_batch, started, ended
FROM attempt JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)
WHERE attempt.status <> 'done';

CREATE VIEW v_row_kinds AS
SELECT sweep.name AS sweep, trial.name AS trial, stage, kind, file, rows, of_rows, teaches_nothing, first_row,
       first_line, text
FROM row_kind JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

-- new_stage_seconds: spent on stages made for this trial; stages it reused were paid for elsewhere.
CREATE VIEW v_cost AS
SELECT sweep.name AS sweep, trial.name AS trial, seed, status, wall_seconds, train_seconds, eval_seconds,
       (SELECT total(seconds) FROM trial_stage AS s WHERE s.trial_id = trial.trial_id AND s.reused = 0)
         AS new_stage_seconds,
       train_tokens, tokens_per_second, peak_memory_bytes, trained_parameters, flops
FROM trial JOIN sweep USING (sweep_id)
WHERE status <> 'planned';

CREATE VIEW v_provenance AS
SELECT sweep.name AS sweep, trial.name AS trial, imp_version, git_commit, git_dirty, torch_version, compiler, host,
       os, cpu, gpu, threads, dtype, started, ended
FROM provenance JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);
