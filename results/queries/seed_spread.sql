-- How much do the seeds of a cell spread?
-- Points. Part of it is chance in the questions: imp-report noise takes that out.
SELECT benchmark, metric, cell, count(*) AS seeds, round(100 * avg(value), 1) AS mean, round(100 * min(value), 1) AS lowest,
       round(100 * max(value), 1) AS highest,
       CASE WHEN count(*) > 1 THEN
         round(100 * sqrt(max(0, (sum(value * value) - sum(value) * avg(value)) / (count(*) - 1))), 2) END AS standard_deviation
FROM v_scores
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND metric NOT LIKE '%\_blind' ESCAPE '\' AND metric NOT LIKE '%\_shuffled' ESCAPE '\'
  AND metric NOT LIKE '%\_ocr' ESCAPE '\'
GROUP BY benchmark, metric, cell
ORDER BY benchmark, metric, standard_deviation DESC;
