/* printer.h: printing core expressions: what --emit=core, --emit=plan and hashing share. */
#ifndef COMPILER_CORE_PRINTER_H
#define COMPILER_CORE_PRINTER_H

#include "compiler/core/core_internal.h"

/* Variables are shown by their names, the second of a name in the same function as "x.2" and so on, in the order of their first
 * appearance: stable when ids change. */
typedef struct Printer {
    Buf *out;
    Arena *arena;           /* of the names; freed with the printer's user */
    Map var_names;          /* CoreVar -> its shown name */
    Map counts;             /* name -> how many variables have it, as a number in a pointer */
    CoreMentions *mentions; /* when printing content: functions go by their place in it, instead of names; else NULL */
} Printer;

Printer printer_new(Buf *out, Arena *arena);
void printer_forget(Printer *printer); /* another function begins: names start anew */

const char *printer_var(Printer *printer, const CoreVar *var);
void print_indent(Printer *printer, int depth);
void print_params(Printer *printer, const CoreVars *vars); /* (x: int, y: [string]) */
void print_statements(Printer *printer, CoreExpr *expr,
                      int depth);                             /* each statement of a block on its line; depth in levels of 4 */
void print_expr(Printer *printer, CoreExpr *expr, int depth); /* from the current column on; further lines at depth */
void print_job(Printer *printer, CoreJob *job, int depth);    /* the job's own code */
void print_fn(Printer *printer, const CoreFn *fn);            /* its head and body; names start anew */
void print_fn_name(Printer *printer, const CoreFn *fn);

#endif
