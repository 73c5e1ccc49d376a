-- How good is each cell on each family of questions?
SELECT benchmark, family, cell, round(100 * value, 1) AS score, round(100 * ci_low, 1) AS low,
       round(100 * ci_high, 1) AS high, round(100 * blind, 1) AS blind, n AS questions, seeds
FROM v_families
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
ORDER BY benchmark, family, cell_number;
