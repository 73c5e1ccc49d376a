-- Are the results made by one version of the code, on one kind of machine?
-- One row is the good answer. git_dirty 1: the source had changes that no commit holds.
SELECT imp_version, git_commit, git_dirty, torch_version, compiler, cpu, gpu, threads, dtype, count(*) AS trials,
       min(started) AS first_started, max(ended) AS last_ended
FROM v_provenance
WHERE sweep = coalesce(nullif(:sweep, ''), (SELECT name FROM sweep ORDER BY created DESC, sweep_id DESC LIMIT 1))
GROUP BY imp_version, git_commit, git_dirty, torch_version, compiler, cpu, gpu, threads, dtype
ORDER BY trials DESC;
