/* neighbours_test.c: large lists that another process reads where they lie, and what is not believed of a place that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/value/neighbours.h"

enum { SIZE = 3 << 20, HOST = 7 };

static Payload *payload_filled(char with) {
    Payload *payload = payload_new(SIZE);
    memset(payload_data(payload), with, SIZE);
    return payload;
}

/* In a process of its own: the sum of the bytes at the place, or -1 where it is not to be had. */
static int64_t sum_elsewhere(const NeighbourPlace *place, size_t bytes) {
    int ends[2];
    int64_t sum = -1;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        Neighbours *own = neighbours_new(HOST, true);
        Payload *payload = neighbours_find(own, place, bytes);
        if (payload) sum = 0;
        for (size_t i = 0; payload && i < bytes; i++) sum += payload_data(payload)[i];
        /* What is written there is the process's own. */
        if (payload) memset(payload_data(payload), 100, bytes);
        if (payload) payload_release(payload);
        neighbours_free(&own);
        _exit(write(ends[1], &sum, sizeof sum) == sizeof sum ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &sum, sizeof sum), sizeof sum);
    close(ends[0]);
    close(ends[1]);
    return sum;
}

static void test_reading(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true);
    Payload *payload = payload_filled(1);
    char *data = payload_data(payload);
    NeighbourPlace place, again;
    assert_true(neighbours_tell(neighbours, payload, SIZE, &place));
    assert_ptr_equal(payload_data(payload), data); /* the elements stay where they are */
    assert_true(neighbours_tell(neighbours, payload, SIZE, &again));
    assert_memory_equal(&place, &again, sizeof place); /* and are published once */
    assert_int_equal(sum_elsewhere(&place, SIZE), SIZE);
    assert_int_equal(data[0], 1);
    assert_int_equal(sum_elsewhere(&place, SIZE), SIZE);
    payload_release(payload);
    assert_int_equal(sum_elsewhere(&place, SIZE), -1); /* nothing is left */
    neighbours_free(&neighbours);
}

/* Who has mapped it does not see what its owner does to it afterwards; who is told again does. */
static void test_changes(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true), *other = neighbours_new(HOST, true);
    Payload *payload = payload_filled(1);
    NeighbourPlace place, later;
    assert_true(neighbours_tell(neighbours, payload, SIZE, &place));
    Payload *view = neighbours_find(other, &place, SIZE);
    assert_non_null(view);
    payload_withdraw(payload);
    payload_data(payload)[5] = 9;
    assert_int_equal(payload_data(view)[5], 1);
    assert_true(neighbours_tell(neighbours, payload, SIZE, &later));
    Payload *next = neighbours_find(other, &later, SIZE);
    assert_int_equal(payload_data(next)[5], 9);
    assert_int_equal(payload_data(view)[5], 1);
    payload_withdraw(payload);
    payload = payload_grow(payload, 3 * (size_t)SIZE);
    assert_true(payload_data(payload)[5] == 9 && payload_data(payload)[SIZE - 1] == 1 && payload_data(payload)[SIZE] == 0);
    assert_true(neighbours_tell(neighbours, payload, 2 * (size_t)SIZE, &place));
    assert_int_equal(sum_elsewhere(&place, 2 * (size_t)SIZE), SIZE + 8);
    payload_release(payload);
    assert_int_equal(payload_data(view)[5], 1);
    payload_release(view);
    payload_release(next);
    neighbours_free(&other);
    neighbours_free(&neighbours);
}

/* A view stays for the next job, and goes when nobody has used it for a while. */
static void test_views(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true), *other = neighbours_new(HOST, true);
    Payload *payload = payload_filled(1);
    NeighbourPlace place;
    assert_true(neighbours_tell(neighbours, payload, SIZE, &place));
    Payload *view = neighbours_find(other, &place, SIZE);
    for (int i = 0; i < 20; i++) neighbours_rest(other);
    Payload *same = neighbours_find(other, &place, SIZE);
    assert_ptr_equal(view, same);
    payload_release(same);
    payload_release(view);
    payload_release(payload);
    same = neighbours_find(other, &place, SIZE); /* its owner has it no more, we do */
    assert_ptr_equal(view, same);
    payload_release(same);
    neighbours_rest(other);
    assert_null(neighbours_find(other, &place, SIZE));
    /* Nor does it stay when something else is mapped. */
    Payload *first = payload_filled(1), *second = payload_filled(2);
    NeighbourPlace next;
    assert_true(neighbours_tell(neighbours, first, SIZE, &place));
    assert_true(neighbours_tell(neighbours, second, SIZE, &next));
    payload_release(neighbours_find(other, &place, SIZE));
    payload_release(first);
    payload_release(neighbours_find(other, &next, SIZE));
    assert_null(neighbours_find(other, &place, SIZE));
    for (int i = 0; i < 20; i++) neighbours_rest(other);
    payload_release(neighbours_find(other, &next, SIZE));
    payload_release(second);
    neighbours_rest(NULL);
    neighbours_free(&other);
    neighbours_free(&neighbours);
}

static void test_many(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true), *other = neighbours_new(HOST, true);
    for (int i = 0; i < 100; i++) {
        Payload *payload = payload_filled((char)i);
        NeighbourPlace place;
        assert_true(neighbours_tell(neighbours, payload, SIZE, &place));
        Payload *view = neighbours_find(other, &place, SIZE);
        assert_int_equal(payload_data(view)[SIZE - 1], i);
        payload_release(view);
        payload_release(payload);
    }
    neighbours_free(&other);
    neighbours_free(&neighbours);
}

/* Who has very many lists tells of some of them, and can still open files. */
static void test_descriptors(void **state) {
    (void)state;
    enum { LISTS = 64, MOST = 60 };
    Neighbours *neighbours = neighbours_new(HOST, true);
    Payload *payloads[LISTS];
    NeighbourPlace place;
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){.rlim_cur = MOST, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int told = 0;
    for (int i = 0; i < LISTS; i++) {
        payloads[i] = payload_new(PAYLOAD_LEAST);
        told += neighbours_tell(neighbours, payloads[i], PAYLOAD_LEAST, &place);
    }
    assert_true(told > 10 && told <= MOST / 2);
    assert_null(neighbours_offer(neighbours, PAYLOAD_LEAST, &place));
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    close(file);
    for (int i = 0; i < LISTS; i++) payload_release(payloads[i]);
    Payload *offered = neighbours_offer(neighbours, PAYLOAD_LEAST, &place);
    assert_non_null(offered);
    payload_release(offered);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    neighbours_free(&neighbours);
}

/* What others write to a payload that was offered is there; what its owner writes is not seen by them. */
static void test_offers(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true), *other = neighbours_new(HOST, true);
    NeighbourPlace place, again;
    Payload *payload = neighbours_offer(neighbours, SIZE, &place);
    Payload *theirs = neighbours_find_offered(other, &place, SIZE);
    assert_true(payload && theirs && payload_data(payload)[SIZE - 1] == 0);
    memset(payload_data(theirs), 3, SIZE);
    assert_true(payload_data(payload)[0] == 3 && payload_data(payload)[SIZE - 1] == 3);
    assert_true(payload_is_shared(theirs)); /* nobody takes it for a list of his own, and changes it */
    assert_true(neighbours_tell(neighbours, payload, SIZE, &again));
    assert_memory_equal(&place, &again, sizeof place);
    Payload *read = neighbours_find(other, &again, SIZE);
    assert_ptr_equal(read, theirs); /* who has written it has it mapped already */
    payload_withdraw(payload);
    payload_data(payload)[0] = 4;
    payload_data(theirs)[0] = 5; /* somebody who is late */
    assert_int_equal(payload_data(payload)[0], 4);
    payload_release(read);
    payload_release(theirs);
    payload_release(payload);
    neighbours_free(&other);
    neighbours_free(&neighbours);
}

static void test_strangers(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true), *nobody = neighbours_new(0, true);
    Payload *payload = payload_filled(1);
    NeighbourPlace good, bad;
    assert_false(neighbours_tell(nobody, payload, SIZE, &good));
    assert_true(neighbours_tell(neighbours, payload, SIZE, &good));
    assert_null(neighbours_find(nobody, &good, SIZE));
    uint64_t *fields[] = {&bad.host, &bad.pid, &bad.file, &bad.inode, &bad.size};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        static const uint64_t wrong[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)SIZE - 1};
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
            bad = good;
            *fields[i] = wrong[j];
            assert_null(neighbours_find(neighbours, &bad, SIZE));
        }
    }
    assert_null(neighbours_find(neighbours, &good, 2 * (size_t)SIZE));
    payload_release(payload);
    neighbours_free(&nobody);
    neighbours_free(&neighbours);
}

/* A file that could be cut off while it is read, one that is too short, and what is no file. */
static void test_unsound_files(void **state) {
    (void)state;
    Neighbours *neighbours = neighbours_new(HOST, true);
    struct stat about;
    int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING), ends[2];
    assert_true(file >= 0 && ftruncate(file, SIZE) == 0 && fstat(file, &about) == 0);
    NeighbourPlace place = {.host = HOST, .pid = (uint64_t)getpid(), .file = (uint64_t)file, .inode = about.st_ino, .size = SIZE};
    assert_null(neighbours_find(neighbours, &place, SIZE));
    assert_int_equal(ftruncate(file, SIZE - 1), 0);
    assert_int_equal(fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    assert_null(neighbours_find(neighbours, &place, SIZE));
    assert_int_equal(ftruncate(file, SIZE), 0);
    Payload *payload = neighbours_find(neighbours, &place, SIZE);
    assert_non_null(payload);
    payload_release(payload);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fstat(ends[0], &about), 0);
    place.file = (uint64_t)ends[0];
    place.inode = about.st_ino;
    assert_null(neighbours_find(neighbours, &place, SIZE));
    close(ends[0]);
    close(ends[1]);
    close(file);
    neighbours_free(&neighbours);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),   cmocka_unit_test(test_changes),       cmocka_unit_test(test_views),
        cmocka_unit_test(test_many),      cmocka_unit_test(test_descriptors),   cmocka_unit_test(test_offers),
        cmocka_unit_test(test_strangers), cmocka_unit_test(test_unsound_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
