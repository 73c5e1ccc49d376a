-- Does a higher rank help, or what else does a factor do?
-- :factor is lora_rank where nothing is given. Points, to_level less from_level.
SELECT benchmark, from_level, to_level, round(100 * difference, 2) AS points, round(100 * ci_low, 2) AS low,
       round(100 * ci_high, 2) AS high, p_holm,
       CASE WHEN p_holm IS NULL THEN 'unknown' WHEN p_holm >= 0.05 THEN 'not resolved'
            WHEN difference > 0 THEN 'helps' ELSE 'hurts' END AS verdict,
       method, also_differs
FROM v_effects
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND family = '' AND is_interaction = 0
  AND factor = coalesce(nullif(:factor, ''), 'lora_rank');
