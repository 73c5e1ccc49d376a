-- Which cell is best on each benchmark, and how sure is that?
-- Points; an interval holds what other questions and other seeds would change. Two cells are compared by
-- effects_of_factor.sql, not by whether these intervals overlap.
SELECT benchmark, rank() OVER (PARTITION BY benchmark ORDER BY value DESC) AS place, cell,
       round(100 * value, 1) AS score, round(100 * ci_low, 1) AS low, round(100 * ci_high, 1) AS high,
       round(100 * blind, 1) AS blind, round(100 * margin, 1) AS over_blind, seeds, n AS questions
FROM v_cell_scores
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND family = ''
ORDER BY benchmark, place, cell_number;
