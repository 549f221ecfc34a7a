/* boot_test.c: what is shipped to hosts, what files say about the glibc that they need, and mrrun's side of the conversation with a
 * host's shell. That shell itself is tried by tests/script/hosts.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/mrrun/boot.h"

static void the_shells_text_survives_any_login_shell(void **state) {
    (void)state;
    size_t len = strlen(boot_shell), quotes = 0;
    for (size_t i = 0; i < len; i++) {
        assert_false(strchr("\\\n\t", boot_shell[i]));
        assert_true(boot_shell[i] != '!' || boot_shell[i + 1] == ' '); /* csh would look into its history */
        quotes += boot_shell[i] == '\'';
    }
    assert_int_equal(quotes, 2);
    assert_int_equal(boot_shell[len - 1], '\'');
}

static void versions_of_glibc_are_read_and_compared(void **state) {
    (void)state;
    GlibcVersion a, b;
    assert_true(glibc_parse("2.9", &a) && glibc_parse("2.36-9+deb12u4", &b));
    assert_true(glibc_is_older(a, b));
    assert_false(glibc_is_older(b, a) || glibc_is_older(a, a));
    assert_false(glibc_parse("", &a) || glibc_parse("2", &a) || glibc_parse("x2.3", &a) || glibc_parse("2.99999", &a));
}

/* This test is an executable, linked with glibc and others. */
static void a_shipment_has_the_program_and_its_libraries_but_glibc(void **state) {
    (void)state;
    Shipment shipment;
    char *error = NULL;
    if (!shipment_make(&shipment, "/proc/self/exe", &error)) fail_msg("%s", error);
    assert_int_equal(shipment.parcels[PARCEL_PROGRAM].count, 1);
    assert_string_equal(shipment.parcels[PARCEL_PROGRAM].files[0].name, "program");
    assert_true(shipment.glibc.major == 2 && shipment.glibc.minor >= 17);
    const Parcel *libraries = &shipment.parcels[PARCEL_LIBRARIES];
    bool has_cmocka = false;
    for (size_t i = 0; i < libraries->count; i++) {
        has_cmocka = has_cmocka || strncmp(libraries->files[i].name, "libcmocka.so", 12) == 0;
        assert_string_not_equal(libraries->files[i].name, "libc.so.6");
        assert_true(strncmp(libraries->files[i].name, "ld-linux", 8) != 0);
    }
    assert_true(has_cmocka);
    assert_int_equal(strlen(libraries->hash), SUM_SIZE - 1);
    shipment_free(&shipment);
    assert_false(shipment_make(&shipment, "/nowhere/program", &error));
    assert_string_equal(error, "cannot read /nowhere/program: No such file or directory");
    free(error);
    shipment_free(&shipment);
}

/* Cut and flipped at many places, an ELF file is refused or read, and nothing is read past its end (the sanitisers look). */
static void damaged_files_do_no_harm(void **state) {
    (void)state;
    FILE *file = fopen("/proc/self/exe", "rb");
    assert_non_null(file);
    enum { SIZE = 65536 };
    uint8_t *bytes = malloc(SIZE);
    assert_int_equal(fread(bytes, 1, SIZE, file), SIZE);
    fclose(file);
    for (size_t size = 0; size < SIZE; size += 97) {
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, bytes, size);
        if (size > 64) copy[size * 31 % (size < 1024 ? size : 1024)] ^= (uint8_t)(1 + size % 255);
        GlibcVersion version = {0};
        elf_glibc(copy, size, &version);
        elf_machine(copy, size);
        free(copy);
    }
    free(bytes);
}

/* ---- the conversation */

typedef struct Talk {
    Shipment shipment;
    ShipFile file;
    Boot boot;
} Talk;

static Talk *talk_new(void) {
    Talk *talk = calloc(1, sizeof *talk);
    assert_non_null(talk);
    static char bytes[] = "ELF";
    talk->file = (ShipFile){.name = "program", .bytes = bytes, .size = 3};
    talk->shipment = (Shipment){.machine = "x86_64", .glibc = {2, 34}};
    talk->shipment.parcels[PARCEL_LIBRARIES] = (Parcel){.hash = "aa"};
    talk->shipment.parcels[PARCEL_PROGRAM] = (Parcel){.hash = "bb", .files = &talk->file, .count = 1, .size = 3};
    buf_add_text(&talk->shipment.parcels[PARCEL_PROGRAM].sums, "cc  program\n");
    boot_init(&talk->boot, &talk->shipment);
    return talk;
}

static void talk_free(Talk *talk) {
    buf_free(&talk->shipment.parcels[PARCEL_PROGRAM].sums);
    boot_free(&talk->boot);
    free(talk);
}

static void host_says(Talk *talk, const char *text) {
    for (; *text; text++) boot_take(&talk->boot, text, 1);
}

static void expect_said(Talk *talk, const char *wanted) {
    Buf said = {0};
    const char *bytes;
    for (size_t size; (size = boot_unsent(&talk->boot, &bytes)) > 0;) {
        buf_add(&said, bytes, 1);
        boot_written(&talk->boot, 1);
    }
    assert_string_equal(buf_text(&said), wanted);
    buf_free(&said);
}

static void what_a_host_lacks_is_sent(void **state) {
    (void)state;
    Talk *talk = talk_new();
    host_says(talk, "Welcome!\nmr: host x86_64 glibc 2.36\nmr: seen 10.0.0.1 4711 10.0.0.7 22\n");
    assert_string_equal(talk->boot.seen, "10.0.0.1");
    assert_string_equal(talk->boot.address, "10.0.0.7");
    expect_said(talk, "2\naa 0\n");
    host_says(talk, "mr: have\n");
    expect_said(talk, "bb 1\ncc  program\n");
    host_says(talk, "mr: need\n");
    expect_said(talk, "3 program\nELF");
    assert_int_equal(talk->boot.sent, 3);
    host_says(talk, "mr: kept\nmr: ready\nrecords");
    assert_int_equal(talk->boot.state, BOOT_READY);
    assert_string_equal(buf_text(&talk->boot.said), "records");
    talk_free(talk);
}

static void expect_failure(const char *said, const char *wanted) {
    Talk *talk = talk_new();
    host_says(talk, said);
    assert_int_equal(talk->boot.state, BOOT_FAILED);
    if (!strstr(talk->boot.error, wanted)) fail_msg("\"%s\" instead of \"%s\"", talk->boot.error, wanted);
    expect_said(talk, "");
    talk_free(talk);
}

static void hosts_that_will_not_do_are_told_apart(void **state) {
    (void)state;
    expect_failure("mr: host aarch64 glibc 2.36\n", "it is another machine (aarch64), and the program is for x86_64");
    expect_failure("mr: host x86_64 glibc 2.31\n", "its glibc is 2.31, and the program needs 2.34 or newer");
    expect_failure("mr: host x86_64 glibc 2.36\nmr: failed there is no sha256sum\n", "there is no sha256sum");
    expect_failure("mr: ready\n", "it answered \"ready\", which is no answer");
    expect_failure("mr: host x86_64\nmr: kept\n", "it answered \"kept\"");
    expect_failure("mr: host x86_64\nmr: have\nmr: have\nmr: need\n", "it answered \"need\"");
    expect_failure("mr: failed \x1b[31m\n", "?[31m");
    char *noise = malloc(BOOT_MOST_NOISE + 102);
    assert_non_null(noise);
    memset(noise, 'x', BOOT_MOST_NOISE + 101);
    noise[BOOT_MOST_NOISE + 101] = '\0';
    expect_failure(noise, "it prints other things");
    for (size_t i = 9; i <= BOOT_MOST_NOISE + 100; i += 10) noise[i] = '\n';
    expect_failure(noise, "it prints other things");
    free(noise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shells_text_survives_any_login_shell),
        cmocka_unit_test(versions_of_glibc_are_read_and_compared),
        cmocka_unit_test(a_shipment_has_the_program_and_its_libraries_but_glibc),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(what_a_host_lacks_is_sent),
        cmocka_unit_test(hosts_that_will_not_do_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
