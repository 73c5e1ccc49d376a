-- 1 to 2: what the training data did not teach; effects with families, parts of the variance and what else differs; views name the cell. Effects are made from
-- the answers when a sweep is read in, so the table, which version 1 never filled, is made anew.
DROP VIEW v_cells;
DROP VIEW v_scores;
DROP VIEW v_effects;
DROP TABLE effect;

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

CREATE VIEW v_effects AS
SELECT sweep.name AS sweep, factor, from_level, to_level, benchmark, family, difference, ci_low, ci_high, p, p_holm,
       standardized, standard_error, picture_variance, seed_variance, degrees_of_freedom, method, questions, pictures,
       questions_left_out, seeds, matched_groups, cells, also_differs, is_interaction
FROM effect JOIN sweep USING (sweep_id)
ORDER BY effect.sweep_id, position;

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

CREATE VIEW v_row_kinds AS
SELECT sweep.name AS sweep, trial.name AS trial, stage, kind, file, rows, of_rows, teaches_nothing, first_row,
       first_line, text
FROM row_kind JOIN trial USING (trial_id) JOIN sweep USING (sweep_id);
