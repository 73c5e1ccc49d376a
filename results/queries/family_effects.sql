-- Which families of questions gain from a factor, and which lose?
-- :factor is lora_rank where nothing is given. p_holm is corrected over all families and levels of the sweep.
SELECT family, from_level, to_level, benchmark, round(100 * difference, 2) AS points, round(100 * ci_low, 2) AS low,
       round(100 * ci_high, 2) AS high, p_holm, questions
FROM v_effects
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND family <> '' AND is_interaction = 0
  AND factor = coalesce(nullif(:factor, ''), 'lora_rank')
ORDER BY difference DESC;
