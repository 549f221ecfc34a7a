/* parse.c: from text to tree: sets a parse up, runs bison's parser over flex's tokens, and looks over what came out. */
#include "compiler/syntax/parse.h"

#include "compiler/syntax/syntax.h"
#include "parser.h"

static bool syntax_open(Syntax *syntax, const ParseInput *input) {
    *syntax = (Syntax){
        .arena = input->arena,
        .names = input->names,
        .sources = input->sources,
        .source = source_file(input->sources, input->file),
        .diags = input->diags,
        .file = input->file,
    };
    syntax_start(syntax);
    return lexer_open(syntax) == 0;
}

static void syntax_close(Syntax *syntax) {
    lexer_close(syntax);
    buf_free(&syntax->doc);
}

AstFile *parse_file(const ParseInput *input) {
    Syntax syntax;
    Span whole = {input->file, 0, source_file(input->sources, input->file)->len};
    if (syntax_open(&syntax, input)) {
        mr_parse_parse(&syntax);
        syntax_close(&syntax);
    }
    if (!syntax.result) { /* the parser gave up, and has said why */
        syntax.result = ast_make(input->arena, FILE, File, whole);
        syntax.result->items = list_of(&syntax, build_error(&syntax, whole));
    }
    syntax.result->base.span = whole;
    syntax.result->is_torn = syntax.is_torn || syntax.is_stopped;
    syntax.result->is_open = syntax.is_open && !syntax.is_cut;
    tree_check(&syntax, &syntax.result->base);
    return syntax.result;
}

void parse_print_tokens(const ParseInput *input, Buf *out) {
    Syntax syntax;
    if (!syntax_open(&syntax, input)) return;
    for (;;) {
        Token token = syntax_next(&syntax);
        if (token.kind == TOK_YYEOF) break;
        syntax_recovered(&syntax); /* without a parser nothing is skipped */
        LineColumn at = source_position(input->sources, input->file, token.span.from);
        const char *kind = token.kind == TOK_ERROR ? "error" : syntax_token_text(token.kind);
        buf_printf(out, "%u:%u %s", at.line, at.column, kind);
        bool is_line = token.kind == TOK_NEWLINE;
        int len = is_line ? 0 : (int)(token.span.to - token.span.from);
        if (len) {
            buf_add_char(out, ' ');
            for (int i = 0; i < len; i++) {
                char c = syntax.source->text[token.span.from + (uint32_t)i];
                if (c == '\n') {
                    buf_add_text(out, "\\n");
                } else if (c != '\r') {
                    buf_add_char(out, c);
                }
            }
        }
        buf_add_char(out, '\n');
    }
    syntax_close(&syntax);
}
