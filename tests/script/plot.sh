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
