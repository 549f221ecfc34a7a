/* boot_fuzz.c: a host that says anything, in pieces of any size, and files that may be ELF files; the first byte chooses. A host
 * that becomes ready was sent everything that it said it needs. */
#include <stdlib.h>
#include <string.h>

#include "tools/mrrun/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_true) {
    if (!is_true) abort();
}

static void try_elf(const uint8_t *data, size_t size) {
    GlibcVersion version = {0};
    elf_glibc(data, size, &version);
    elf_machine(data, size);
}

static void say_all(Boot *boot) {
    const char *bytes;
    for (size_t size; (size = boot_unsent(boot, &bytes)) > 0;) {
        check(bytes != NULL);
        boot_written(boot, size > 3 ? size / 2 : size);
    }
}

static void try_host(const uint8_t *data, size_t size) {
    char library[] = "library", program[] = "program";
    ShipFile files[] = {{.name = "libx.so", .bytes = library, .size = sizeof library},
                        {.name = "program", .bytes = program, .size = sizeof program}};
    Shipment shipment = {.machine = "x86_64", .glibc = {2, 34}};
    for (int i = 0; i < PARCELS; i++) shipment.parcels[i] = (Parcel){.files = &files[i], .count = 1, .size = files[i].size};
    Boot boot;
    boot_init(&boot, &shipment);
    for (size_t at = 0, step = 1 + size % 7; at < size; at += step) {
        boot_take(&boot, data + at, step < size - at ? step : size - at);
        check(boot.state != BOOT_FAILED || boot.error[0]);
        if (boot.state == BOOT_FAILED || boot.state == BOOT_READY) break;
        say_all(&boot);
    }
    check(boot.state != BOOT_READY || boot.parcel == PARCELS);
    check(boot.said.len <= (1 << 20));
    boot_free(&boot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    if (data[0] & 1)
        try_elf(data + 1, size - 1);
    else
        try_host(data + 1, size - 1);
    return 0;
}
