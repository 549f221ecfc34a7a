/* gen_zipf.c: a corpus of very many different words, the same on every run: gen_zipf BYTES VOCABULARY SEED > CORPUS
 *
 * Ranks are drawn log-uniformly, which is Zipf's law with exponent 1; 200,000,000 bytes of a vocabulary of 33,554,432 have about
 * five million different words. A rank is spelt in syllables of a consonant and a vowel (bijectively, base 105), and ends in up to
 * four more consonants that a hash of the rank chooses. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS_PER_LINE = 12, WORD_SIZE = 32 };

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static int spell(uint64_t rank, char *word) {
    static const char consonants[] = "bcdfghjklmnpqrstvwxyz", vowels[] = "aeiou";
    int len = 0;
    for (uint64_t rest = rank; rest;) {
        unsigned syllable = (unsigned)(--rest % 105);
        word[len++] = consonants[syllable / 5];
        word[len++] = vowels[syllable % 5];
        rest /= 105;
    }
    uint64_t hash = mix(rank * 0x9E3779B97F4A7C15ull + 7);
    int more = (int)(hash % 5);
    for (hash >>= 8; more--; hash /= 21) word[len++] = consonants[hash % 21];
    return len;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fputs("usage: gen_zipf BYTES VOCABULARY SEED > CORPUS\n", stderr);
        return 2;
    }
    uint64_t wanted = strtoull(argv[1], NULL, 0), vocabulary = strtoull(argv[2], NULL, 0), state = strtoull(argv[3], NULL, 0);
    double log_size = log((double)vocabulary + 1);
    int column = 0;
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    for (uint64_t written = 0; written < wanted;) {
        double uniform = (double)(mix(state += 0x9E3779B97F4A7C15ull) >> 11) * 0x1p-53;
        uint64_t rank = (uint64_t)exp(uniform * log_size);
        if (rank < 1) rank = 1;
        if (rank > vocabulary) rank = vocabulary;
        char word[WORD_SIZE];
        int len = spell(rank, word);
        column = (column + 1) % WORDS_PER_LINE;
        word[len++] = column ? ' ' : '\n';
        written += fwrite(word, 1, (size_t)len, stdout);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("standard output");
        return 1;
    }
    return 0;
}
