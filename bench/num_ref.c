/* num_ref.c: the yardstick of what computes without memory: the mr programs beside this file that have these names, for the threads
 * of one machine.
 *
 *     num_ref [-t THREADS] pi DARTS                             how many of the darts hit the circle
 *     num_ref [-t THREADS] mandelbrot WIDTH HEIGHT LIMIT        the steps of all points together, one point at a time
 *     num_ref [-t THREADS] mandelbrot-simd WIDTH HEIGHT LIMIT   the same, eight points at a time
 *     num_ref [-t THREADS] tasks ELEMENTS STEPS EVERY FACTOR    elements of so many steps, FACTOR times as many for one of EVERY
 *
 * Floating-point operations are those of the mr programs, in the same order and without fusing multiplication and addition, so that
 * the results are equal. Parts of the work are taken from a shared counter, as OpenMP's dynamic schedule does; `tasks` also says on
 * standard error how many seconds it took, without start and end of the process. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/random.h"

enum { MAX_THREADS = 64, BLOCK = 1 << 16, TASK_BLOCK = 16, LANES = 8, MAX_SIZES = 4 };

typedef struct Work Work;
typedef int64_t Part(const Work *work, int64_t index); /* a part's share of the total */

struct Work {
    Part *part;
    int64_t parts;
    int64_t size[MAX_SIZES]; /* the numbers of the command line */
    atomic_llong next, total;
};

/* ---- the computations */

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

static int64_t mandelbrot_row(const Work *work, int64_t row) {
    int64_t width = work->size[0], height = work->size[1], limit = work->size[2], total = 0;
    double cy = -1.2 + 2.4 * (double)row / (double)height;
    for (int64_t column = 0; column < width; column++) {
        double cx = -2.2 + 3.2 * (double)column / (double)width, x = 0, y = 0;
        int64_t steps = 0;
        while (steps < limit && x * x + y * y <= 4.0) {
            double next = x * x - y * y + cx;
            y = 2 * x * y + cy;
            x = next;
            steps++;
        }
        total += steps;
    }
    return total;
}

/* LANES points of a row at a time, until all of them have left the circle. */
static int64_t mandelbrot_row_simd(const Work *work, int64_t row) {
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

/* A chain of steps, each of which needs the one before, and which no algebra makes shorter. */
static int64_t task_block(const Work *work, int64_t index) {
    int64_t first = index * TASK_BLOCK, last = first + TASK_BLOCK < work->size[0] ? first + TASK_BLOCK : work->size[0], total = 0;
    for (int64_t i = first; i < last; i++) {
        int64_t is_long = (random_mix(1, (uint64_t)i) & 0xffffff) % (uint64_t)work->size[2] == 0;
        uint64_t x = (uint64_t)i;
        for (int64_t left = work->size[1] * (is_long ? work->size[3] : 1); left > 0; left--)
            x = (x ^ (uint64_t)((int64_t)x >> 29)) * 6364136223846793005ull;
        total += (int64_t)(x & 0xff);
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

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int usage(void) {
    fputs("usage: num_ref [-t THREADS] pi DARTS | mandelbrot WIDTH HEIGHT LIMIT | mandelbrot-simd WIDTH HEIGHT LIMIT |\n"
          "       tasks ELEMENTS STEPS EVERY FACTOR\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    /* `split` is which number of the command line is divided into parts, `block` into parts of which size. */
    static const struct {
        const char *name;
        Part *part;
        int sizes, split, block;
    } kinds[] = {{"pi", pi_block, 1, 0, BLOCK},
                 {"mandelbrot", mandelbrot_row, 3, 1, 1},
                 {"mandelbrot-simd", mandelbrot_row_simd, 3, 1, 1},
                 {"tasks", task_block, 4, 0, TASK_BLOCK}};
    int threads = 1;
    for (int option; (option = getopt(argc, argv, "t:")) >= 0;) threads = option == 't' ? atoi(optarg) : 0;
    int sizes = argc - optind - 1;
    if (threads < 1 || threads > MAX_THREADS) return usage();
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
        if (sizes != kinds[kind].sizes || strcmp(argv[optind], kinds[kind].name) != 0) continue;
        Work work = {.part = kinds[kind].part};
        for (int i = 0; i < sizes; i++)
            if ((work.size[i] = atoll(argv[optind + 1 + i])) < 1) return usage();
        work.parts = (work.size[kinds[kind].split] + kinds[kind].block - 1) / kinds[kind].block;
        double start = now();
        printf("%ld\n", work_total(&work, threads));
        if (work.part == task_block) fprintf(stderr, "%.9f s\n", now() - start);
        return 0;
    }
    return usage();
}
