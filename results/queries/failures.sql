-- Which trials failed, and why?
-- Every attempt that did not end well; trial_status 'done' where a later attempt did.
SELECT trial, trial_status, attempt, stage, error_type, error_message, micro_batch, started
FROM v_failures
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
ORDER BY trial_status = 'done', trial, attempt;
