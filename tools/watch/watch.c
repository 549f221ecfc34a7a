/* watch.c: see watch.h. */
#include "tools/watch/watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "tools/watch/feed.h"

/* False after a message, when there is one. */
static bool is_well(const Watch *watch, bool is_good, char *error) {
    if (!is_good) fprintf(stderr, "%s: %s\n", watch->config.tool, error ? error : "no memory");
    free(error);
    return is_good;
}

static bool open_file(const Watch *watch, const char *path, Sink **sink) {
    char *error = NULL;
    if (path) *sink = sink_open(path, &error);
    return !path || is_well(watch, *sink != NULL, error);
}

bool watch_open(Watch *watch, const WatchConfig *config) {
    *watch = (Watch){.config = *config};
    if (!open_file(watch, config->events, &watch->events) || !open_file(watch, config->trace, &watch->traced)) return false;
    char *error = NULL;
    if (config->progress) watch->report = report_open(config->progress, &error);
    if (config->progress && !is_well(watch, watch->report != NULL, error)) return false;
    DisplayConfig display = {.name = config->tool, .takes_stop = true};
    if (config->shows_progress) watch->display = display_open(&display);
    if (watch->display) display_begin(watch->display);
    return true;
}

void watch_begin(Watch *watch, uint64_t now, const char *program, uint32_t workers) {
    watch->began = now;
    if (watch->events) feed_begin(watch->events, program, workers);
    if (watch->traced) trace_begin(&watch->trace, watch->traced, now, program);
}

static void take_news(void *data, const News *news, size_t count) {
    Watch *watch = data;
    if (watch->display) display_news(watch->display, news, count);
    if (watch->report) report_news(watch->report, news, count);
    for (size_t i = 0; watch->events && i < count; i++) feed_news(watch->events, watch->began, &news[i]);
    for (size_t i = 0; watch->traced && i < count; i++) trace_news(&watch->trace, &news[i]);
}

NewsListener watch_listener(Watch *watch) {
    bool is_wanted = watch->display || watch->report || watch->events || watch->traced;
    return (NewsListener){.take = is_wanted ? take_news : NULL, .data = watch};
}

void watch_end(Watch *watch, uint64_t now, int status) {
    if (watch->events) feed_end(watch->events, watch->began, now, status);
    if (watch->traced) trace_end(&watch->trace, now);
}

static bool close_file(const Watch *watch, const char *path, Sink **sink) {
    char *error = NULL;
    uint64_t left_out = *sink ? sink_left_out(*sink) : 0;
    if (left_out)
        fprintf(stderr, "%s: %s lacks %llu lines, for which it was too slow\n", watch->config.tool, path,
                (unsigned long long)left_out);
    bool is_good = sink_close(sink, &error);
    return is_well(watch, is_good, error);
}

bool watch_close(Watch *watch) {
    display_close(&watch->display);
    report_close(&watch->report);
    bool is_good = close_file(watch, watch->config.events, &watch->events);
    is_good = close_file(watch, watch->config.trace, &watch->traced) && is_good;
    trace_free(&watch->trace);
    return is_good;
}
