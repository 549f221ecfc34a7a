/* explain.c: the explanations of diagnostics: found by code, and laid out for a terminal. */
#include "compiler/source/explain.h"

#include <string.h>
#include <strings.h>

typedef struct EmbeddedText {
    const char *name, *text;
    size_t len;
} EmbeddedText;
extern const EmbeddedText mr_embedded_explanations[]; /* made by the Makefile of explain/; ended by a NULL name */

static const EmbeddedText *text_of(DiagCode code) {
    for (const EmbeddedText *text = mr_embedded_explanations; text->name; text++)
        if (strcmp(text->name, diag_code_name(code)) == 0) return text;
    return NULL;
}

/* What stands above a block of code, by the words behind the fence. */
static void fence_render(const char *info, size_t len, Buf *out) {
    if (len >= 5 && memcmp(info + len - 5, "wrong", 5) == 0)
        buf_add_text(out, "Wrong:\n");
    else if (len >= 5 && memcmp(info + len - 5, "right", 5) == 0)
        buf_add_text(out, "Right:\n");
    else if (len > 3)
        buf_printf(out, "with %.*s:\n", (int)len - 3, info + 3);
}

bool explain_code(DiagCode code, Buf *out) {
    const EmbeddedText *text = text_of(code);
    buf_printf(out, "%s: %s\n\n", diag_code_name(code), diag_code_title(code));
    if (!text) return false;
    bool is_code = false;
    const char *end = text->text + text->len;
    for (const char *line = text->text; line < end;) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        if (!line_end) line_end = end;
        size_t len = (size_t)(line_end - line);
        if (len >= 3 && memcmp(line, "```", 3) == 0) {
            is_code = !is_code;
            if (is_code) fence_render(line + 3, len - 3, out);
        } else {
            buf_printf(out, "%s%.*s\n", is_code && len ? "    " : "", (int)len, line);
        }
        line = line_end + 1;
    }
    return true;
}

void explain_list(Buf *out) {
    for (int code = 0; code < DIAG_CODE_COUNT; code++)
        buf_printf(out, "%s  %s\n", diag_code_name((DiagCode)code), diag_code_title((DiagCode)code));
}

DiagCode explain_find(const char *name) {
    int code = 0;
    while (code < DIAG_CODE_COUNT && strcasecmp(name, diag_code_name((DiagCode)code)) != 0) code++;
    return (DiagCode)code;
}

/* One letter or digit that is different, or the letter that is missing. */
static bool is_near(const char *name, const char *code) {
    size_t len = strlen(name), wrong = 0;
    if (len + 1 == strlen(code)) return strcasecmp(name, code + 1) == 0;
    if (len != strlen(code)) return false;
    for (size_t i = 0; i < len; i++) wrong += strncasecmp(name + i, code + i, 1) != 0;
    return wrong == 1;
}

void explain_near(const char *name, Buf *out) {
    for (int code = 0; code < DIAG_CODE_COUNT; code++) {
        const char *other = diag_code_name((DiagCode)code);
        if (is_near(name, other)) buf_printf(out, "%s%s", out->len ? ", " : "", other);
    }
}
