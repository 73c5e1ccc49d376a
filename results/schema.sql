-- The results database of imp. This text is the newest schema; it is compiled into imp-sweep and imp-report.
-- Everything here is filled by ingesting run folders (runs/<sweep>/<trial>/, runs/stages/): `imp-sweep rebuild`
-- makes the same rows again. People query the views (v_...): their names and columns stay. Tables may change
-- with PRAGMA user_version.
-- Scores are fractions in [0, 1]; times are seconds; dates are ISO 8601 in UTC.

-- Columns that mean the same wherever they stand:
-- about: what the sweep asks, in the words of its file
-- answer_tokens: tokens of the answer
-- attempt: number of the start, from 1
-- benchmark: name of the benchmark
-- blind_ci_high: upper end of the 95 % interval of the score without the picture
-- blind_ci_low: lower end of the 95 % interval of the score without the picture
-- blind_standard_error: of the score without the picture
-- cell: the cell's levels for people: 'lora_rank=128'; trials that differ in nothing but the seed are one cell
-- cell_number: number of the cell in its sweep, from 0 in plan order
-- ci_high: upper end of the 95 % interval
-- ci_low: lower end of the 95 % interval
-- claim: name of the claim
-- compiler: that the program was built with
-- control: '': asked with its picture; else how the picture was withheld: 'blind' (none), 'shuffled' (another question's), 'ocr' (its text alone)
-- cpu: model of the processor
-- created: when the sweep was planned
-- data: what stage 2 was trained on
-- degrees_of_freedom: of the t distribution behind interval and p (Satterthwaite)
-- difference: to_level - from_level, a fraction
-- dtype: numbers that training computed with
-- encoder: vision encoder
-- ended: when it ended
-- energy_joules: energy of the processors' packages and memory while it was made, whatever else ran; NULL where not measured
-- epochs: passes over the training data
-- error_message: what went wrong, as the program said it
-- error_type: kind of the error: usage, environment, out_of_memory, ...
-- eval_flops: floating-point operations of asking the benchmarks, by formula
-- eval_seconds: spent on asking the benchmarks
-- factor: name of what the sweep varies; 'a x b' for an interaction
-- family: of the question; '' where the benchmark has none
-- file: the file it speaks of
-- finetune: what stage 2 trains: lora, full, projector
-- flops: floating-point operations by formula, two a multiplication with its addition; of a trial: of its training
-- flops_per_second: of training: flops over train_seconds
-- from_level: the level that is compared with
-- git_commit: the source's commit
-- git_dirty: 1: the source had changes that no commit holds
-- gpu: model of the graphics processor; empty without
-- grad_norm: norm of the gradient before clipping
-- host: name of the machine
-- image_id: picture of the question
-- imp_version: version of imp
-- is_interaction: 1: how one factor's difference changes with another's level
-- jpeg: the picture, small
-- key: hash of all that a stage is made from
-- kind: kind of stage: data, features, connector, finetune, eval
-- level: as text
-- llm: language model
-- lora_rank: rank of LoRA's matrices
-- loss: mean over the supervised tokens of the step
-- lr: learning rate
-- made: when the stage was made
-- margin_ci_high: upper end of the margin's 95 % interval
-- margin_ci_low: lower end of the margin's 95 % interval
-- margin_standard_error: of the margin
-- metric: name of the score; the control without the picture is '<metric>_blind'
-- micro_batch: rows computed at a time
-- n: number of questions
-- name: as the sweep file or the folder has it
-- os: operating system
-- own_flops: floating-point operations of stages that only this trial of the sweep needs
-- own_joules: energy of stages that only this trial of the sweep needs; NULL where one was not measured
-- own_seconds: spent on stages that only this trial of the sweep needs
-- parameters_json: all settings of the stage
-- peak_memory_bytes: most memory that the trial took
-- pictures: number of pictures that the questions are about
-- position: order, from 0
-- prediction: the answer, as text
-- question_id: name of the question in its set
-- question_key: number of the question in this database
-- question_set: which wording and pictures the question is of, where a sweep has several
-- question_set_id: number of the set in this database
-- question_tokens: tokens of the prompt
-- questions: number of questions
-- rows: how many rows were so
-- score: of the answer, 0 to 1
-- seconds: time that it took
-- seed: random seed of stage 2
-- seeds: number of seeds
-- share_flops: its part of those of the stages that it shares
-- share_joules: its part of that of the stages that it shares; NULL where one was not measured
-- share_seconds: its part of the stages that it shares: each one's seconds over the trials that went through it
-- spec_file: path of the sweep file
-- spec_text: the sweep file as it was read
-- stage: kind of stage: connector, finetune, eval, ...
-- standard_error: of the value, questions of a picture taken together
-- started: when it started
-- status: planned, done, failed, interrupted or unreadable
-- step: optimizer step, from 1
-- sweep: name of the sweep
-- sweep_id: number of the sweep in this database
-- teaches_nothing: 1: nothing is learned from such rows
-- threads: that training computed with
-- to_level: the level that is compared
-- tokens: in the step, all of them
-- tokens_per_second: of training
-- torch_version: version of LibTorch
-- train_seconds: spent on training
-- train_tokens: tokens that training saw
-- trained_parameters: number of parameters that stage 2 changes
-- trial: name of the trial, its folder below runs/<sweep>/
-- trial_id: number of the trial in this database
-- trial_status: how the trial ended in the end
-- users: trials of the sweep that went through the stage
-- value: of the metric, 0 to 1
-- verdict: supported, contradicted or not resolved
-- version: of the code that makes the stage
-- wall_seconds: from the trial's start to its end

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
  sweep_id       INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,   -- of the factor in the sweep, from 0
  name           TEXT NOT NULL,
  level_position INTEGER NOT NULL,   -- of the level in the factor, from 0
  level          TEXT NOT NULL,
  PRIMARY KEY (sweep_id, position, level_position)
) STRICT, WITHOUT ROWID;

-- One training and scoring of one configuration with one seed. Planned trials have a row too.
CREATE TABLE trial (
  trial_id           INTEGER PRIMARY KEY,
  sweep_id           INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
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

CREATE INDEX trial_of_cell ON trial (sweep_id, cell_number);

-- A content-addressed stage that was made (runs/stages/<kind>-<key>/stage.json).
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

-- The stages a trial is built from. No reference to `stage`: a planned trial names stages not yet made.
CREATE TABLE trial_stage (
  trial_id INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind     TEXT NOT NULL,
  key      TEXT NOT NULL,
  reused   INTEGER,                    -- 1: taken as it was; 0: made for this trial; NULL: planned
  seconds  REAL,
  PRIMARY KEY (trial_id, position)
) STRICT, WITHOUT ROWID;

-- Every start of a trial, the failed ones included.
CREATE TABLE attempt (
  trial_id      INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
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
  trial_id        INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
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

-- What a benchmark and the data that a trial learned from have in common. No row: it was not looked for.
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

-- train.jsonl of the trial's own training (finetune, pretrain). A loss that was not finite, or over no token, is NULL.
CREATE TABLE train_step (
  trial_id  INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
  step      INTEGER NOT NULL,
  loss      REAL,
  lr        REAL,
  grad_norm REAL,
  tokens    INTEGER,
  seconds   REAL,
  PRIMARY KEY (trial_id, step)
) STRICT, WITHOUT ROWID;

-- train.jsonl of a stage that trials share (connector), so that it stands here once.
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

CREATE TABLE score (
  trial_id       INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
  benchmark      TEXT NOT NULL,
  metric         TEXT NOT NULL,        -- the control without the image is '<metric>_blind'
  value          REAL NOT NULL,
  standard_error REAL,
  n              INTEGER,
  main           INTEGER NOT NULL,     -- 1: the benchmark's first metric, which v_wide and reports show
  PRIMARY KEY (trial_id, benchmark, metric)
) STRICT, WITHOUT ROWID;

-- The questions that trials of a sweep were asked under one benchmark name. A sweep has several where its cells
-- were asked different ones: other data, other annotations. No two questions of a set have the same question_id.
CREATE TABLE question_set (
  question_set_id INTEGER PRIMARY KEY,
  sweep_id        INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  benchmark       TEXT NOT NULL,
  name            TEXT NOT NULL,     -- its folder below runs/<sweep>/questions/; 'answers N': known from answers alone
  UNIQUE (sweep_id, benchmark, name)
) STRICT;

-- What was asked. Run folders of an older imp do not say how it was worded: question and references_json are NULL.
CREATE TABLE question (
  question_key    INTEGER PRIMARY KEY,
  question_set_id INTEGER NOT NULL REFERENCES question_set (question_set_id) ON DELETE CASCADE,
  question_id     TEXT NOT NULL,
  image_id        TEXT NOT NULL,     -- questions of one picture are one cluster for the errors
  family          TEXT NOT NULL,     -- '' where the benchmark has none
  question        TEXT,              -- as the data set words it, without a prompt's suffix
  references_json TEXT,              -- ["stop", "stop sign"]; [] where the data set keeps them to itself
  UNIQUE (question_set_id, question_id)
) STRICT;

CREATE INDEX question_of_id ON question (question_id);

-- Small pictures to look at, of some of the questions (a bounded number a benchmark).
CREATE TABLE picture (
  sweep_id        INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  benchmark       TEXT NOT NULL,
  image_id        TEXT NOT NULL,
  question_set_id INTEGER NOT NULL REFERENCES question_set (question_set_id) ON DELETE CASCADE,
  jpeg            BLOB NOT NULL,
  UNIQUE (sweep_id, benchmark, image_id, question_set_id)
) STRICT;

-- Which questions a trial was asked.
CREATE TABLE trial_question_set (
  trial_id        INTEGER NOT NULL REFERENCES trial (trial_id) ON DELETE CASCADE,
  question_set_id INTEGER NOT NULL REFERENCES question_set (question_set_id) ON DELETE CASCADE,
  PRIMARY KEY (trial_id, question_set_id)
) STRICT, WITHOUT ROWID;

-- One row a question: what was answered and what it scored.
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

-- A cell on one benchmark, or on one family of its questions, over its done seeds. Made anew from the answers when a
-- sweep is read in (results/effects); what it holds of errors is of the same estimator as table effect.
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

-- What a cell comes to on one of a benchmark's controls, and by how much its score is over that. Made with cell_score.
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

-- What makes the difference of two cells uncertain on a benchmark, freed from how many pictures and seeds it was measured
-- with: what imp-report noise and power foretell from. Made with cell_score; no row unless two cells have two seeds in common.
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

-- How far the database is with a sweep's run folder.
CREATE TABLE sweep_reading (
  sweep_id           INTEGER PRIMARY KEY REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  plan_source        TEXT NOT NULL,     -- size and time of sweep.json when it was read
  statistics_current INTEGER NOT NULL CHECK (statistics_current IN (0, 1))  -- 1: cell_score and effect are of all
) STRICT;

-- That the effects of one factor are looked at several times, with more seeds each time where they are not resolved
-- (runs/<sweep>/added_seeds.json); at most one row a sweep.
CREATE TABLE planned_looks (
  sweep_id     INTEGER PRIMARY KEY REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  factor       TEXT NOT NULL,
  looks        INTEGER NOT NULL,       -- at most; its effects have the intervals and p of so many
  seeds_a_look INTEGER NOT NULL,       -- a cell has k times as many at look k
  recorded     TEXT NOT NULL           -- when: before the first seed was added
) STRICT;

-- The difference that a factor's level makes, over cells matched on all other factors, with its 95 % interval; or, for
-- an interaction ('llm x encoder', 'phi -> llama', 'siglip -> vit'), how one factor's difference changes with the other.
-- Scores are the means of the answers. Made anew from the answers whenever a sweep is read in (results/effects). Where
-- several looks at the factor are planned, intervals and p are those of repeated looks, and method ends so: ', adjusted for
-- 4 looks'.
CREATE TABLE effect (
  sweep_id           INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
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

-- The claims file that a sweep names, as it was when a run recorded it (runs/<sweep>/claims.json); a changed file is a row
-- more.
CREATE TABLE claim_file (
  sweep_id INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
  position INTEGER NOT NULL,           -- 0: the first that was recorded
  file     TEXT NOT NULL,              -- its path when it was recorded
  sha256   TEXT NOT NULL,              -- of the claims file's text, as sha256sum prints it
  recorded TEXT NOT NULL,              -- when: before the first trial, if it is to count as a prediction
  text     TEXT NOT NULL,              -- all of the file
  PRIMARY KEY (sweep_id, position)
) STRICT, WITHOUT ROWID;

-- What became of the claims about a sweep that the newest of its claims files makes. Made with the effects
-- (results/claims).
CREATE TABLE claim_result (
  sweep_id   INTEGER NOT NULL REFERENCES sweep (sweep_id) ON DELETE CASCADE,
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

-- What a score needs to be believed: which code, on which machine.
CREATE TABLE provenance (
  trial_id      INTEGER PRIMARY KEY REFERENCES trial (trial_id) ON DELETE CASCADE,
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

-- A cell's score on each benchmark, mean over its seeds, with its 95 % interval, the control without the picture and the
-- margin over it; fractions. Rows with a family are of the questions of that family alone. v_controls has all controls.
-- blind: the same metric, picture withheld
-- margin: value - blind, paired by question
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

-- What each cell comes to on each control, and by how much its score is over it.
-- score: of the cell with the pictures
CREATE VIEW v_controls AS
SELECT sweep.name AS sweep, x.cell_number AS cell_number,
       (SELECT cell FROM trial WHERE trial.sweep_id = x.sweep_id AND trial.cell_number = x.cell_number LIMIT 1) AS cell,
       x.benchmark AS benchmark, x.family AS family, control, metric, c.value AS score, x.value AS value,
       x.standard_error AS standard_error, x.ci_low AS ci_low, x.ci_high AS ci_high, margin, margin_standard_error,
       margin_ci_low, margin_ci_high, seeds, n
FROM cell_control AS x JOIN cell_score AS c USING (sweep_id, cell_number, benchmark, family) JOIN sweep USING (sweep_id)
ORDER BY x.sweep_id, x.cell_number, x.benchmark, x.family, control;

CREATE VIEW v_families AS SELECT * FROM v_cell_scores WHERE family <> '';

-- What each trial answered to each question. question is NULL for sweeps whose run folders do not hold its text. Answers
-- with the picture are those whose control is ''.
-- blind: 0: asked with its picture; 1: without one; NULL: another control
CREATE VIEW v_answers AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, benchmark,
       CASE control WHEN '' THEN 0 WHEN 'blind' THEN 1 END AS blind, question_id, image_id, family, question,
       references_json, prediction, score, question_tokens, answer_tokens, question_set_id AS question_set, control
FROM sweep JOIN trial USING (sweep_id) JOIN answer USING (trial_id) JOIN question USING (question_key)
JOIN question_set USING (question_set_id, sweep_id);

-- The steps of each trial's training, those of stages that it shares with others included.
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

-- v_wide: one row a cell: sweep, cell, llm, encoder, finetune, lora_rank, epochs, data, seeds, a column a benchmark (mean of its
-- main metric over the done seeds), average. Made again after each ingest, as benchmarks come (results/wide_view.cpp).

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
SELECT sweep.name AS sweep, trial.name AS trial, cell, trial.status AS trial_status, attempt, attempt.status AS status,
       stage, error_type, error_message, micro_batch, started, ended
FROM attempt JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)
WHERE attempt.status <> 'done';

CREATE VIEW v_row_kinds AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, stage, kind, file, rows, of_rows, teaches_nothing, first_row,
       first_line, text
FROM row_kind JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

CREATE VIEW v_leaks AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, benchmark, pictures, exact_pictures, shared_pictures, questions,
       shared_questions, answered_questions, text
FROM leak JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

-- What each stage that trials of a sweep went through took when it was made, for this sweep or an earlier one.
-- planned_users: trials of the sweep that need it, those to come included
CREATE VIEW v_stage_cost AS
SELECT sweep.name AS sweep, t.kind AS kind, t.key AS key, count(t.reused) AS users, count(*) AS planned_users,
       coalesce(stage.seconds, max(CASE WHEN t.reused = 0 THEN t.seconds END)) AS seconds, stage.flops AS flops,
       energy_joules, stage.peak_memory_bytes AS peak_memory_bytes, made, host
FROM trial_stage AS t JOIN trial USING (trial_id) JOIN sweep USING (sweep_id)
LEFT JOIN stage ON stage.kind = t.kind AND stage.key = t.key
GROUP BY trial.sweep_id, t.kind, t.key
HAVING count(t.reused) > 0
ORDER BY trial.sweep_id, min(t.position), t.key;

-- What each trial cost. own_ and share_ of all trials add up to what the sweep's stages took, each counted once, whichever
-- trial or earlier sweep had it made. Attempts that failed left no stage and are not in it.
-- new_stage_seconds: spent on stages made for this trial; stages it reused were paid for elsewhere.
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

-- What each sweep took in all: every stage that one of its trials went through once, and what it would have taken had
-- each trial made its own.
-- trials: that are done
-- stages: number of different ones
-- seconds: of all stages
-- seconds_saved: by sharing: each stage's seconds, once for each trial but the first that went through it
-- flops: of all stages
-- flops_saved: by sharing
-- energy_joules: of all stages; NULL where one was not measured
-- energy_joules_saved: by sharing
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

CREATE VIEW v_provenance AS
SELECT sweep.name AS sweep, trial.name AS trial, cell, seed, imp_version, git_commit, git_dirty, torch_version, compiler, host,
       os, cpu, gpu, threads, dtype, started, ended
FROM provenance JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);

-- What became of the claims that a sweep's file registered.
-- first_recorded: when the sweep's first claims file was written down
CREATE VIEW v_claims AS
SELECT sweep.name AS sweep, claim, says, section, factor, from_level, to_level, benchmark, direction, size, margin, verdict,
       difference, ci_low, ci_high, p, p_holm, why, registered,
       (SELECT min(recorded) FROM claim_file AS f WHERE f.sweep_id = c.sweep_id) AS first_recorded,
       (SELECT sha256 FROM claim_file AS f WHERE f.sweep_id = c.sweep_id ORDER BY position DESC LIMIT 1) AS sha256
FROM claim_result AS c JOIN sweep USING (sweep_id)
ORDER BY c.sweep_id, position;
