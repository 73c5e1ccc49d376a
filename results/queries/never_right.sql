-- Which questions does every cell get wrong, with every seed?
SELECT benchmark, question_id, image_id, family, question, references_json, count(*) AS answers,
       count(DISTINCT prediction) AS different_answers, min(prediction) AS an_answer
FROM v_answers
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND control = ''
GROUP BY benchmark, question_set, question_id
HAVING max(score) = 0
ORDER BY benchmark, family, question_id;
