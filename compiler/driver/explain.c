/* explain.c: mrc --explain. */
#include "compiler/driver/driver.h"

#include <stdio.h>

#include "compiler/source/explain.h"

enum { EXIT_USAGE = 2 };

int driver_explain(const char *code) {
    Buf text = {0};
    int status = 0;
    DiagCode found = *code ? explain_find(code) : DIAG_CODE_COUNT;
    if (!*code) {
        explain_list(&text);
    } else if (found != DIAG_CODE_COUNT) {
        explain_code(found, &text);
    } else {
        explain_near(code, &text);
        fprintf(stderr, "mrc: --explain: there is no diagnostic %s", code);
        fprintf(stderr, text.len ? "; did you mean %s?\n" : "%s\n", text.len ? buf_text(&text) : "");
        fputs("`mrc --explain` lists them all.\n", stderr);
        text.len = 0;
        status = EXIT_USAGE;
    }
    if (text.len) fwrite(text.data, 1, text.len, stdout);
    buf_free(&text);
    return status;
}
