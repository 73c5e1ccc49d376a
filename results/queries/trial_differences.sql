-- What differs between two trials?
-- :trial and :other are the first and the last of the sweep where nothing is given: settings, code, machine.
WITH chosen AS (
  SELECT coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1)) AS sweep),
pair AS (
  SELECT sweep_id,
         coalesce(nullif(:trial, ''), (SELECT t.name FROM trial AS t WHERE t.sweep_id = sweep.sweep_id
                                       ORDER BY trial_id LIMIT 1)) AS trial,
         coalesce(nullif(:other, ''), (SELECT t.name FROM trial AS t WHERE t.sweep_id = sweep.sweep_id
                                       ORDER BY trial_id DESC LIMIT 1)) AS other
  FROM chosen JOIN sweep ON sweep.name = chosen.sweep),
setting AS (
  SELECT t.name AS trial, j.key AS key, j.value AS value
  FROM pair JOIN trial AS t USING (sweep_id), json_each(t.config_json) AS j
  WHERE t.name IN (pair.trial, pair.other)
  UNION ALL
  SELECT t.name, j.key, j.value
  FROM pair JOIN trial AS t USING (sweep_id) JOIN provenance AS p USING (trial_id),
       json_each(json_object('imp_version', imp_version, 'git_commit', git_commit, 'git_dirty', git_dirty, 'torch_version',
                             torch_version, 'compiler', compiler, 'host', host, 'os', os, 'cpu', cpu, 'gpu', gpu, 'threads',
                             threads, 'dtype used', p.dtype)) AS j
  WHERE t.name IN (pair.trial, pair.other)),
side AS (
  SELECT key, max(CASE WHEN setting.trial = pair.trial THEN value END) AS first_value,
         max(CASE WHEN setting.trial = pair.other THEN value END) AS other_value
  FROM setting, pair
  GROUP BY key)
SELECT key, first_value AS value, other_value, trial, other
FROM side, pair
WHERE first_value IS NOT other_value
ORDER BY key;
