/* elf.c: reads the version needs of a dynamic ELF file: for each library that it asks for, the names of the symbol versions.
 * glibc's are called GLIBC_2.34: the newest of them is the oldest glibc that the file runs on. */
#include "tools/mrrun/elf.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEGMENTS = 128, MOST_NEEDS = 4096 };

typedef struct Elf {
    const char *bytes;
    size_t size;
    Elf64_Phdr segments[MOST_SEGMENTS];
    size_t segment_count;
    uint64_t strings, strings_size; /* offset of the dynamic string table */
    uint64_t needs, need_count;     /* offset of the first version need */
} Elf;

bool glibc_is_older(GlibcVersion a, GlibcVersion b) {
    return a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

bool glibc_parse(const char *text, GlibcVersion *version) {
    int end = 0;
    GlibcVersion found;
    if (!isdigit((unsigned char)*text) || sscanf(text, "%4u.%4u%n", &found.major, &found.minor, &end) != 2) return false;
    if (isdigit((unsigned char)text[end])) return false;
    *version = found;
    return true;
}

static bool read_at(const Elf *elf, uint64_t offset, void *into, size_t size) {
    if (offset > elf->size || size > elf->size - offset) return false;
    memcpy(into, elf->bytes + offset, size);
    return true;
}

static bool read_head(Elf *elf, Elf64_Ehdr *head) {
    return read_at(elf, 0, head, sizeof *head) && memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
           head->e_ident[EI_CLASS] == ELFCLASS64 && head->e_ident[EI_DATA] == ELFDATA2LSB;
}

const char *elf_machine(const void *bytes, size_t size) {
    Elf elf = {.bytes = bytes, .size = size};
    Elf64_Ehdr head;
    if (!read_head(&elf, &head)) return NULL;
    return head.e_machine == EM_X86_64 ? "x86_64" : head.e_machine == EM_AARCH64 ? "aarch64" : NULL;
}

/* Where in the file lies what is loaded at this address? */
static bool offset_of(const Elf *elf, uint64_t address, uint64_t *offset) {
    for (size_t i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_LOAD || address < segment->p_vaddr || address - segment->p_vaddr >= segment->p_filesz) continue;
        *offset = segment->p_offset + (address - segment->p_vaddr);
        return true;
    }
    return false;
}

static bool read_segments(Elf *elf) {
    Elf64_Ehdr head;
    if (!read_head(elf, &head) || head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phnum > MOST_SEGMENTS) return false;
    elf->segment_count = head.e_phnum;
    return read_at(elf, head.e_phoff, elf->segments, elf->segment_count * sizeof *elf->segments);
}

/* The dynamic section: false when it is not in order; a file without one needs nothing. */
static bool read_dynamic(Elf *elf) {
    for (size_t i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_DYNAMIC) continue;
        for (uint64_t at = 0; at < segment->p_filesz; at += sizeof(Elf64_Dyn)) {
            Elf64_Dyn entry;
            if (!read_at(elf, segment->p_offset + at, &entry, sizeof entry)) return false;
            if (entry.d_tag == DT_NULL) return true;
            if (entry.d_tag == DT_STRTAB && !offset_of(elf, entry.d_un.d_ptr, &elf->strings)) return false;
            if (entry.d_tag == DT_STRSZ) elf->strings_size = entry.d_un.d_val;
            if (entry.d_tag == DT_VERNEED && !offset_of(elf, entry.d_un.d_ptr, &elf->needs)) return false;
            if (entry.d_tag == DT_VERNEEDNUM) elf->need_count = entry.d_un.d_val;
        }
    }
    return true;
}

static const char *string_at(const Elf *elf, uint64_t name) {
    if (elf->strings > elf->size || elf->strings_size > elf->size - elf->strings || name >= elf->strings_size) return NULL;
    const char *text = elf->bytes + elf->strings + name;
    return memchr(text, '\0', elf->strings_size - name) ? text : NULL;
}

/* The versions asked of one library. */
static bool take_versions(const Elf *elf, uint64_t at, unsigned count, GlibcVersion *version) {
    static const char prefix[] = "GLIBC_";
    for (unsigned i = 0; i < count && i < MOST_NEEDS; i++) {
        Elf64_Vernaux need;
        if (!read_at(elf, at, &need, sizeof need)) return false;
        const char *name = string_at(elf, need.vna_name);
        GlibcVersion found;
        if (!name) return false;
        bool is_glibc = strncmp(name, prefix, sizeof prefix - 1) == 0 && glibc_parse(name + sizeof prefix - 1, &found);
        if (is_glibc && glibc_is_older(*version, found)) *version = found;
        if (need.vna_next == 0) break;
        at += need.vna_next;
    }
    return true;
}

bool elf_glibc(const void *bytes, size_t size, GlibcVersion *version) {
    Elf elf = {.bytes = bytes, .size = size};
    if (!read_segments(&elf) || !read_dynamic(&elf)) return false;
    uint64_t at = elf.needs;
    for (uint64_t i = 0; i < elf.need_count && i < MOST_NEEDS; i++) {
        Elf64_Verneed library;
        if (!read_at(&elf, at, &library, sizeof library)) return false;
        if (!take_versions(&elf, at + library.vn_aux, library.vn_cnt, version)) return false;
        if (library.vn_next == 0) break;
        at += library.vn_next;
    }
    return true;
}
