/* recipe.h: lets of a cell whose values are streams or functions.
 *
 * Such a value is code of the cell's program, which the programs of later cells, and their workers, do not have. But a stream is a
 * recipe, walked anew by whoever wants its elements: so what is kept of it is the expression that made it, for later cells to make
 * it again, and the values that it was made of. These are kept as they were under names of their own, which no program has, and the
 * expression's text mentions those names in place of what stood there:
 *
 *     let s = map x => x * k over lines(path(1))   is kept as   map x => x * __3_k over lines(__3_1)
 *
 * Functions, types and modules that it mentions are those that are known when it is made again. An expression that is not made of
 * pipelines, calls, function literals and what they are given is no recipe: its value is kept, as any other. */
#ifndef COMPILER_SESSION_RECIPE_H
#define COMPILER_SESSION_RECIPE_H

#include "compiler/session/session_internal.h"

/* A name that no program has: of the recipe with this number. */
const char *recipe_name(Arena *arena, uint64_t number, const char *name);
bool recipe_is_name(const char *name);

/* Of a cell that was checked without errors: its recipes, which become session->recipes. Its tree is changed so that the values
 * which they are made of are left under their names (KEPT), and the recipes' own are not left. `numbers` counts them all. */
void recipes_find(Session *cell, uint64_t *numbers);

#endif
