/* cells.h: an experiment: cells that are compiled one after the other, each of which knows what those before it declared.
 *
 * A cell is a program, compiled by a session of its own as any other: its file is what it says itself, behind those declarations of
 * earlier cells that it mentions, directly or through others, and behind lets and vars for the values that they have left, whose
 * value is GIVEN (ast.def). So a redefinition reaches whatever mentions the name, and a compile takes no longer, however many cells
 * there were. Values themselves are not here: a program's globals are given before it runs, and read afterwards, by whoever runs
 * it, who then says cells_keep. A cell that is not kept has changed nothing.
 *
 * Between cells, only texts are kept: of the cells whose declarations are still known, and the types of values as a program writes
 * them. One thread. */
#ifndef COMPILER_SESSION_CELLS_H
#define COMPILER_SESSION_CELLS_H

#include "compiler/session/session.h"

typedef struct Cells Cells;

/* What is known to the cells that follow. */
typedef enum CellNameKind { CELL_NAME_VALUE, CELL_NAME_VAR, CELL_NAME_DECLARATION } CellNameKind;

typedef struct CellName {
    const char *name;
    CellNameKind kind;
    const char *type; /* as a program would write it: of a value; of a declaration its whole signature */
    uint32_t global;  /* of a value: its place among the program's globals; of one that is listed by cells_name: what was set by it
                         last */
    bool is_remade;   /* of a value: later cells make it again (recipe.h) and are not given it; it is there to be shown */
} CellName;

Cells *cells_new(const SessionOptions *options);
void cells_free(Cells **cells);

/* A session that has the cell's text, as far as it could be composed: everything that a session can be asked applies. `name` stands
 * in messages. It uses texts of the cells, and is to be freed before they are. `wants_value`: where the last statement is an
 * expression, its value becomes `it`. */
Session *cells_compile(Cells *cells, const char *name, const char *text, size_t len, bool wants_value);

/* The same, of what is to run once only: it is compiled as quickly as possible, whatever is in it. */
Session *cells_compile_once(Cells *cells, const char *name, const char *text, size_t len);

/* The same cell as that of cells_compile, which was session_is_first and has not been kept yet: what replaces it. */
Session *cells_compile_better(Cells *cells, const char *name, const char *text, size_t len, bool wants_value);

/* Of a cell without errors (session_object was true): the names whose values it must be given, and those that it leaves, `it` among
 * them. False: there are no more. */
bool cell_given(const Session *cell, size_t index, CellName *out);
bool cell_export(const Session *cell, size_t index, CellName *out);

/* Of a cell whose last value is a record: its fields. False: there are no more. */
bool cell_field(const Session *cell, size_t index, const char **name, const char **type);

/* Of a cell whose last value is a sequence of records, or a map to records: the records' fields. False: there are no more. */
bool cell_column(const Session *cell, size_t index, const char **name);

/* The cell has run: what it declares is known from now on, in the place of what had the same names. */
void cells_keep(Cells *cells, Session *cell);

/* What is known, in the order in which it came; false: there is no more. Valid until the next cells_keep. */
bool cells_name(const Cells *cells, size_t index, CellName *out);

/* Whether the value that was left under the name, which may be none that cells_name lists, is still wanted. */
bool cells_has_value(const Cells *cells, const char *name);

/* What the text is, as far as the parser knows: a cell, the beginning of one, with something open at its end, or none. */
typedef enum CellShape { CELL_WHOLE, CELL_OPEN, CELL_WRONG } CellShape;
CellShape cells_shape(const char *text, size_t len);
bool cells_is_open(const char *text, size_t len);

#endif
