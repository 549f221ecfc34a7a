# Programs of tests/dist as ranks of srun and under mrrun in an allocation: what they print, and how they end, as everywhere. LONG=1: all of them.
. "$ROOT/tests/slurm/lib/lib.sh"
unset MR_LOCAL_MS
count=0
for folder in "$ROOT"/tests/dist/*/; do
    name=$(basename "$folder")
    [ -n "${LONG:-}" ] || case $name in float_sum | texts | keyed_* | errors_*) ;; *) continue ;; esac
    words=$(cat "$folder/args" 2>/dev/null || true)
    case $words in *'$PLAYS'*) [ -n "${MR_TEST_PLAYS:-}" ] || continue ;; esac
    words=${words//'$PLAYS'/${MR_TEST_PLAYS:-}}
    words=${words//'$HERE'/${folder%/}}
    input=/dev/null; [ ! -e "$folder/stdin" ] || input=$folder/stdin
    status=$(cat "$folder/status" 2>/dev/null || echo 0)
    "$MRC" "$folder/main.mr" -o program $(cat "$folder/flags" 2>/dev/null || true) 2>/dev/null
    # shellcheck disable=SC2086
    expect "$status" "$folder/expected" srun -n 5 ./program $words <"$input"
    expect "$status" "$folder/expected" salloc -Q -n 4 "$MRRUN" ./program $words <"$input"
    count=$((count + 1))
done
all_gone
echo "$count programs, each in two ways; nothing differed"
