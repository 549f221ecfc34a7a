/* names.c: where names stand in the text, and which one was probably meant. */
#include "compiler/sema/resolve.h"

#include <string.h>

#include "base/nearest.h"

static bool is_word(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The first whole word of this spelling at or after `from`; the whole span where there is none. */
static Span find_word(const Sema *sema, Span span, uint32_t from, const char *word) {
    const SourceFile *file = source_file(sema->sources, span.file);
    size_t len = strlen(word);
    if (!file || span.to > file->len) return span;
    for (uint32_t at = from; at + len <= span.to; at++) {
        if (memcmp(file->text + at, word, len) != 0 || is_word(file->text[at + len]) || (at > 0 && is_word(file->text[at - 1])))
            continue;
        return (Span){span.file, at, at + (uint32_t)len};
    }
    return span;
}

Span span_of_name(const Sema *sema, const Ast *node, uint32_t from, Name name) {
    return find_word(sema, node->span, from, name);
}

Span span_of_word(const Sema *sema, Span span, const char *word) {
    return find_word(sema, span, span.from, word);
}

Span span_of_operator(const Sema *sema, const Ast *left, const Ast *right, const char *spelling) {
    Span whole = span_join(left->span, right->span);
    const SourceFile *file = source_file(sema->sources, whole.file);
    size_t len = strlen(spelling);
    if (!file || whole.to > file->len) return whole;
    for (uint32_t at = left->span.to; at + len <= right->span.from; at++) {
        while (at < right->span.from && file->text[at] == '#') /* a comment at the end of the line */
            while (at < right->span.from && file->text[at] != '\n') at++;
        if (at + len <= right->span.from && memcmp(file->text + at, spelling, len) == 0)
            return (Span){whole.file, at, at + (uint32_t)len};
    }
    return whole;
}

/* Of a program that is all wrong, not every name is compared with every other. */
bool is_worth_searching(const Sema *sema) {
    enum { SEARCHES = 100 };
    return diag_count(sema->diags, SEVERITY_ERROR) <= SEARCHES;
}

const char *nearest_in(Sema *sema, const char *name, const Map *values, const Map *also) {
    if (!is_worth_searching(sema)) return NULL;
    VEC(const char *) candidates = {0};
    const Map *const maps[] = {values, also};
    for (size_t m = 0; m < 2; m++)
        for (size_t i = 0; maps[m] && i < maps[m]->len; i++)
            vec_push(sema->arena, &candidates, ((const Symbol *)maps[m]->entries[i].value)->name);
    return nearest_name(name, candidates.items, candidates.len);
}
