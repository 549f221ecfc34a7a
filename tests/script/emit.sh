# Every phase can be stopped after and printed, to standard output or a file; an object is a file that links.
cp "$ROOT/examples/wordcount.mr" .
for phase in tokens ast types core plan llvm asm; do
    "$MRC" --emit=$phase wordcount.mr > to_output
    "$MRC" --emit=$phase wordcount.mr -o to_file
    [ -s to_output ] && cmp to_output to_file || { echo "--emit=$phase differs between standard output and a file"; exit 1; }
done
"$MRC" --emit=obj wordcount.mr
file_type=$(head -c 4 wordcount.o | tail -c 3)
[ "$file_type" = ELF ] || { echo "wordcount.o is no object"; exit 1; }
for level in 0 1 2 3; do
    "$MRC" -O$level "$ROOT/examples/sum_of_products.mr" -o sum$level
    [ "$(./sum$level)" = "Sum of the products equals 843350" ] || { echo "-O$level: wrong result"; exit 1; }
done
# Results do not depend on the optimisation: the same lanes and trees.
"$MRC" -O0 "$ROOT/tests/dist/float_sum/main.mr" -o slow
"$MRC" -O3 --cpu=x86-64-v3 "$ROOT/tests/dist/float_sum/main.mr" -o fast
grep -q avx2 /proc/cpuinfo || { cmp <(./slow) "$ROOT/tests/dist/float_sum/expected"; exit 0; }
cmp <(./slow) "$ROOT/tests/dist/float_sum/expected"
cmp <(./fast) "$ROOT/tests/dist/float_sum/expected"
