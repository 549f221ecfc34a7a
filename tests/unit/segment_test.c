/* segment_test.c: pieces through shared memory between two processes; what is not safe to read is not read. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/checksum.h"
#include "runtime/net/segment.h"

#define SECOND ((uint64_t)1000000000)

static Message some_piece(const char *bytes, size_t size, uint32_t pull, uint64_t offset) {
    Message piece = {.kind = MSG_PIECE, .job = 1, .bytes = bytes, .size = size};
    piece.as.piece = (MsgPiece){.pull = pull, .offset = offset, .total = offset + size, .state = PIECE_DATA};
    return piece;
}

static size_t open_files(void) {
    size_t count = 0;
    for (int file = 0; file < 256; file++) count += fcntl(file, F_GETFD) >= 0;
    return count;
}

static void pieces_go_to_another_process(void **state) {
    (void)state;
    Segments *holder = segments_new();
    assert_true(segments_host(holder) != 0);
    char *bytes = xmalloc(MESSAGE_PIECE_SIZE);
    for (size_t i = 0; i < MESSAGE_PIECE_SIZE; i++) bytes[i] = (char)(i * 7);
    SegmentPlace places[3];
    for (uint64_t i = 0; i < 3; i++) {
        Message piece = some_piece(bytes, MESSAGE_PIECE_SIZE - i, 1, i * MESSAGE_PIECE_SIZE);
        assert_true(segments_put(holder, 0, &piece, SECOND, &places[i]));
    }
    assert_int_equal(places[0].inode, places[2].inode); /* a pull has one region, with a slot for each of its pieces */
    assert_true(places[0].at != places[1].at && places[1].at != places[2].at);
    pid_t child = fork();
    if (child == 0) {
        Segments *consumer = segments_new();
        bool is_good = segments_host(consumer) == segments_host(holder);
        for (int i = 0; i < 3 && is_good; i++) {
            const void *found = segments_find(consumer, &places[i], SECOND);
            is_good = found && checksum64(found, places[i].length, 0) == places[i].checksum;
        }
        _exit(is_good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    Message small = some_piece(bytes, SEGMENT_LEAST - 1, 2, 0);
    SegmentPlace place;
    assert_false(segments_put(holder, 0, &small, SECOND, &place)); /* not worth it */
    free(bytes);
    segments_free(&holder);
}

static void what_is_not_safe_is_not_read(void **state) {
    (void)state;
    Segments *consumer = segments_new();
    char name[] = "/tmp/mr-segment-test-XXXXXX";
    int plain = mkstemp(name), unsealed = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(plain >= 0 && unsealed >= 0);
    unlink(name);
    int files[] = {plain, unsealed};
    for (int i = 0; i < 2; i++) {
        struct stat about;
        assert_int_equal(ftruncate(files[i], MESSAGE_PIECE_SIZE), 0);
        assert_int_equal(fstat(files[i], &about), 0);
        SegmentPlace place = {.pid = (uint64_t)getpid(), .file = (uint64_t)files[i], .inode = about.st_ino, .length = 4096};
        assert_null(segments_find(consumer, &place, SECOND)); /* it may become smaller while it is read */
        if (files[i] == plain) continue;
        assert_int_equal(fcntl(unsealed, F_ADD_SEALS, F_SEAL_SHRINK), 0);
        place.inode++; /* another file than was meant */
        assert_null(segments_find(consumer, &place, SECOND));
        place.inode--;
        assert_non_null(segments_find(consumer, &place, SECOND));
        place.at = MESSAGE_PIECE_SIZE - 4095; /* past its end */
        assert_null(segments_find(consumer, &place, SECOND));
        place.at = UINT64_MAX - 100;
        assert_null(segments_find(consumer, &place, SECOND));
    }
    SegmentPlace nobody = {.pid = 1u << 30, .file = 3, .inode = 1, .length = 4096};
    assert_null(segments_find(consumer, &nobody, SECOND));
    close(plain);
    close(unsealed);
    segments_free(&consumer);
}

static void they_are_few_and_given_up_when_idle(void **state) {
    (void)state;
    size_t files = open_files();
    Segments *segments = segments_new();
    char *bytes = xcalloc(1, SEGMENT_LEAST);
    SegmentPlace place, first;
    for (uint32_t pull = 0; pull < SEGMENT_REGIONS; pull++) {
        Message piece = some_piece(bytes, SEGMENT_LEAST, pull, 0);
        assert_true(segments_put(segments, 0, &piece, SECOND, &place));
        if (pull == 0) first = place;
    }
    Message more = some_piece(bytes, SEGMENT_LEAST, SEGMENT_REGIONS, 0);
    assert_false(segments_put(segments, 0, &more, SECOND + 1, &place)); /* all are in use */
    assert_true(segments_put(segments, 0, &more, 2 * SECOND + 1, &place));
    assert_int_equal(place.inode, first.inode); /* the one that was not used for the longest time is used again */
    assert_non_null(segments_find(segments, &place, 2 * SECOND + 1));
    assert_int_equal(open_files(), files + SEGMENT_REGIONS);
    segments_rest(segments, 2 * SECOND + 2); /* all others have not been used for a second */
    segments_rest(segments, 4 * SECOND - 1);
    assert_int_equal(open_files(), files + 1);
    segments_rest(segments, 6 * SECOND);
    assert_int_equal(open_files(), files);
    assert_null(segments_find(segments, &place, 6 * SECOND));
    free(bytes);
    segments_free(&segments);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_go_to_another_process),
        cmocka_unit_test(what_is_not_safe_is_not_read),
        cmocka_unit_test(they_are_few_and_given_up_when_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
