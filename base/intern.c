/* intern.c: interning by a map from text to itself. */
#include "base/intern.h"

#include <string.h>

#include "base/map.h"

struct Interner {
    Arena *arena;
    Map names;
};

Interner *interner_new(Arena *arena) {
    Interner *interner = arena_make(arena, Interner);
    interner->arena = arena;
    map_init(&interner->names, arena);
    return interner;
}

Name intern(Interner *interner, const char *text, size_t len) {
    void **slot = map_slot(&interner->names, text, len);
    if (!*slot) *slot = arena_strndup(interner->arena, text, len);
    return *slot;
}

Name intern_text(Interner *interner, const char *text) {
    return intern(interner, text, strlen(text));
}
