/* sum_ref.c: the yardstick of sums: the mr programs beside this file that have these names, for the threads of one machine.
 *
 *     sum_ref [-t THREADS] dot SIZE [TURNS]         the dot product of two arrays of floats
 *     sum_ref [-t THREADS] int_dot SIZE [TURNS]     the same of integers, which wrap around
 *     sum_ref [-t THREADS] float_sum SIZE [TURNS]   the sum of an array of floats
 *     sum_ref [-t THREADS] series SIZE [TURNS]      the sum of 1/(i·i), i from 1 to SIZE
 *
 * The compiler may regroup sums of floats as it likes (-ffast-math), so the last digits differ from mr's. Arrays are made once,
 * each part by the thread that reads it, as OpenMP's static schedule does; then the sum is computed TURNS times. The seconds of
 * each turn go to standard error, its result to standard output. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench/random.h"

enum { MAX_THREADS = 64, PAGE = 1 << 21 };

typedef union Value {
    double f;
    int64_t i;
} Value;

typedef struct Kind Kind;
typedef struct Work {
    const Kind *kind;
    int64_t size;
    void *a, *b;
} Work;

struct Kind {
    const char *name;
    int arrays;
    void (*fill)(const Work *work, int64_t first, int64_t last);
    Value (*sum)(const Work *work, int64_t first, int64_t last);
    bool is_float;
};

typedef struct Part {
    const Work *work;
    int64_t first, last;
    bool is_fill;
    Value value;
} Part;

/* ---- making arrays */

static void fill_floats(const Work *work, int64_t first, int64_t last) {
    double *a = work->a, *b = work->b;
    for (int64_t i = first; i < last; i++) {
        a[i] = (double)(random_mix(1, (uint64_t)i) >> 11) * 0x1p-53;
        if (b) b[i] = (double)(random_mix(2, (uint64_t)i) >> 11) * 0x1p-53;
    }
}

static void fill_ints(const Work *work, int64_t first, int64_t last) {
    int64_t *a = work->a, *b = work->b;
    for (int64_t i = first; i < last; i++) {
        a[i] = (int64_t)(random_mix(1, (uint64_t)i) & 0xffff) - 30000;
        b[i] = (int64_t)(random_mix(2, (uint64_t)i) & 0xffff) - 30000;
    }
}

/* ---- sums */

static Value sum_dot(const Work *work, int64_t first, int64_t last) {
    const double *a = work->a, *b = work->b;
    double sum = 0;
    for (int64_t i = first; i < last; i++) sum += a[i] * b[i];
    return (Value){.f = sum};
}

static Value sum_int_dot(const Work *work, int64_t first, int64_t last) {
    const int64_t *a = work->a, *b = work->b;
    uint64_t sum = 0;
    for (int64_t i = first; i < last; i++) sum += (uint64_t)a[i] * (uint64_t)b[i];
    return (Value){.i = (int64_t)sum};
}

static Value sum_floats(const Work *work, int64_t first, int64_t last) {
    const double *a = work->a;
    double sum = 0;
    for (int64_t i = first; i < last; i++) sum += a[i];
    return (Value){.f = sum};
}

static Value sum_series(const Work *work, int64_t first, int64_t last) {
    double sum = 0;
    for (int64_t i = first; i < last; i++) sum += 1.0 / ((double)(i + 1) * (double)(i + 1));
    (void)work;
    return (Value){.f = sum};
}

/* ---- threads */

static void *run(void *argument) {
    Part *part = argument;
    const Kind *kind = part->work->kind;
    if (part->is_fill)
        kind->fill(part->work, part->first, part->last);
    else
        part->value = kind->sum(part->work, part->first, part->last);
    return NULL;
}

static Value run_all(const Work *work, int threads, bool is_fill) {
    pthread_t ids[MAX_THREADS];
    Part parts[MAX_THREADS];
    for (int i = 0; i < threads; i++)
        parts[i] =
            (Part){.work = work, .first = work->size * i / threads, .last = work->size * (i + 1) / threads, .is_fill = is_fill};
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, &parts[i]) != 0) abort();
    run(&parts[0]);
    Value all = parts[0].value;
    for (int i = 1; i < threads; i++) {
        pthread_join(ids[i], NULL);
        if (is_fill) continue;
        if (work->kind->is_float)
            all.f += parts[i].value.f;
        else
            all.i += parts[i].value.i;
    }
    return all;
}

/* Memory in huge pages where the system has them. */
static void *array_make(int64_t size) {
    size_t bytes = ((size_t)size * sizeof(double) + PAGE - 1) / PAGE * PAGE;
    void *array = aligned_alloc(PAGE, bytes);
    if (!array) {
        perror("aligned_alloc");
        exit(1);
    }
    madvise(array, bytes, MADV_HUGEPAGE);
    return array;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int usage(void) {
    fputs("usage: sum_ref [-t THREADS] dot|int_dot|float_sum|series SIZE [TURNS]\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    static const Kind kinds[] = {{"dot", 2, fill_floats, sum_dot, true},
                                 {"int_dot", 2, fill_ints, sum_int_dot, false},
                                 {"float_sum", 1, fill_floats, sum_floats, true},
                                 {"series", 0, NULL, sum_series, true}};
    int threads = 1;
    for (int option; (option = getopt(argc, argv, "t:")) >= 0;) threads = option == 't' ? atoi(optarg) : 0;
    if (threads < 1 || threads > MAX_THREADS || argc < optind + 2 || argc > optind + 3) return usage();
    Work work = {.size = atoll(argv[optind + 1])};
    int turns = argc > optind + 2 ? atoi(argv[optind + 2]) : 1;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[optind], kinds[i].name) == 0) work.kind = &kinds[i];
    if (!work.kind || work.size < 1) return usage();
    if (work.kind->arrays > 0) work.a = array_make(work.size);
    if (work.kind->arrays > 1) work.b = array_make(work.size);
    if (work.kind->fill) run_all(&work, threads, true);
    for (; turns > 0; turns--) {
        double start = now();
        Value value = run_all(&work, threads, false);
        fprintf(stderr, "%.9f s\n", now() - start);
        if (work.kind->is_float)
            printf("%.17g\n", value.f);
        else
            printf("%ld\n", value.i);
    }
    return 0;
}
