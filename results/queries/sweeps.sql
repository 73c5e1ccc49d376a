-- Which sweeps are there, and how far is each?
SELECT sweep.name AS sweep, about, created, count(*) AS trials, sum(status = 'done') AS done, sum(status = 'failed') AS failed,
       sum(status NOT IN ('done', 'failed')) AS not_finished, count(DISTINCT cell_number) AS cells, benchmarks_json
FROM sweep JOIN trial USING (sweep_id)
GROUP BY sweep_id
ORDER BY created DESC, sweep_id DESC;
