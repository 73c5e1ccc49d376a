-- Which questions does a cell get right with one seed and wrong with another?
-- :cell is the first cell of the sweep where nothing is given.
WITH chosen AS (
  SELECT coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1)) AS sweep)
SELECT a.cell, benchmark, question_id, image_id, family, question, references_json, count(*) AS seeds,
       avg(score) AS mean_score, group_concat(prediction, ' | ') AS answers
FROM chosen JOIN v_answers AS a ON a.sweep = chosen.sweep
WHERE control = ''
  AND a.cell = coalesce(nullif(:cell, ''), (SELECT cell FROM v_cell_scores AS v WHERE v.sweep = chosen.sweep
                                            ORDER BY cell_number LIMIT 1))
GROUP BY benchmark, question_set, question_id
HAVING max(score) - min(score) >= 0.5
ORDER BY benchmark, family, question_id;
