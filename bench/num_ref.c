/* num_ref.c: the numeric yardstick: the programs pi.mr and mandelbrot.mr beside this file, written in C for one machine's threads.
 *
 *     num_ref [-t THREADS] pi DARTS                       how many of the darts hit the circle
 *     num_ref [-t THREADS] mandelbrot WIDTH HEIGHT LIMIT  the steps of all points together
 *
 * Floating-point operations are those of the mr programs, in the same order and without fusing multiplication and addition, so that
 * the results are equal. Rows of the picture and blocks of darts are taken from a shared counter. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 64, BLOCK = 1 << 16, LANES = 8 };

typedef struct Work {
    int64_t (*part)(const struct Work *work, int64_t index);
    int64_t parts;
    int64_t size[3]; /* the numbers of the command line */
    atomic_llong next, total;
} Work;

/* ---- the computations: each part's share of the total */

static inline uint64_t scramble(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/* random.mix */
static inline uint64_t random_mix(uint64_t seed, uint64_t i) {
    const uint64_t gamma = 0x9E3779B97F4A7C15ull;
    return scramble(scramble(seed + gamma) + (i + 1) * gamma);
}

static inline double random_uniform(uint64_t seed, uint64_t i) {
    return (double)(random_mix(seed, i) >> 11) * 0x1p-53;
}

static int64_t pi_block(const Work *work, int64_t index) {
    int64_t first = index * BLOCK, last = first + BLOCK < work->size[0] ? first + BLOCK : work->size[0], hits = 0;
    for (int64_t i = first; i < last; i++) {
        double x = random_uniform(42, 2 * (uint64_t)i), y = random_uniform(42, 2 * (uint64_t)i + 1);
        hits += x * x + y * y < 1.0;
    }
    return hits;
}

/* LANES points of a row at a time, until all of them have left the circle. */
static int64_t mandelbrot_row(const Work *work, int64_t row) {
    int64_t width = work->size[0], height = work->size[1], limit = work->size[2], total = 0;
    double cy = -1.2 + 2.4 * (double)row / (double)height;
    for (int64_t column = 0; column < width; column += LANES) {
        double x[LANES] = {0}, y[LANES] = {0}, cx[LANES];
        int64_t steps[LANES] = {0};
        for (int k = 0; k < LANES; k++) cx[k] = -2.2 + 3.2 * (double)(column + k) / (double)width;
        for (int64_t i = 0; i < limit; i++) {
            int64_t inside = 0;
#pragma omp simd reduction(+ : inside)
            for (int k = 0; k < LANES; k++) {
                double xx = x[k] * x[k], yy = y[k] * y[k];
                int64_t is_inside = xx + yy <= 4.0;
                double next_x = xx - yy + cx[k], next_y = 2 * x[k] * y[k] + cy;
                x[k] = is_inside ? next_x : x[k];
                y[k] = is_inside ? next_y : y[k];
                steps[k] += is_inside;
                inside += is_inside;
            }
            if (!inside) break;
        }
        for (int k = 0; k < LANES && column + k < width; k++) total += steps[k];
    }
    return total;
}

/* ---- threads */

static void *run(void *argument) {
    Work *work = argument;
    int64_t sum = 0;
    for (int64_t i; (i = atomic_fetch_add(&work->next, 1)) < work->parts;) sum += work->part(work, i);
    atomic_fetch_add(&work->total, sum);
    return NULL;
}

static int64_t work_total(Work *work, int threads) {
    pthread_t ids[MAX_THREADS];
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, work) != 0) abort();
    run(work);
    for (int i = 1; i < threads; i++) pthread_join(ids[i], NULL);
    return work->total;
}

static int usage(void) {
    fputs("usage: num_ref [-t THREADS] pi DARTS | mandelbrot WIDTH HEIGHT LIMIT\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    int threads = 1;
    for (int option; (option = getopt(argc, argv, "t:")) >= 0;) {
        if (option != 't') return usage();
        threads = atoi(optarg);
    }
    int sizes = argc - optind - 1;
    if (sizes < 1 || sizes > 3 || threads < 1 || threads > MAX_THREADS) return usage();
    Work work = {0};
    for (int i = 0; i < sizes; i++) work.size[i] = atoll(argv[optind + 1 + i]);
    const char *what = argv[optind];
    if (strcmp(what, "mandelbrot") == 0 && sizes == 3) {
        work.part = mandelbrot_row;
        work.parts = work.size[1];
    } else if (strcmp(what, "pi") == 0 && sizes == 1) {
        work.part = pi_block;
        work.parts = (work.size[0] + BLOCK - 1) / BLOCK;
    } else {
        return usage();
    }
    printf("%ld\n", work_total(&work, threads));
    return 0;
}
