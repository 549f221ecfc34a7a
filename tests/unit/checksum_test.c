/* checksum_test.c: the sums are XXH3's, for all ways of cutting; every bit counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/checksum.h"

enum { MOST = 3000 };

static void fill(uint8_t bytes[MOST]) {
    for (size_t i = 0; i < MOST; i++) bytes[i] = (uint8_t)(i * 131 + (i >> 5));
}

/* Values that the algorithm's specification gives: sums are written into files, so they may never change. */
static void sums_are_xxh3(void **state) {
    (void)state;
    uint8_t name[CHECKSUM_NAME_SIZE];
    char text[2 * CHECKSUM_NAME_SIZE + 1];
    assert_true(checksum64("", 0, 0) == 0x2d06800538d394c2u);
    assert_true(checksum64(NULL, 0, 0) == 0x2d06800538d394c2u);
    checksum128(name, "", 0);
    for (size_t i = 0; i < sizeof name; i++) snprintf(text + 2 * i, 3, "%02x", name[i]);
    assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
}

static void pieces_give_the_sum_of_the_whole(void **state) {
    (void)state;
    uint8_t bytes[MOST], whole[CHECKSUM_NAME_SIZE], name[CHECKSUM_NAME_SIZE];
    fill(bytes);
    for (size_t size = 0; size < MOST; size += 97) {
        checksum128(whole, bytes, size);
        for (size_t piece = 1; piece < MOST; piece = piece * 3 + 1) {
            Digest *digest = digest_new();
            for (size_t at = 0; at < size; at += piece) digest_add(digest, bytes + at, piece < size - at ? piece : size - at);
            digest_add(digest, NULL, 0);
            digest_end(&digest, name);
            assert_null(digest);
            assert_memory_equal(name, whole, sizeof whole);
        }
    }
}

static void every_bit_the_length_and_the_seed_count(void **state) {
    (void)state;
    uint8_t bytes[MOST];
    fill(bytes);
    uint64_t sum = checksum64(bytes, 300, 1);
    assert_true(checksum64(bytes, 300, 1) == sum);
    assert_true(checksum64(bytes, 299, 1) != sum);
    assert_true(checksum64(bytes, 300, 2) != sum);
    for (size_t bit = 0; bit < 300 * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(checksum64(bytes, 300, 1) != sum);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_xxh3),
        cmocka_unit_test(pieces_give_the_sum_of_the_whole),
        cmocka_unit_test(every_bit_the_length_and_the_seed_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
