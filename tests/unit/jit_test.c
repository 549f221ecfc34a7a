/* Objects of cells, loaded: their programs are there, each under its own name, and go again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/llvm/jit.h"
#include "compiler/session/cells.h"
#include "runtime/include/mr.h"

static JitCode *load(Jit *jit, Cells *cells, const char *text) {
    Buf object = {0};
    char *error = NULL;
    Session *cell = cells_compile(cells, "cell", text, strlen(text), true);
    assert_true(session_object(cell, &object));
    JitCode *code = jit_load(jit, object.data, object.len, &error);
    if (!code) fail_msg("%s", error);
    buf_free(&object);
    session_free(&cell);
    return code;
}

static void test_programs(void **state) {
    (void)state;
    char *error = NULL;
    Jit *jit = jit_new(&error);
    Cells *cells = cells_new(&(SessionOptions){0});
    assert_non_null(jit);
    for (int i = 0; i < 20; i++) {
        JitCode *one = load(jit, cells, "let a = 1"), *two = load(jit, cells, "let b = 1\nlet c = \"x\"");
        const MrProgram *first = jit_find(one, "mr_program"), *second = jit_find(two, "mr_program");
        assert_non_null(first);
        assert_non_null(second);
        assert_ptr_not_equal(first, second);
        assert_int_equal(first->abi_version, MR_ABI_VERSION);
        assert_true(second->globals->field_count > first->globals->field_count);
        assert_null(jit_find(one, "nothing_such"));
        jit_unload(&one);
        jit_unload(&two);
        assert_null(two);
    }
    cells_free(&cells);
    jit_free(&jit);
}

static void test_bad_objects(void **state) {
    (void)state;
    char *error = NULL;
    Jit *jit = jit_new(&error);
    assert_null(jit_load(jit, "no object", 9, &error));
    assert_non_null(error);
    free(error);
    jit_free(&jit);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_programs), cmocka_unit_test(test_bad_objects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
