-- How did the loss of a trial go down?
-- :trial is the first finished one where nothing is given. One row for each twentieth of a stage's steps.
WITH chosen AS (
  SELECT coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1)) AS sweep),
curve AS (
  SELECT v.*, ntile(20) OVER (PARTITION BY stage ORDER BY step) AS part
  FROM chosen JOIN v_curve AS v ON v.sweep = chosen.sweep
  WHERE trial = coalesce(nullif(:trial, ''), (SELECT trial FROM v_cells AS c WHERE c.sweep = chosen.sweep AND status = 'done'
                                              LIMIT 1)))
SELECT trial, stage, min(step) AS first_step, max(step) AS last_step, avg(loss) AS loss, avg(lr) AS lr,
       max(grad_norm) AS highest_grad_norm, sum(tokens) AS tokens, sum(seconds) AS seconds
FROM curve
GROUP BY trial, stage, part
ORDER BY stage, first_step;
