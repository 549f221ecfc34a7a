/* journal_test.c: what is written is read again; a journal that is cut anywhere or has any bit flipped gives what is whole and
 * nothing else; other runs are refused; a full disk does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/journal/journal.h"

static const JournalFact facts[] = {{"program", "abc"}, {"argument 1", "plays/"}};
enum { FACTS = 2 };

typedef struct Place {
    char directory[64], file[80];
} Place;

static int make_place(void **state) {
    Place *place = calloc(1, sizeof *place);
    snprintf(place->directory, sizeof place->directory, "/tmp/journal-test-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->file, sizeof place->file, "%s/journal", place->directory);
    *state = place;
    return 0;
}

static int drop_place(void **state) {
    Place *place = *state;
    unlink(place->file);
    rmdir(place->directory);
    free(place);
    return 0;
}

static Journal *open_bound(const Place *place, JournalMode mode, Stored *stored) {
    char *error = NULL, *note = NULL;
    Journal *journal = journal_open(place->directory, mode, &error);
    if (error) fail_msg("%s", error);
    assert_non_null(journal);
    if (!journal_bind(journal, facts, FACTS, stored, &note, &error)) fail_msg("%s", error);
    free(note);
    return journal;
}

static StoredHead head_of(uint8_t number) {
    StoredHead head = {.chunks = 100, .flags = JOB_MAY_STOP_EARLY, .name.inputs = "two files"};
    head.name.name[0] = head.name.work[15] = number;
    return head;
}

static void add_job(Journal *journal, uint8_t number) {
    Buf meta = {0};
    StoredHead head = head_of(number);
    entry_job(&meta, &head);
    assert_true(journal_add(journal, ENTRY_JOB, &meta, NULL) >= 0);
    buf_free(&meta);
}

static int64_t try_bag(Journal *journal, uint8_t number, uint64_t first, uint64_t count, const char *text) {
    Buf meta = {0}, data = {0};
    RangeSet chunks = {0};
    ranges_add(&chunks, first, count);
    if (count > 4) ranges_remove(&chunks, first + 1, 2);
    StoredHead head = head_of(number);
    entry_bag(&meta, head.name.name, 100, END_NONE, &chunks);
    buf_add_text(&data, text);
    int64_t id = journal_add(journal, ENTRY_BAG, &meta, &data);
    ranges_free(&chunks);
    buf_free(&meta);
    buf_free(&data);
    return id;
}

static void add_bag(Journal *journal, uint8_t number, uint64_t first, uint64_t count, const char *text) {
    assert_true(try_bag(journal, number, first, count, text) >= 0);
}

static void add_done(Journal *journal, uint8_t number, uint64_t limit) {
    Buf meta = {0};
    StoredHead head = head_of(number);
    entry_done(&meta, head.name.name, limit, END_STOPPED);
    assert_true(journal_add(journal, ENTRY_DONE, &meta, NULL) >= 0);
    buf_free(&meta);
}

/* Two jobs, of which one has ended early. */
static void write_small(const Place *place) {
    Stored stored = {0};
    Journal *journal = open_bound(place, JOURNAL_BEGIN, &stored);
    add_job(journal, 1);
    add_bag(journal, 1, 0, 10, "zero to ten");
    add_job(journal, 2);
    add_bag(journal, 2, 50, 1, "");
    add_bag(journal, 1, 20, 3, "twenty");
    add_done(journal, 2, 51);
    journal_close(&journal);
    stored_clear(&stored);
}

static void check_data(const Journal *journal, const StoredBag *bag, const char *text) {
    char read[32] = "";
    assert_int_equal(journal_size(journal, bag->id), strlen(text));
    assert_int_equal(bag->size, strlen(text));
    assert_true(journal_read(journal, bag->id, 0, read, strlen(text)));
    assert_string_equal(read, text);
    assert_false(journal_read(journal, bag->id, 0, read, strlen(text) + 1));
    assert_false(journal_read(journal, bag->id, UINT64_MAX, read, 1));
}

static void what_is_written_is_read(void **state) {
    Stored stored = {0};
    write_small(*state);
    Journal *journal = open_bound(*state, JOURNAL_RESUME, &stored);
    assert_int_equal(stored.count, 2);
    StoredHead head = head_of(1);
    StoredJob *one = stored_find(&stored, head.name.name);
    assert_ptr_equal(stored_find_work(&stored, head.name.work), one);
    assert_memory_equal(&one->head, &head, sizeof head);
    assert_int_equal(one->count, 2);
    check_data(journal, &one->bags[0], "zero to ten");
    check_data(journal, &one->bags[1], "twenty");
    assert_int_equal(one->bags[0].chunks.total, 8);
    assert_true(ranges_has(&one->bags[0].chunks, 3, 7));
    assert_int_equal(one->limit, 100);
    const StoredJob *two = stored.jobs[1];
    assert_true(two->is_done && two->end == END_STOPPED && two->limit == 51);
    head = head_of(3);
    assert_null(stored_find(&stored, head.name.name));
    assert_int_equal(journal_size(journal, 99), 0);
    stored_clear(&stored);

    /* What is added then is there, too. */
    add_bag(journal, 1, 90, 1, "more");
    journal_close(&journal);
    journal = open_bound(*state, JOURNAL_RESUME, &stored);
    assert_int_equal(stored.jobs[0]->count, 3);
    check_data(journal, &stored.jobs[0]->bags[2], "more");
    journal_close(&journal);
    stored_clear(&stored);
}

static void larger_bags_take_the_place_of_their_parts(void **state) {
    Stored stored = {0};
    Journal *journal = open_bound(*state, JOURNAL_BEGIN, &stored);
    add_job(journal, 1);
    add_bag(journal, 1, 0, 4, "a");
    add_bag(journal, 1, 4, 4, "b");
    add_bag(journal, 1, 50, 4, "c");
    add_bag(journal, 1, 2, 4, "overlaps in part");
    add_bag(journal, 1, 2, 1, "is there already");
    Buf meta = {0}, data = {0};
    RangeSet chunks = {0};
    ranges_add(&chunks, 0, 10);
    StoredHead head = head_of(1);
    entry_bag(&meta, head.name.name, 100, END_NONE, &chunks);
    buf_add_text(&data, "all of a and b");
    journal_add(journal, ENTRY_BAG, &meta, &data);
    journal_close(&journal);
    journal = open_bound(*state, JOURNAL_RESUME, &stored);
    assert_int_equal(stored.jobs[0]->count, 2);
    check_data(journal, &stored.jobs[0]->bags[0], "c");
    check_data(journal, &stored.jobs[0]->bags[1], "all of a and b");
    journal_close(&journal);
    stored_clear(&stored);
    ranges_free(&chunks);
    buf_free(&meta);
    buf_free(&data);
}

/* ---- damage */

static Buf read_file(const Place *place) {
    Buf all = {0};
    FILE *file = fopen(place->file, "r");
    assert_non_null(file);
    for (int c; (c = getc(file)) != EOF;) buf_add_char(&all, (char)c);
    fclose(file);
    return all;
}

static void write_file(const Place *place, const char *bytes, size_t size) {
    FILE *file = fopen(place->file, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static uint64_t chunks_kept(const Stored *stored) {
    uint64_t chunks = 0;
    for (size_t i = 0; i < stored->count; i++)
        for (size_t k = 0; k < stored->jobs[i]->count; k++) chunks += stored->jobs[i]->bags[k].chunks.total;
    return chunks;
}

static void check_kept(const Journal *journal, const Stored *stored) {
    for (size_t i = 0; i < stored->count; i++) {
        for (size_t k = 0; k < stored->jobs[i]->count; k++) {
            const StoredBag *bag = &stored->jobs[i]->bags[k];
            check_data(journal, bag, bag->chunks.total == 8 ? "zero to ten" : bag->chunks.total == 3 ? "twenty" : "");
        }
    }
}

/* Whatever is left is used, and what is added after that is found. */
static void cut_anywhere_it_goes_on(void **state) {
    const Place *place = *state;
    write_small(place);
    Buf all = read_file(place);
    uint64_t least = 0;
    for (size_t size = 0; size <= all.len; size++) {
        Stored stored = {0};
        write_file(place, all.data, size);
        Journal *journal = open_bound(place, JOURNAL_RESUME, &stored);
        uint64_t chunks = chunks_kept(&stored);
        assert_true(chunks >= least);
        least = chunks;
        check_kept(journal, &stored);
        stored_clear(&stored);
        add_job(journal, 7);
        add_bag(journal, 7, 0, 1, "");
        journal_close(&journal);
        journal = open_bound(place, JOURNAL_RESUME, &stored);
        assert_int_equal(chunks_kept(&stored), chunks + 1);
        journal_close(&journal);
        stored_clear(&stored);
    }
    assert_int_equal(least, 12);
    buf_free(&all);
}

/* One bit is wrong: the first record's makes the journal unusable, any other costs that record, or that and what follows. */
static void a_flipped_bit_is_recognised(void **state) {
    const Place *place = *state;
    write_small(place);
    Buf all = read_file(place);
    size_t refused = 0, gone_on = 0;
    for (size_t bit = 0; bit < all.len * 8; bit++) {
        Stored stored = {0};
        char *error = NULL, *note = NULL;
        all.data[bit / 8] = (char)(all.data[bit / 8] ^ 1 << bit % 8);
        write_file(place, all.data, all.len);
        all.data[bit / 8] = (char)(all.data[bit / 8] ^ 1 << bit % 8);
        Journal *journal = journal_open(place->directory, JOURNAL_RESUME, &error);
        assert_non_null(journal);
        if (journal_bind(journal, facts, FACTS, &stored, &note, &error)) {
            gone_on++;
            assert_non_null(note);
            assert_true(chunks_kept(&stored) <= 12);
            check_kept(journal, &stored);
        } else {
            refused++;
            assert_non_null(strstr(error, "--fresh"));
            Buf after = read_file(place);
            assert_int_equal(after.len, all.len); /* as it was */
            buf_free(&after);
        }
        free(note);
        free(error);
        journal_close(&journal);
        stored_clear(&stored);
    }
    assert_true(refused >= ENTRY_HEAD * 8);
    assert_true(gone_on > refused);
    buf_free(&all);
}

/* ---- refusals */

static void refuses(const Place *place, const JournalFact *other, size_t count, const char *text) {
    Stored stored = {0};
    char *error = NULL, *note = NULL;
    Journal *journal = journal_open(place->directory, JOURNAL_RESUME, &error);
    assert_non_null(journal);
    assert_false(journal_bind(journal, other, count, &stored, &note, &error));
    if (!strstr(error, text)) fail_msg("%s", error);
    assert_int_equal(stored.count, 0);
    free(error);
    journal_close(&journal);
}

static void other_runs_are_refused(void **state) {
    const Place *place = *state;
    write_small(place);
    const JournalFact program[] = {{"program", "abd"}, {"argument 1", "plays/"}};
    const JournalFact argument[] = {{"program", "abc"}, {"argument 1", "books/"}};
    const JournalFact more[] = {{"program", "abc"}, {"argument 1", "plays/"}, {"argument 2", "x"}};
    const JournalFact label[] = {{"program", "abc"}, {"folder", "plays/"}};
    refuses(place, program, 2, "the program was \"abc\" and is \"abd\"");
    refuses(place, argument, 2, "the argument 1 was \"plays/\" and is \"books/\"");
    refuses(place, more, 3, "there is the argument 2, and there was none");
    refuses(place, more, 1, "there was the argument 1, and there is none now");
    refuses(place, label, 2, "it knows the argument 1, and not the folder");
    char *error = NULL;
    assert_null(journal_open(place->directory, JOURNAL_BEGIN, &error));
    assert_non_null(strstr(error, "--resume"));
    free(error);
    Stored stored = {0};
    Journal *journal = open_bound(place, JOURNAL_RESUME, &stored);
    assert_int_equal(chunks_kept(&stored), 12);
    error = NULL;
    assert_null(journal_open(place->directory, JOURNAL_AFRESH, &error));
    assert_non_null(strstr(error, "another run"));
    free(error);
    journal_close(&journal);
    stored_clear(&stored);

    journal = open_bound(place, JOURNAL_AFRESH, &stored);
    assert_int_equal(chunks_kept(&stored), 0);
    journal_close(&journal);
    journal = open_bound(place, JOURNAL_RESUME, &stored);
    assert_int_equal(chunks_kept(&stored), 0);
    journal_remove(journal);
    journal_close(&journal);
    assert_int_equal(access(place->file, F_OK), -1);
}

/* Sums show damage, and no lies: a journal that others may write to is not believed, nor one that is somewhere else. */
static void what_others_can_write_is_refused(void **state) {
    const Place *place = *state;
    write_small(place);
    char *error = NULL;
    assert_int_equal(chmod(place->file, 0662), 0);
    assert_null(journal_open(place->directory, JOURNAL_RESUME, &error));
    assert_non_null(strstr(error, "only you may write to"));
    free(error);
    assert_int_equal(chmod(place->file, 0600), 0);
    char *other = NULL;
    assert_true(asprintf(&other, "%s-other", place->file) > 0);
    assert_int_equal(rename(place->file, other), 0);
    assert_int_equal(symlink(other, place->file), 0);
    error = NULL;
    assert_null(journal_open(place->directory, JOURNAL_RESUME, &error));
    free(error);
    unlink(place->file);
    assert_int_equal(rename(other, place->file), 0);
    free(other);
}

/* Other people's files of that name are left alone. */
static void what_is_no_journal_is_left_alone(void **state) {
    const Place *place = *state;
    static const char *const texts[] = {"My journal\n",
                                        "Dear diary, this file is longer than the head of a record is, and was here first.\n"};
    for (size_t i = 0; i < 2; i++) {
        char *error = NULL;
        write_file(place, texts[i], strlen(texts[i]));
        assert_null(journal_open(place->directory, JOURNAL_BEGIN, &error));
        free(error);
        error = NULL;
        assert_null(journal_open(place->directory, JOURNAL_AFRESH, &error));
        assert_non_null(strstr(error, "is no journal of mr: name another directory"));
        free(error);
        refuses(place, facts, FACTS, "its first record is damaged");
        Buf after = read_file(place);
        assert_string_equal(buf_text(&after), texts[i]);
        buf_free(&after);
    }
    char *error = NULL;
    assert_null(journal_open("/tmp/journal-test-none/none", JOURNAL_BEGIN, &error));
    assert_non_null(strstr(error, "cannot make the directory"));
    free(error);
    error = NULL;
    assert_null(journal_open("/dev/null", JOURNAL_BEGIN, &error));
    assert_non_null(error);
    free(error);
}

/* The file may not grow: as on a full disk. */
static void a_full_disk_turns_it_off(void **state) {
    const Place *place = *state;
    Stored stored = {0};
    write_small(place);
    signal(SIGXFSZ, SIG_IGN);
    Journal *journal = open_bound(place, JOURNAL_RESUME, &stored);
    struct rlimit old, low = {.rlim_cur = journal_bytes(journal) + 100};
    getrlimit(RLIMIT_FSIZE, &old);
    low.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &low);
    assert_null(journal_failure(journal));
    assert_int_equal(try_bag(journal, 1, 30, 1, "this is more than there is room for, by some bytes at least"), -1);
    assert_non_null(journal_failure(journal));
    assert_int_equal(try_bag(journal, 1, 40, 1, ""), -1);
    setrlimit(RLIMIT_FSIZE, &old);
    check_kept(journal, &stored);
    journal_close(&journal);
    stored_clear(&stored);
    EntryScan scan;
    Entry record;
    int file = open(place->file, O_RDONLY);
    size_t records = 0;
    assert_true(entry_scan_start(&scan, file));
    while (entry_scan_next(&scan, &record)) records++;
    assert_int_equal(records, 7);
    assert_false(scan.is_cut || scan.is_damaged || scan.skipped);
    entry_scan_end(&scan);
    close(file);
}

static void it_can_be_shown(void **state) {
    const Place *place = *state;
    Buf text = {0};
    char *error = NULL;
    assert_false(journal_show(place->directory, &text, &error));
    free(error);
    write_small(place);
    assert_true(journal_show(place->directory, &text, &error));
    assert_non_null(strstr(buf_text(&text), "argument 1: plays/"));
    assert_non_null(strstr(buf_text(&text), "8 chunks: 0-0 3-9"));
    assert_non_null(strstr(buf_text(&text), "51 count, stopped early, done"));
    buf_free(&text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, drop_place)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(larger_bags_take_the_place_of_their_parts),
        TEST(cut_anywhere_it_goes_on),
        TEST(a_flipped_bit_is_recognised),
        TEST(other_runs_are_refused),
        TEST(what_others_can_write_is_refused),
        TEST(what_is_no_journal_is_left_alone),
        TEST(a_full_disk_turns_it_off),
        TEST(it_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
