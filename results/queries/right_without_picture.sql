-- Which questions are answered without the picture?
-- Those that every trial gets right when the picture is withheld: they say nothing about seeing.
SELECT benchmark, family, question_id, question, references_json, count(*) AS trials, min(score) AS lowest_score,
       min(prediction) AS an_answer
FROM v_answers
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND control = 'blind'
GROUP BY benchmark, question_set, question_id
HAVING min(score) >= 0.5
ORDER BY benchmark, family, question_id;
