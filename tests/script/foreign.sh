# C functions from objects, archives and shared libraries, and what is said where one is not found.
cat > more.c <<'E2'
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
bool toggle(bool on) { return !on; }
const char *shout(const char *text, int64_t n) {
    static _Thread_local char out[64];
    size_t len = strlen(text) < 32 ? strlen(text) : 32;
    for (size_t i = 0; i < len; i++) out[i] = text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i];
    for (; n > 0 && len < 63; n--) out[len++] = '!';
    out[len] = '\0';
    return out;
}
static _Thread_local int64_t noted;
void note(int64_t x) { noted = x; }
int64_t last_noted(void) { return noted; }
const char *nothing(void) { return NULL; }
/* More arguments than there are registers, and a name that the module has for itself; map_get is one of the runtime's. */
int64_t closure(int64_t a, double b, bool c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h, double i, bool j) {
    return a + 2 * (int64_t)b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * (int64_t)i + 10 * j;
}
int64_t map_get(int64_t x) { return x + 1; }
E2
cat > p.mr <<'E2'
extern fn toggle(on: bool) -> bool
extern fn shout(text: string, n: int) -> string
extern fn note(x: int)
extern fn last_noted() -> int
extern fn nothing() -> string
extern fn closure(a: int, b: float, c: bool, d: int, e: int, f: int, g: int, h: int, i: float, j: bool) -> int
extern fn map_get(x: int) -> int
test "C in a test" { assert(toggle(false)) }
print(toggle(true), toggle(1 == 2), shout("hello", 3), shout("", 1))
note(42)
print(last_noted(), closure(1, 1.5, true, 1, 1, 1, 1, 1, 1.5, true))
print(try { nothing() } catch e { e.message })
print(map w => shout(w, n: 1) over words_in("to be or not") reduce concat("-"))
print(map (x => (x % 3, map_get(x))) over 1..1000 reduce sum by key)
E2
cat > wanted <<'E2'
false true HELLO!!! !
42 55
the C function returned NULL, which is no string
TO!-BE!-OR!-NOT!
[0: 167166, 1: 167501, 2: 166833]
E2
cc=${CC:-cc}
$cc -std=gnu11 -fPIC -c more.c
ar qcs libmore.a more.o
mkdir shared && $cc -shared -o shared/libmore.so more.o
compare() { # compare COMMAND ...: its output must be the wanted one
    timeout 60 "$@" > got
    cmp got wanted || { echo "$*"; cat got; exit 1; }
}
"$MRC" p.mr more.o && compare ./p && compare env MR_LOCAL_MS=0 "$MRRUN" -n 3 ./p
"$MRC" -O0 p.mr libmore.a && compare ./p
"$MRC" -L . p.mr -lmore && compare ./p
sed 's/\(bool\|string\|int)\|int\)$/& from "more"/' p.mr > named.mr
grep -q 'from "more"' named.mr
"$MRC" -L shared named.mr && compare env LD_LIBRARY_PATH=shared ./named
"$MRC" test p.mr shared/libmore.so more.o | grep -q '1 passed, 0 failed'

refuse() { # refuse STATUS TEXT ARGUMENTS ...: what mrc says when it is called with them
    status=0; "$MRC" --diagnostics=short "${@:3}" > out 2>&1 || status=$?
    [ "$status" = "$1" ] && grep -qF -- "$2" out || { echo "mrc ${*:3}: exit status $status, expected $1 and $2"; cat out; exit 1; }
    [ -z "$(grep -e 'mold' -e 'collect2' out)" ] || { echo "the linker's own message is shown:"; cat out; exit 1; }
}
refuse 1 'p.mr:1:11: error[E0702]: the C function `toggle` is in nothing that was linked' p.mr
refuse 1 'there is no library `more` for the C function `toggle`' named.mr
refuse 2 'cannot read absent.o' p.mr absent.o
refuse 2 'what is `more.c`?' p.mr more.c
refuse 1 'mrc: -lnowhere: there is no libnowhere.so' p.mr more.o -lnowhere
printf 'extern fn cbrtt(x: float) -> float from "m"\nprint(cbrtt(1.0))\n' > q.mr
refuse 1 'the C function `cbrtt` is not in the library `m`' q.mr
printf 'extern fn unused(x: float) -> float\nprint(1)\n' > r.mr
"$MRC" r.mr && [ "$(./r)" = 1 ]
