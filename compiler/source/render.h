/* render.h: one diagnostic in each of the formats; private to compiler/source. */
#ifndef COMPILER_SOURCE_RENDER_H
#define COMPILER_SOURCE_RENDER_H

#include "compiler/source/diag_private.h"

void text_render(const SourceMap *sources, const Diag *diag, bool colour, Buf *out);
void json_render(const SourceMap *sources, const Diag *diag, Buf *out);
const char *severity_word(Severity severity);

#endif
