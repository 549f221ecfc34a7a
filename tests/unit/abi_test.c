/* abi_test.c: abi.h declares exactly what abi.def lists, with the parameters and results that it says. Both are read as text. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static Buf header;

static int read_header(void **state) {
    (void)state;
    FILE *file = fopen("runtime/include/abi.h", "r");
    if (!file) return -1;
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) buf_add(&header, piece, n);
    fclose(file);
    buf_text(&header);
    return 0;
}

static int free_header(void **state) {
    (void)state;
    buf_free(&header);
    return 0;
}

static char letter_of(const char *parameter, size_t len) {
    if (memchr(parameter, '*', len)) return 'P';
    if (!strncmp(parameter, "int64_t ", 8)) return 'I';
    if (!strncmp(parameter, "double ", 7)) return 'D';
    if (!strncmp(parameter, "bool ", 5)) return 'B';
    return '?';
}

/* The letters of a prototype's result and of its parameters after the context; false when there is none of that name. */
static bool find_prototype(const char *name, char *result, char *letters) {
    char pattern[80];
    snprintf(pattern, sizeof pattern, "%s(MrContext *context", name);
    const char *at = strstr(header.data, pattern);
    if (!at) return false;
    const char *line = at;
    while (line > header.data && line[-1] != '\n') line--;
    *result = !strncmp(line, "void ", 5) && line + 5 == at ? 'V' : letter_of(line, (size_t)(at - line));
    for (at += strlen(pattern); *at == ',';) {
        at += 1 + strspn(at + 1, " \n");
        size_t len = strcspn(at, ",)");
        *letters++ = letter_of(at, len);
        at += len;
    }
    *letters = '\0';
    return true;
}

typedef struct Entry {
    const char *name, *result, *letters;
} Entry;

static const Entry functions[] = {
#define ABI(name, result, parameters) {#name, #result, parameters},
#define PRIM(name)
#define UPDATE(name)
#include "runtime/include/abi.def"
#undef ABI
#undef PRIM
#undef UPDATE
};

static const char *const primitives[] = {
#define ABI(name, result, parameters)
#define PRIM(name)   "mr_prim_" #name,
#define UPDATE(name) PRIM(name)
#include "runtime/include/abi.def"
#undef ABI
#undef PRIM
#undef UPDATE
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0], PRIMITIVES = sizeof primitives / sizeof primitives[0] };

static void test_functions(void **state) {
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        char result, letters[32];
        if (!find_prototype(functions[i].name, &result, letters)) fail_msg("abi.h lacks %s", functions[i].name);
        char expected = functions[i].result[0] == 'F' ? 'B' : functions[i].result[0];
        if (result != expected) fail_msg("%s: result %c, abi.def says %s", functions[i].name, result, functions[i].result);
        if (strcmp(letters, functions[i].letters))
            fail_msg("%s: \"%s\", abi.def says \"%s\"", functions[i].name, letters, functions[i].letters);
    }
}

static void test_primitives(void **state) {
    (void)state;
    for (size_t i = 0; i < PRIMITIVES; i++) {
        char result, letters[32];
        if (!find_prototype(primitives[i], &result, letters)) fail_msg("abi.h lacks %s", primitives[i]);
        assert_int_equal(result, 'B');
        assert_int_equal(letters[0], 'P'); /* out, or the place for an update's out */
    }
}

/* Nothing else is declared. */
static void test_no_more(void **state) {
    (void)state;
    size_t count = 0;
    for (const char *at = header.data; (at = strstr(at, "(MrContext *context")); at++) count++;
    assert_int_equal(count, FUNCTIONS + PRIMITIVES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_no_more),
    };
    return cmocka_run_group_tests(tests, read_header, free_header);
}
