/* parse.h: from text to tree. The only caller of flex and bison.
 *
 * Requires: a file of the SourceMap. Produces: its AST_FILE, with spans, whatever the text is: what cannot be parsed is
 * reported, skipped to the next statement, and stands in the tree as AST_ERROR. No globals; one thread. */
#ifndef COMPILER_SYNTAX_PARSE_H
#define COMPILER_SYNTAX_PARSE_H

#include "base/intern.h"
#include "compiler/source/diag.h"
#include "compiler/syntax/ast.h"

typedef struct ParseInput {
    Arena *arena;
    Interner *names;
    const SourceMap *sources;
    DiagSink *diags;
    uint32_t file;
} ParseInput;

AstFile *parse_file(const ParseInput *input);

bool parse_is_keyword(const char *text); /* a word of the language, which cannot be a name */

/* --emit=tokens: one token a line, "line:column kind text". */
void parse_print_tokens(const ParseInput *input, Buf *out);

#endif
