-- Which trials took longest, and on what?
SELECT trial, status, round(wall_seconds, 1) AS wall_seconds, round(train_seconds, 1) AS train_seconds,
       round(eval_seconds, 1) AS eval_seconds, round(new_stage_seconds, 1) AS new_stage_seconds, tokens_per_second,
       peak_memory_bytes
FROM v_cost
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
ORDER BY v_cost.wall_seconds DESC
LIMIT 50;
