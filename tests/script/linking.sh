# mrc calls the linker itself, as the C compiler would; where the linker that it was built with is not there, it calls the C compiler.
cp "$ROOT/examples/sum_of_products.mr" p.mr
wanted="Sum of the products equals 843350"
mkdir tools
for tool in cc mold; do
    path=$(PATH=/usr/bin:/bin command -v $tool) || { echo "$tool is not installed"; exit 77; }
    printf '#!/bin/sh\necho "%s" >> "%s/called"\nexec %s "$@"\n' $tool "$PWD" "$path" > tools/$tool
    chmod +x tools/$tool
done
mv tools/mold tools/ld.mold
PATH="$PWD/tools:$PATH" "$MRC" p.mr && [ "$(./p)" = "$wanted" ]
if ldd "$MRC" | grep -q "lib[au]*san\|libtsan"; then
    grep -q cc called || { echo "a sanitised mrc has to link by the C compiler"; exit 1; }
    exit 0
fi
[ ! -e called ] || { echo "called although the linker is known:"; cat called; exit 1; }

# The folders of LIBRARY_PATH are searched, as by the C compiler; an empty one is the current one.
printf 'long long seven(void) { return 7; }\n' > seven.c
mkdir a b && ${CC:-cc} -c seven.c && ar qcs b/libseven.a seven.o
printf 'extern fn seven() -> int from "seven"\nprint(seven())\n' > s.mr
LIBRARY_PATH="a:$PWD/b" "$MRC" s.mr && [ "$(./s)" = 7 ]
(cd b && cp ../s.mr . && LIBRARY_PATH=":../a" "$MRC" s.mr && [ "$(./s)" = 7 ])
if LIBRARY_PATH=a "$MRC" --diagnostics=short s.mr 2> message; then echo "linked without its library"; exit 1; fi
grep -qF 'there is no library `seven`' message

# Without the linker: a view of the files in which it cannot be run.
linker=$(readlink -f /usr/bin/mold)
cp "$linker" real && sed -i "s,^exec.*,exec $PWD/real \"\$@\"," tools/ld.mold && : > plain
unshare -m true 2>/dev/null || { echo "needs to be root: the view without the linker was left out"; exit 0; }
rm -f p
unshare -m sh -c 'mount --bind plain "$1" && PATH="$PWD/tools:$PATH" "$MRC" p.mr' sh "$linker"
[ "$(./p)" = "$wanted" ] && grep -q cc called
