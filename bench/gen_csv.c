/* gen_csv.c: a table of sales, the same on every run: gen_csv BYTES ARTICLES SEED > TABLE
 *
 * Each line is `date,article,pieces,price`. Articles are drawn with a square law, so that some are sold often; most prices have two
 * digits behind the point, one in sixteen up to nine, and one in 4096 is written with an exponent. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINE_SIZE = 128 };

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/* splitmix64 */
static uint64_t random_next(uint64_t *state) {
    return mix(*state += 0x9E3779B97F4A7C15ull);
}

static char *put_number(char *at, uint64_t number, int width) {
    char digits[24];
    int n = 0;
    do digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n < width) digits[n++] = '0';
    while (n) *at++ = digits[--n];
    return at;
}

/* Syllables of the article's hash, and its number, which makes the name its own. */
static char *put_article(char *at, uint64_t article) {
    static const char consonants[] = "bdfghklmnprstvwz", vowels[] = "aeiou";
    uint64_t hash = mix(article * 0x9E3779B97F4A7C15ull + 7);
    for (int n = 1 + (int)(hash % 3); n--;) {
        *at++ = consonants[(hash >>= 5) % 16];
        *at++ = vowels[(hash >> 4) % 5];
    }
    *at++ = '-';
    return put_number(at, article, 1);
}

static char *put_date(char *at, uint64_t random) {
    at = put_number(at, 2015 + random % 10, 4);
    *at++ = '-';
    at = put_number(at, 1 + (random >> 8) % 12, 2);
    *at++ = '-';
    return put_number(at, 1 + (random >> 16) % 28, 2);
}

static char *put_price(char *at, uint64_t random) {
    at = put_number(at, random % 1000, 1);
    *at++ = '.';
    random >>= 10;
    at = put_number(at, random % 100, 2);
    random >>= 7;
    if (random % 16 == 0) at = put_number(at, (random >> 12) % 10000000, 1);
    if (random % 4096 == 0) {
        *at++ = 'e';
        *at++ = '-';
        *at++ = '2';
    }
    return at;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("usage: gen_csv BYTES ARTICLES SEED > TABLE\n", stderr);
        return 2;
    }
    uint64_t wanted = strtoull(argv[1], NULL, 0), articles = strtoull(argv[2], NULL, 0), state = strtoull(argv[3], NULL, 0);
    if (!articles) articles = 1;
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    for (uint64_t written = 0; written < wanted;) {
        char line[LINE_SIZE], *at = put_date(line, random_next(&state));
        double uniform = (double)(random_next(&state) >> 11) * 0x1p-53;
        *at++ = ',';
        at = put_article(at, (uint64_t)(uniform * uniform * (double)articles));
        *at++ = ',';
        at = put_number(at, 1 + random_next(&state) % 200, 1);
        *at++ = ',';
        at = put_price(at, random_next(&state));
        *at++ = '\n';
        written += fwrite(line, 1, (size_t)(at - line), stdout);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("standard output");
        return 1;
    }
    return 0;
}
