-- Which effects are resolved?
-- Those whose p, corrected after Holm for all that the sweep compares, is below 0.05; the largest first.
SELECT factor, from_level, to_level, benchmark, round(100 * difference, 2) AS points, round(100 * ci_low, 2) AS low,
       round(100 * ci_high, 2) AS high, p_holm, seeds, questions, is_interaction, also_differs
FROM v_effects
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
  AND family = '' AND p_holm < 0.05
ORDER BY abs(difference) DESC;
