/* size.h: amounts of memory as people write them. */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number of bytes, or of K, M, G or T of them, each 1,024 of the one before, in either case, with or without a B or iB
 * behind: "2G", "512M", "65536", "64 KiB". False: it is something else, or more than 64 bits hold. */
bool size_parse(const char *text, uint64_t *bytes);

#endif
