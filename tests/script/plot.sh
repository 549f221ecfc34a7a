# Pictures: valid XML that shows the data's numbers, as an independent reader measures them; the same bytes for every number of workers; of
# a million points as small as of a thousand; and what is said of wrong use.
printf 'a\377b\200' > bytes
"$MRC" -O0 "$ROOT/tests/script/lib/pictures.mr" -o pictures
./pictures > printed
"$ROOT/tests/script/lib/pictures.py" . < printed
[ ! -e none.png ]
if command -v xmllint >/dev/null; then xmllint --noout *.svg; fi
[ "$(stat -c %s scatter_many.svg)" -lt 200000 ] && [ "$(stat -c %s line_many.svg)" -lt 100000 ]
sha256sum *.svg > sums
rm -- *.svg
"$MRRUN" -n 3 ./pictures | cmp - printed
sha256sum --quiet -c sums

# Numbers at the edge of what can be drawn.
"$MRC" -O0 "$ROOT/tests/script/lib/picture_edges.mr" -o edges
timeout 100 ./edges > reasons
cmp reasons - << 'E2'

an axis from to the first must be below the second
an axis from to these are too close to each other
counts: bins from to the first must be below the second
counts: bins from to these are too close to each other
histogram: the bins must lie between two numbers, not and
E2
