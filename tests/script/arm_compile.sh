# All of the runtime compiles for AArch64 without a warning, and so do the examples, whose kernels of arithmetic work in NEON's vectors.
[ -e "$BUILD/lib/mr/hot-aarch64.bc" ] && command -v clang-19 > said || { echo "mr was built without C headers for AArch64 (libc6-dev-arm64-cross)"; exit 77; }
make -C "$ROOT" -s -j2 BUILD="$BUILD" CI=1 arm-runtime > said 2>&1 || { tail -20 said; exit 1; }
count=0
for program in "$ROOT"/examples/*.mr; do
    name=$(basename "$program" .mr)
    "$MRC" --target=aarch64-linux-gnu --emit=asm "$program" > "$name.s"
    [ -s "$name.s" ]
    ! grep -q 'ymm\|zmm\|xmm' "$name.s"
    count=$((count + 1))
done
cat > dot.mr <<'E2'
let xs = list(map i => float(i) over 1..1000)
print(map (x, y) => x * y over xs, xs reduce sum)
E2
"$MRC" --target=aarch64-linux-gnu --emit=asm dot.mr > dot.s
grep -q 'fmul[[:space:]]*v[0-9]*\.2d' dot.s
grep -q 'fadd[[:space:]]*v[0-9]*\.2d' dot.s
[ "$count" -ge 3 ]
echo "$count examples"
