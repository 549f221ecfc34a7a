/* nearest.h: the name that was probably meant by one that does not exist. Any thread. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The name out of `candidates` that is nearest to `name` by edit distance, or NULL where none is near enough. */
const char *nearest_name(const char *name, const char *const *candidates, size_t count);

struct option; /* of getopt.h */
/* The same for an option that getopt_long has just refused: `word` is what stands in argv ("--emti=ast"), `options` end in a NULL
 * name. NULL also for words that are no long options. */
const char *nearest_option(const char *word, const struct option *options);

#endif
