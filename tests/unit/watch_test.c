/* watch_test.c: what is made of the news of a run: counts, lines for terminals of all widths, events and traces as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/watch/feed.h"
#include "tools/watch/render.h"
#include "tools/watch/report.h"
#include "tools/watch/trace.h"

#define SECOND ((uint64_t)1000000000)

static void take(Progress *progress, News news) {
    progress_take(progress, &news, 1);
}

static void join(Progress *progress, uint32_t workers) {
    for (uint32_t i = 0; i < workers; i++) take(progress, (News){.kind = NEWS_WORKER_JOINED, .worker = i, .at = SECOND});
}

static void submit(Progress *progress, uint64_t job, uint64_t chunks, uint64_t elements, uint64_t size) {
    News news = {.kind = NEWS_JOB_SUBMITTED, .at = SECOND, .job = job, .count = chunks, .limit = chunks, .worker = NEWS_NOBODY};
    news.elements = elements;
    news.size = size;
    take(progress, news);
    news.kind = NEWS_JOB_STARTED;
    take(progress, news);
}

static News range(NewsKind kind, uint64_t at, uint64_t job, uint32_t worker, uint64_t count) {
    return (News){.kind = kind, .at = at, .job = job, .worker = worker, .number = 1, .count = count, .limit = 100};
}

/* A job of 100 chunks and 1,000 elements, of which so many chunks are covered at that time. */
static void map(Progress *progress, uint64_t at, uint32_t worker, uint64_t count, uint64_t done) {
    News news = range(NEWS_RANGE_HANDED, at, 1, worker, count);
    take(progress, news);
    news.kind = NEWS_RANGE_DONE;
    news.part = count;
    news.elements = 3 * count;
    news.size = 100 * count;
    news.done = done;
    news.is_good = true;
    take(progress, news);
}

static void shares(void **state) {
    Progress progress = {0};
    (void)state;
    join(&progress, 2);
    submit(&progress, 1, 100, 1000, 0);
    map(&progress, 2 * SECOND, 0, 10, 10);
    map(&progress, 3 * SECOND, 1, 10, 20);
    assert_int_equal(progress.here, 2);
    assert_int_equal(progress.busy, 0);
    assert_float_equal(progress_share(&progress.jobs[0]), 0.2, 1e-9);
    assert_float_equal(progress_elements(&progress.jobs[0]), 200, 1e-9);
    ProgressPace pace = progress_pace(&progress.jobs[0], 3 * SECOND);
    assert_float_equal(pace.elements, 100, 1e-9); /* since second 2 */
    assert_float_equal(pace.left, 8, 1e-9);
    News handed = range(NEWS_RANGE_HANDED, 3 * SECOND, 1, 0, 5);
    handed.done = 20;
    take(&progress, handed);
    assert_int_equal(progress.busy, 1);
    take(&progress, (News){.kind = NEWS_WORKER_LOST, .worker = 0, .at = 3 * SECOND});
    take(&progress, (News){.kind = NEWS_WORKER_LEFT, .worker = 0, .at = 3 * SECOND});
    take(&progress, range(NEWS_RANGE_DROPPED, 3 * SECOND, 1, 0, 5));
    News again = range(NEWS_CHUNKS_AGAIN, 3 * SECOND, 1, NEWS_NOBODY, 15);
    again.done = 10;
    take(&progress, again);
    assert_int_equal(progress.busy, 0);
    assert_int_equal(progress.here, 1);
    assert_int_equal(progress.lost, 1);
    assert_int_equal(progress.again, 15);
    assert_float_equal(progress_share(&progress.jobs[0]), 0.1, 1e-9);
    assert_float_equal(progress_pace(&progress.jobs[0], 3 * SECOND).elements, 0, 1e-9);
    News limited = range(NEWS_JOB_LIMITED, 3 * SECOND, 1, NEWS_NOBODY, 0);
    limited.limit = 40;
    limited.done = 10;
    take(&progress, limited);
    assert_float_equal(progress_share(&progress.jobs[0]), 0.25, 1e-9);
    take(&progress, (News){.kind = NEWS_JOB_FINISHED, .job = 1, .at = 4 * SECOND});
    assert_int_equal(progress.count, 0);
    progress_free(&progress);
}

/* Of text it is bytes that count; what was read of chunks that are lost is taken out. */
static void shares_of_text(void **state) {
    Progress progress = {0};
    (void)state;
    submit(&progress, 1, 100, 0, 4000);
    map(&progress, 2 * SECOND, 0, 20, 20);
    assert_float_equal(progress_share(&progress.jobs[0]), 0.5, 1e-9);
    assert_float_equal(progress_elements(&progress.jobs[0]), 60, 1e-9);
    map(&progress, 3 * SECOND, 0, 20, 20);
    assert_float_equal(progress_bytes(&progress.jobs[0]), 2000, 1e-9);
    progress_free(&progress);
}

/* A long job has no more samples than a short one, and they reach back to its beginning. */
static void long_jobs(void **state) {
    Progress progress = {0};
    (void)state;
    submit(&progress, 1, 1000000, 1000000, 0);
    for (uint64_t i = 1; i <= 100000; i++) {
        News news = range(NEWS_RANGE_DONE, SECOND + i * SECOND / 10, 1, 0, 10);
        news.limit = 1000000;
        news.done = 10 * i;
        news.part = 10;
        news.is_good = true;
        take(&progress, news);
    }
    ProgressJob *job = &progress.jobs[0];
    assert_true(job->sample_count >= PROGRESS_SAMPLES / 2 && job->samples[0].at == SECOND);
    assert_float_equal(progress_pace(job, 10001 * SECOND).elements, 100, 1);
    progress_free(&progress);
}

/* ---- lines */

static unsigned width_of(const char *line, size_t len) {
    unsigned width = 0;
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '\x1b') { /* a colour */
            while (line[i] != 'm') i++;
            continue;
        }
        width += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return width;
}

static Progress three_jobs(void) {
    Progress progress = {0};
    join(&progress, 8);
    for (uint64_t job = 1; job <= 3; job++) submit(&progress, job, 100, 1000, job == 3 ? 123456789 : 0);
    map(&progress, 2 * SECOND, 0, 10, 10);
    map(&progress, 3 * SECOND, 1, 35, 45);
    News handed = range(NEWS_RANGE_HANDED, 3 * SECOND, 1, 5, 5);
    handed.done = 45;
    take(&progress, handed);
    return progress;
}

static void all_widths(void **state) {
    Progress progress = three_jobs();
    (void)state;
    for (unsigned width = 2; width < 300; width++)
        for (unsigned rows = 1; rows < 6; rows++)
            for (unsigned kind = 0; kind < 4; kind++) {
                RenderStyle style = {.width = width, .rows = rows, .has_unicode = kind & 1, .has_colour = kind >> 1};
                Buf out = {0};
                unsigned lines = render_lines(&progress, 4 * SECOND, &style, &out), seen = 0;
                assert_int_equal(lines, rows < 4 ? rows : 4);
                for (const char *line = buf_text(&out), *end; *line; line = end + 1, seen++) {
                    end = strchr(line, '\n');
                    assert_non_null(end);
                    if (width > 20) assert_true(width_of(line, (size_t)(end - line)) < width);
                }
                assert_int_equal(seen, lines);
                buf_free(&out);
            }
    progress_free(&progress);
}

static void check_lines(const Progress *progress, uint64_t now, RenderStyle style, const char *wanted) {
    Buf out = {0};
    render_lines(progress, now, &style, &out);
    assert_string_equal(buf_text(&out), wanted);
    buf_free(&out);
}

static void lines(void **state) {
    Progress progress = three_jobs();
    RenderStyle wide = {.width = 80, .rows = 5}, narrow = {.width = 40, .rows = 3, .has_unicode = true};
    (void)state;
    check_lines(&progress, 3 * SECOND, wide,
                "job 1 ##################......................  45 %  0:02 left       350/s\n"
                "job 2 ........................................   0 %\n"
                "job 3 ..................................   0 %\n"
                "0:02, 1 of 8 workers busy\n");
    check_lines(&progress, 3 * SECOND, narrow,
                "job 1 █████▊·······  45 %  0:02 left\n"
                "job 2 ·············   0 %\n"
                "0:02, 1 of 8 workers busy, 1 more job\n");
    check_lines(&progress, SECOND + SECOND / 4, wide, ""); /* too soon */
    Buf out = {0};
    render_plain(&progress, 3 * SECOND, &out);
    assert_string_equal(buf_text(&out), "job 1 45 %, 350 elements/s, 0:02 left; job 2 0 %; job 3 0 %; 0:02, 1 of 8 workers busy");
    buf_free(&out);
    progress_free(&progress);
}

/* What is written of it in one process is as good in another, but for the samples. */
static void reports(void **state) {
    Progress progress = three_jobs(), other = {0};
    Buf line = {0};
    (void)state;
    report_line(&progress, 3 * SECOND, &line);
    assert_true(report_read(&other, 3 * SECOND, line.data, line.len));
    assert_int_equal(other.count, 3);
    assert_int_equal(other.here, 8);
    assert_int_equal(other.busy, 1);
    for (size_t i = 0; i < 3; i++) {
        const ProgressJob *one = &progress.jobs[i], *same = &other.jobs[i];
        assert_int_equal(one->number, same->number);
        assert_float_equal(progress_share(one), progress_share(same), 1e-9);
        assert_float_equal(progress_elements(one), progress_elements(same), 1e-9);
        assert_int_equal(one->submitted, same->submitted);
    }
    map(&progress, 4 * SECOND, 1, 10, 55);
    line.len = 0;
    report_line(&progress, 4 * SECOND, &line);
    assert_true(report_read(&other, 4 * SECOND, line.data, line.len));
    assert_float_equal(progress_pace(&other.jobs[0], 4 * SECOND).elements, 100, 1e-9);
    const char *wrong[] = {"", "{", "[]", "{\"jobs\":3}", "{\"event\":\"progress\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(report_read(&other, 0, wrong[i], strlen(wrong[i])));
    const char odd[] = "{\"jobs\":[7,{\"job\":-1,\"done\":9,\"of\":1e400}]}",
               odder[] = "{\"jobs\":[7,{\"job\":-1,\"done\":9,\"phase\":\"x\"}]}";
    report_read(&other, 1, odd, strlen(odd));
    assert_true(report_read(&other, 1, odder, strlen(odder)));
    Buf out = {0};
    render_lines(&other, 9 * SECOND, &(RenderStyle){.width = 80, .rows = 5}, &out);
    buf_free(&out);
    buf_free(&line);
    progress_free(&progress);
    progress_free(&other);
}

/* ---- files */

static char path[] = "/tmp/watch-test-XXXXXX";

static Sink *open_sink(void) {
    char *error = NULL;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    Sink *sink = sink_open(path, &error);
    assert_non_null(sink);
    return sink;
}

static void close_sink(Sink **sink) {
    char *error = NULL;
    assert_true(sink_close(sink, &error));
    assert_null(*sink);
}

static void bad_path(void **state) {
    char *error = NULL;
    (void)state;
    assert_null(sink_open("/no/such/folder/trace.json", &error));
    assert_string_equal(error, "cannot write /no/such/folder/trace.json: No such file or directory");
    free(error);
}

static void full_disk(void **state) {
    char *error = NULL;
    (void)state;
    Sink *sink = sink_open("/dev/full", &error);
    assert_non_null(sink);
    buf_add_text(sink_line(sink), "something");
    sink_end_line(sink);
    assert_false(sink_close(&sink, &error));
    assert_string_equal(error, "cannot write /dev/full: No space left on device");
    free(error);
}

/* News of each kind, with everything that may be in it, are lines of JSON. */
static void events(void **state) {
    Sink *sink = open_sink();
    (void)state;
    feed_begin(sink, "a \"program\"\n", 8);
    for (int kind = 1; kind < NEWS_KINDS; kind++) {
        News news = {.kind = (NewsKind)kind, .at = SECOND + (uint64_t)kind, .worker = 3, .text = "odd: \x01\xff", .limit = 7};
        if (kind >= NEWS_JOB_SUBMITTED) news.job = kind & 1 ? 5 : JOB_NUMBER(2, 5);
        news.end = (EndKind)(kind % 3);
        feed_news(sink, SECOND, &news);
    }
    feed_end(sink, SECOND, 3 * SECOND, 1);
    close_sink(&sink);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[1000];
    int count = 0;
    for (json_t *event; fgets(line, sizeof line, file); count++) {
        event = json_loads(line, 0, NULL);
        assert_true(json_is_object(event) && json_is_number(json_object_get(event, "time")));
        if (count > 0 && count < NEWS_KINDS)
            assert_string_equal(json_string_value(json_object_get(event, "event")), news_kind_name((NewsKind)count));
        json_decref(event);
    }
    assert_int_equal(count, NEWS_KINDS + 1);
    fclose(file);
    remove(path);
}

static News mapped(uint64_t at, uint32_t worker, uint64_t ended, uint64_t nanoseconds) {
    return (News){.kind = NEWS_RANGE_DONE, .at = at, .job = 1, .worker = worker, .ended = ended, .nanoseconds = nanoseconds};
}

/* Two hosts, of which one has another clock: its first span ends when its answer came, the second as long after it as it was. */
static void clocks(void **state) {
    Sink *sink = open_sink();
    Trace trace;
    (void)state;
    trace_begin(&trace, sink, SECOND, "program");
    for (uint32_t i = 0; i < 2; i++) {
        News joined = {.kind = NEWS_WORKER_JOINED, .worker = i, .host = i, .at = SECOND, .text = "host"};
        trace_news(&trace, &joined);
    }
    News news[] = {mapped(3 * SECOND, 0, 2 * SECOND, SECOND / 2),
                   mapped(3 * SECOND, 1, 500 * SECOND, SECOND),
                   mapped(4 * SECOND, 1, 500 * SECOND + SECOND / 2, SECOND / 2),
                   mapped(4 * SECOND, 0, 0, 5),
                   mapped(4 * SECOND, 0, 4 * SECOND, 9 * SECOND),
                   mapped(4 * SECOND, 77, 4 * SECOND, 1)};
    for (size_t i = 0; i < sizeof news / sizeof *news; i++) trace_news(&trace, &news[i]);
    trace_end(&trace, 5 * SECOND);
    trace_free(&trace);
    close_sink(&sink);
    json_t *all = json_load_file(path, 0, NULL), *event;
    assert_true(json_is_array(all));
    const double starts[] = {0.5e6, 1e6, 2e6};
    size_t index, spans = 0;
    json_array_foreach(all, index, event) {
        if (strcmp(json_string_value(json_object_get(event, "name")), "map") != 0) continue;
        assert_true(spans < 3); /* what makes no sense is left out */
        assert_float_equal(json_number_value(json_object_get(event, "ts")), starts[spans++], 1e-3);
    }
    assert_int_equal(spans, 3);
    json_decref(all);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares), cmocka_unit_test(shares_of_text), cmocka_unit_test(long_jobs), cmocka_unit_test(all_widths),
        cmocka_unit_test(lines),  cmocka_unit_test(bad_path),       cmocka_unit_test(full_disk), cmocka_unit_test(events),
        cmocka_unit_test(clocks), cmocka_unit_test(reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
