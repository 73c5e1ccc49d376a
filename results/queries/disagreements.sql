-- On which questions do two cells disagree most?
-- :cell and :other are the first and the last cell of the sweep where nothing is given; a score is the mean over seeds.
WITH chosen AS (
  SELECT coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1)) AS sweep),
pair AS (
  SELECT chosen.sweep AS sweep,
         coalesce(nullif(:cell, ''), (SELECT cell FROM v_cell_scores AS v WHERE v.sweep = chosen.sweep
                                      ORDER BY cell_number LIMIT 1)) AS cell,
         coalesce(nullif(:other, ''), (SELECT cell FROM v_cell_scores AS v WHERE v.sweep = chosen.sweep
                                       ORDER BY cell_number DESC LIMIT 1)) AS other
  FROM chosen),
scored AS (
  SELECT a.benchmark, a.question_id, a.image_id, a.family, a.question, a.references_json, pair.cell, pair.other,
         avg(CASE WHEN a.cell = pair.cell THEN score END) AS score,
         avg(CASE WHEN a.cell = pair.other THEN score END) AS other_score,
         group_concat(CASE WHEN a.cell = pair.cell THEN prediction END, ' | ') AS answers,
         group_concat(CASE WHEN a.cell = pair.other THEN prediction END, ' | ') AS other_answers
  FROM pair JOIN v_answers AS a ON a.sweep = pair.sweep AND a.cell IN (pair.cell, pair.other)
  WHERE a.control = ''
  GROUP BY a.benchmark, a.question_set, a.question_id)
SELECT benchmark, question_id, image_id, family, question, references_json, cell, score, answers, other, other_score,
       other_answers
FROM scored
WHERE score <> other_score
ORDER BY abs(score - other_score) DESC, benchmark, question_id
LIMIT 200;
