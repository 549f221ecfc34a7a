# Lists of nodes mean what Slurm means by them: 200 that are drawn, and those of an allocation.
${CC:-gcc} -D_GNU_SOURCE -I"$ROOT" "$ROOT"/tests/slurm/lib/expand.c "$ROOT"/runtime/launch/nodelist.c "$ROOT"/base/arena.c -o expand
# Slurm itself reads no text behind a bracket, and at most one bracket of several numbers behind another.
python3 - >lists <<'E3'
import random
random.seed(7)
def numbers():
    parts = []
    for _ in range(random.randint(1, 3)):
        width, first = random.choice([1, 2, 3]), random.randint(0, 120)
        last = first + random.randint(0, 12)
        first, last = f"{first:0{width}}", f"{last:0{width}}"
        parts.append(random.choice([first, f"{first}-{last}"]))
    return "[" + ",".join(parts) + "]"
for _ in range(200):
    print(",".join(random.choice(["a", "b-", "node-7-x", "n0"]) + random.choice(["", numbers(), numbers()]) for _ in range(random.randint(1, 3))))
E3
count=0
while read -r list; do
    [ "$(./expand "$list")" = "$(scontrol show hostnames "$list")" ] || { echo "differs: $list"; diff <(./expand "$list") <(scontrol show hostnames "$list"); }
    count=$((count + 1))
done <lists
[ "$(salloc -Q -N3 bash -c './expand "$SLURM_JOB_NODELIST"' | tr '\n' ' ')" = "mr1 mr2 mr3 " ]
echo "$count lists mean what scontrol says"
