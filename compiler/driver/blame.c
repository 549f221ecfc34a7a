/* blame.c: what the linker's messages mean for the program: which of its C functions, or their libraries, were not found. */
#include <stdio.h>
#include <string.h>

#include "compiler/driver/driver.h"

/* Whether the message has the words and, right after them, the name and nothing more of a name. */
static bool says(const char *message, const char *words, const char *name, const char *ends) {
    size_t words_len = strlen(words), len = strlen(name);
    for (const char *at = strstr(message, words); at; at = strstr(at + 1, words)) {
        const char *named = at + words_len;
        if (strncmp(named, name, len) == 0 && (named[len] == '\0' || strchr(ends, named[len]))) return true;
    }
    return false;
}

/* As mold says it, and as the linker of binutils does. */
static bool lacks_symbol(const char *message, const char *name) {
    return says(message, "undefined symbol: ", name, "\n") || says(message, "undefined reference to `", name, "'");
}

static bool lacks_library(const char *message, const char *name) {
    return says(message, "library not found: ", name, "\n") || says(message, "cannot find -l", name, ":\n");
}

bool driver_blame(Session *session, const LinkInputs *inputs, const char *message) {
    SessionForeign foreign;
    bool is_found = false;
    for (size_t i = 0; i + 1 < inputs->len; i++) {
        const char *name = inputs->items[i + 1];
        if (strcmp(inputs->items[i], "-l") != 0 || !lacks_library(message, name)) continue;
        fprintf(stderr, "mrc: -l%s: there is no lib%s.so or lib%s.a where the linker looks; `-L FOLDER` names one more place\n",
                name, name, name);
        is_found = true;
    }
    for (size_t i = 0; session_foreign(session, i, &foreign); i++) {
        bool is_library = foreign.library && lacks_library(message, foreign.library);
        if (!is_library && !lacks_symbol(message, foreign.name)) continue;
        session_report_foreign(session, i, is_library);
        is_found = true;
    }
    return is_found;
}
