-- What are the most common wrong answers?
-- Over all cells and seeds, by family; of_wrong is the share of the family's wrong answers.
WITH wrong AS (
  SELECT benchmark, family, prediction, count(*) AS times, count(DISTINCT question_id) AS questions,
         min(references_json) AS a_reference
  FROM v_answers
  WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND control = '' AND score = 0
  GROUP BY benchmark, family, prediction)
SELECT benchmark, family, prediction, times, questions,
       round(1.0 * times / sum(times) OVER (PARTITION BY benchmark, family), 3) AS of_wrong, a_reference
FROM wrong
ORDER BY times DESC, benchmark, family, prediction
LIMIT 100;
