/* elf.h: what mrrun asks of executables and libraries before they travel: which machine they are for, and which glibc they need.
 *
 * Nothing that stands in a file is believed: offsets and lengths are checked. Any thread. */
#ifndef TOOLS_MRRUN_ELF_H
#define TOOLS_MRRUN_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct GlibcVersion {
    unsigned major, minor; /* 0.0: none is asked for */
} GlibcVersion;

bool glibc_is_older(GlibcVersion a, GlibcVersion b);

/* "2.36" at the beginning of the text, followed by nothing or by something else than a number; false: there is none. */
bool glibc_parse(const char *text, GlibcVersion *version);

/* `uname -m` of the machine that the file is for; NULL: it is no 64-bit ELF file, or for a machine that mr does not know. */
const char *elf_machine(const void *bytes, size_t size);

/* Raises *version to the newest glibc whose symbols the file asks for. False: the file's tables are not in order. */
bool elf_glibc(const void *bytes, size_t size, GlibcVersion *version);

#endif
