# mrc --target compiles for the other kind of machine: its vectors where the program's arithmetic gives them, one level of the processor,
# and nothing of this one's. Without that machine's C headers mr has no bitcode for it: then only -O0 works.
cat > sums.mr <<'E2'
let n = 100_000
let xs = list(map i => float(i) / 3.0 over 1..n)
let ys = list(map i => 1.0 / float(i) over 1..n)
print(map (x, y) => x * y over xs, ys reduce sum)
print(map i => i * i over 1..n reduce sum)
print(map w => (w, 1) over words(args) reduce sum by key)
E2
refused() { # refused STATUS MESSAGE COMMAND ...
    local status=0
    timeout 20 "${@:3}" > out 2> said || status=$?
    [ $status = $1 ] && [ ! -s out ] && grep -q -- "$2" said || { echo "status $status:"; cat said; exit 1; }
}
refused 2 '--target=arm-linux-gnueabihf: it is x86_64-linux-gnu or aarch64-linux-gnu' "$MRC" --target=arm-linux-gnueabihf sums.mr
refused 1 "unknown processor 'x86-64-v3'" "$MRC" --target=aarch64-linux-gnu --cpu=x86-64-v3 -O0 --emit=llvm sums.mr
refused 1 "unknown processor 'armv8-a'" "$MRC" --target=x86_64-linux-gnu --cpu=armv8-a -O0 --emit=llvm sums.mr
"$MRC" --emit=llvm sums.mr > here.ll
"$MRC" --target="$(uname -m)-linux-gnu" --emit=llvm sums.mr | cmp - here.ll
case "$(uname -m)" in
x86_64) other=aarch64 triple=aarch64-unknown-linux-gnu ;;
*) other=x86_64 triple=x86_64-pc-linux-gnu ;;
esac
refused 2 "--target=$other-linux-gnu is another machine" "$MRC" --target=$other-linux-gnu sums.mr -o sums
"$MRC" --target=$other-linux-gnu -O0 --emit=llvm sums.mr > other.ll
grep -q "target triple = \"$triple\"" other.ll
if [ ! -e "$BUILD/lib/mr/hot-$other.bc" ]; then
    refused 1 "hot-$other.bc" "$MRC" --target=$other-linux-gnu --emit=llvm sums.mr
    echo "mr was built without C headers for $other"
    exit 77
fi
"$MRC" --target=$other-linux-gnu --emit=llvm sums.mr > other.ll
! grep -q "x86-64-v[34]\|llvm\.x86" other.ll
"$MRC" --target=$other-linux-gnu --emit=obj sums.mr -o sums.o
"$MRC" --target=aarch64-linux-gnu --emit=plan sums.mr | grep -q 'code      for armv8-a, in vectors of 128 bits'
"$MRC" --target=aarch64-linux-gnu --emit=asm sums.mr > sums.s
for instruction in 'fmul.*v[0-9]*\.2d' 'fadd.*v[0-9]*\.2d' 'and.*v[0-9]*\.16b'; do
    grep -q "$instruction" sums.s || { echo "no $instruction in the assembly of AArch64"; exit 1; }
done
