-- Which trials took longest, and on what?
SELECT trial, status, round(own_seconds, 1) AS own_seconds, round(share_seconds, 1) AS share_seconds, round(train_seconds, 1) AS train_seconds,
       round(eval_seconds, 1) AS eval_seconds, tokens_per_second, flops, peak_memory_bytes
FROM v_cost
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
ORDER BY v_cost.own_seconds + v_cost.share_seconds DESC
LIMIT 50;
