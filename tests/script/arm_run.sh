# The same bytes on AArch64: programs of tests/dist, run by qemu, print what they print on this machine. LONG=1: all of them. Skipped
# without qemu-aarch64, or what it is to run them with (`make arm-root`).
arm=$BUILD/arm root=$BUILD/arm/root
[ -e "$root/usr/include" ] || { echo "there is no root folder of AArch64: make arm-root"; exit 77; }
command -v qemu-aarch64 > said || { echo "there is no qemu-aarch64"; exit 77; }
make -C "$ROOT" -s -j2 BUILD="$BUILD" CI=1 arm-runtime > said 2>&1 || { tail -20 said; exit 1; }
here=("$ROOT"/tests/dist/{float_sum,sum_of_products,statistics,keyed,text_parts}/)
[ -z "${LONG:-}" ] || here=("$ROOT"/tests/dist/*/)
count=0
for test in "${here[@]}"; do
    [ -e "$test/main.mr" ] && [ ! -e "$test/status" ] || continue
    args=$(cat "$test/args" 2>/dev/null || true)
    [[ "$args" != *'$PLAYS'* ]] || continue
    read -ra args <<< "${args//'$HERE'/$test}"
    input=/dev/null
    [ ! -e "$test/stdin" ] || input=$test/stdin
    "$MRC" --target=aarch64-linux-gnu --emit=obj "$test/main.mr" -o program.o
    clang-19 --target=aarch64-linux-gnu --sysroot="$root" -fuse-ld=mold -pthread program.o "$arm/lib/libmrt.a" -Wl,--as-needed -lzmq \
        -l:libutf8proc.a -l:libpcre2-8.a -lsleef -lm -Wl,--allow-shlib-undefined -o program
    timeout 120 qemu-aarch64 -L "$root" ./program "${args[@]}" < "$input" > got 2> said || { echo "$test"; tail -3 said; exit 1; }
    cmp got "$test/expected" || { echo "$test prints something else"; diff got "$test/expected" | head -4 | cut -c 1-200; exit 1; }
    count=$((count + 1))
done
[ $count -ge 3 ]
echo "$count programs"
