# The time to compile a function grows with its length, not with the square of it: 400 parts of a string, each with a value to give up
# on failure, took minutes when every failing call kept its own copy of every slot.
{ printf 'let s = "'; for i in $(seq 400); do printf 'part {%d} ' "$i"; done; printf '"\nprint(len(s))\n'; } >long.mr
timeout 30 "$MRC" long.mr || { echo "mrc took more than 30 s"; exit 1; }
[ "$(./long)" = 3492 ] || { ./long; exit 1; }
