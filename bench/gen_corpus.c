/* gen_corpus.c: grows some texts into a large corpus, the same on every run: gen_corpus BYTES SEED TEXT... > CORPUS
 *
 * The texts are written over and over, each time starting with the next of them. One line in sixteen gets two random letters at the
 * end of one of its words, so that the vocabulary grows with the size as that of real text does. So that every program of this
 * folder sees the same words in it, whatever else it takes for a part of a word, digits and bytes that are not ASCII become spaces,
 * and apostrophes that do not stand between two letters are left out. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Text {
    char *data;
    size_t len;
} Text;

static void die(const char *what) {
    perror(what);
    exit(1);
}

/* splitmix64 */
static uint64_t random_next(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Leaves only what all programs agree on; the text gets no longer. */
static void text_clean(Text *text) {
    size_t out = 0;
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        if (c == '\'' && !(out && is_letter(text->data[out - 1]) && i + 1 < text->len && is_letter(text->data[i + 1]))) continue;
        text->data[out++] = (c >= '0' && c <= '9') || (c & 0x80) ? ' ' : c;
    }
    text->len = out;
}

static Text text_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) die(path);
    Text text = {NULL, (size_t)ftell(file)};
    rewind(file);
    text.data = malloc(text.len + 1);
    if (!text.data) die("malloc");
    if (fread(text.data, 1, text.len, file) != text.len) die(path);
    fclose(file);
    text_clean(&text);
    return text;
}

/* The end of a random word of the line, or 0 where none is found. */
static size_t choose_cut(const char *line, size_t len, uint64_t random) {
    if ((random & 15) != 0 || len <= 8) return 0;
    size_t cut = (random >> 8) % (len - 1);
    while (cut < len && !is_letter(line[cut])) cut++;
    while (cut < len && is_letter(line[cut])) cut++;
    return cut < len ? cut : 0;
}

static size_t write_line(const char *line, size_t len, uint64_t random) {
    size_t cut = choose_cut(line, len, random), more = 0;
    fwrite(line, 1, cut, stdout);
    if (cut) {
        const char letters[2] = {(char)('a' + (random >> 40) % 26), (char)('a' + (random >> 50) % 26)};
        more = fwrite(letters, 1, sizeof letters, stdout);
    }
    fwrite(line + cut, 1, len - cut, stdout);
    return len + more;
}

static size_t write_text(const Text *text, size_t wanted, uint64_t *state) {
    size_t written = 0;
    for (size_t start = 0, end; start < text->len && written < wanted; start = end) {
        for (end = start; end < text->len && text->data[end] != '\n'; end++) {}
        if (end < text->len) end++;
        written += write_line(text->data + start, end - start, random_next(state));
    }
    return written;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fputs("usage: gen_corpus BYTES SEED TEXT... > CORPUS\n", stderr);
        return 2;
    }
    size_t wanted = strtoull(argv[1], NULL, 0), written = 0, per_round = 0;
    uint64_t state = strtoull(argv[2], NULL, 0);
    int n = argc - 3;
    Text *texts = malloc(sizeof *texts * (size_t)n);
    if (!texts) die("malloc");
    for (int i = 0; i < n; i++) {
        texts[i] = text_read(argv[3 + i]);
        per_round += texts[i].len;
    }
    if (!per_round) {
        fputs("gen_corpus: the texts are empty\n", stderr);
        return 1;
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 20);
    for (int round = 0; written < wanted; round++)
        for (int i = 0; i < n && written < wanted; i++) written += write_text(&texts[(i + round) % n], wanted - written, &state);
    if (fflush(stdout) != 0 || ferror(stdout)) die("standard output");
    return 0;
}
