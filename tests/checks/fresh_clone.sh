#!/usr/bin/env bash
# A fresh clone needs nothing by hand: what `.ci/run` starts is there, every file that the build names is committed, and
# nothing that is committed leads out of the repository.
# usage: fresh_clone.sh SCRATCH PYTHON (with the pinned torch); 77: this tree is no git checkout
set -euo pipefail
scratch=$1 python=$2
root=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
git -C "$root" rev-parse HEAD >/dev/null 2>&1 || { echo "not a git checkout"; exit 77; }
failed=0
complain() { echo "$*" >&2; failed=1; }

rm -rf "$scratch"
git clone --quiet --no-hardlinks "file://$root" "$scratch"
cd "$scratch"

# Continuous integration is the user's own commands, each known to ./imp, and nothing before them.
[ -x .ci/run ] && [ -x imp ] || complain ".ci/run and imp must be programs"
steps=$(grep -vE '^(#|set |cd |$)' .ci/run)
[ "$(grep -oE '^\./imp [a-z]+' <<<"$steps" | tr '\n' ' ')" = './imp setup ./imp test ./imp sweep ./imp report ' ] ||
  complain ".ci/run should be ./imp setup, test, sweep and report, and is: $steps"
[ "$(grep -c . <<<"$steps")" = 4 ] || complain ".ci/run does more than its four commands: $steps"
for command in $(grep -oE '^\./imp [a-z]+' <<<"$steps" | cut -d' ' -f2); do
  ./imp help | grep -q "^\./imp $command" || complain "./imp help does not know $command"
done
for list in $(grep -oE '\b(packages|requirements)[a-z0-9-]*\.txt' imp); do
  [ -f "$list" ] || complain "imp reads $list, which is not committed"
done

# Configuring fails where a source is missing. Neither form builds anything.
cmake --preset core >/dev/null || complain "the preset core cannot be configured from a clone"
cmake --preset release "-DIMP_PYTHON=$python" >/dev/null || complain "the preset release cannot be configured from a clone"

# Links and scripts stay inside.
while read -r link; do
  case $(readlink "$link") in /* | ../../../*) complain "$link leads out of the repository" ;; esac
done < <(git ls-files -s | awk '$1 == "120000" {print $4}')
found=$(git grep -nE '(^|[^A-Za-z0-9_./-])/(root|work|home)/|\.\./shared' -- '*.cpp' '*.h' '*.py' '*.sh' '*.txt' '*.cmake' '*.yaml' imp .ci ':!tests/checks/fresh_clone.sh' ':!tests/data' || true)
[ -z "$found" ] || complain "paths of one machine: $found"

cd /
rm -rf "$scratch"
exit "$failed"
