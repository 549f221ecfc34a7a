# Each named point at which something may go wrong (runtime/worker/fault.h) is one that tests make go wrong, and the other way round.
cd "$ROOT"
grep -rhoE 'MR_FAULT(_SLOW)?\("[a-z_.]+"' runtime --include='*.c' | sed 's/.*"\(.*\)"/\1/' | sort -u >"$OLDPWD/points"
cd "$OLDPWD"
[ "$(wc -l <points)" -ge 30 ] || { echo "only $(wc -l <points) points found"; exit 1; }
while read -r point; do
    grep -qE "\"$point[\"@:]" "$ROOT"/tests/fault/*.py || { echo "no test names the point $point"; exit 1; }
done <points
grep -ohE '"[a-z]+\.[a-z_]+["@:]' "$ROOT"/tests/fault/*.py | sed 's/"\([a-z_.]*\).*/\1/' | grep -E "^($(sed 's/\..*//' points | sort -u | paste -sd'|'))\." | sort -u >named
while read -r point; do
    grep -qx "$point" points || { echo "a test names $point, which is no point of the runtime"; exit 1; }
done <named
