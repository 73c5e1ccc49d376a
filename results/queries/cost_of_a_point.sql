-- What does a point cost?
-- A cell's seconds a seed (its own stages and its share of shared ones), and what a point over the blind control takes.
WITH cost AS (
  SELECT cell, avg(own_seconds + share_seconds) AS seconds, avg(trained_parameters) AS trained_parameters
  FROM v_cost WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND status = 'done' GROUP BY cell)
SELECT benchmark, cell, round(100 * value, 1) AS score, round(100 * margin, 1) AS over_blind, round(seconds, 1) AS seconds,
       round(seconds / nullif(100 * margin, 0), 2) AS seconds_a_point, CAST(trained_parameters AS INTEGER) AS trained_parameters
FROM v_cell_scores JOIN cost USING (cell)
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND family = ''
ORDER BY benchmark, seconds_a_point;
