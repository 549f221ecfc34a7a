/* names.c: where names stand in the text, and which one was probably meant. */
#include "compiler/sema/resolve.h"

#include <string.h>

#include "base/nearest.h"

static bool is_word(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

Span span_of_name(const Sema *sema, const Ast *node, uint32_t from, Name name) {
    const SourceFile *file = source_file(sema->sources, node->span.file);
    size_t len = strlen(name);
    if (!file || node->span.to > file->len) return node->span;
    for (uint32_t at = from; at + len <= node->span.to; at++) {
        if (memcmp(file->text + at, name, len) != 0 || is_word(file->text[at + len]) || (at > 0 && is_word(file->text[at - 1])))
            continue;
        return (Span){node->span.file, at, at + (uint32_t)len};
    }
    return node->span;
}

const char *nearest_in(Sema *sema, const char *name, const Map *values, const Map *also) {
    VEC(const char *) candidates = {0};
    const Map *const maps[] = {values, also};
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; maps[m] && i < maps[m]->len; i++)
            vec_push(sema->arena, &candidates, ((const Symbol *)maps[m]->entries[i].value)->name);
    return nearest_name(name, candidates.items, candidates.len);
}
