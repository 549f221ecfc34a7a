/* shipment.c: finds the libraries of a program as the loader finds them, and takes the sums of all files. */
#include "tools/mrrun/shipment.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

static bool __attribute__((format(printf, 2, 3))) fail(char **error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (vasprintf(error, format, args) < 0) out_of_memory(0);
    va_end(args);
    return false;
}

/* ---- sums */

static void take_sum(const void *bytes, size_t size, char sum[SUM_SIZE]) {
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, bytes, size);
    sodium_bin2hex(sum, SUM_SIZE, digest, sizeof digest);
}

/* ---- files */

/* Wholly, so that a file that is changed meanwhile is sent as it was summed up. */
static bool read_file(ShipFile *file, char **error) {
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0) return fail(error, "cannot read %s: %s", file->path, strerror(errno));
    ssize_t got = 1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        file->bytes = xmalloc((size_t)status.st_size + 1);
        while (file->size < (size_t)status.st_size && got > 0) {
            got = read(fd, file->bytes + file->size, (size_t)status.st_size - file->size);
            if (got > 0) file->size += (size_t)got;
        }
    }
    close(fd);
    return file->size > 0 || fail(error, "cannot read %s: %s", file->path, got < 0 ? strerror(errno) : "there is nothing in it");
}

/* Of names that are no more than a name: they are written into a list that a shell reads. */
static bool is_good_name(const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && !strchr("._+-", name[i])) return false;
    }
    return len > 0 && len < SHIP_NAME_SIZE && isalnum((unsigned char)*name);
}

static bool add_file(Shipment *shipment, ParcelKind kind, const char *path, const char *name, char **error) {
    Parcel *parcel = &shipment->parcels[kind];
    if (!is_good_name(name)) return fail(error, "the library %s has a name that cannot be sent to other hosts", path);
    if (parcel->count == SHIP_MOST_FILES) return fail(error, "the program needs more than %d libraries", SHIP_MOST_FILES);
    parcel->files = xrealloc(parcel->files, (parcel->count + 1) * sizeof *parcel->files);
    ShipFile *file = &parcel->files[parcel->count++];
    *file = (ShipFile){.path = strdup(path)};
    snprintf(file->name, sizeof file->name, "%s", name);
    if (!file->path) out_of_memory(strlen(path));
    if (!read_file(file, error)) return false;
    parcel->size += file->size;
    const char *machine = elf_machine(file->bytes, file->size);
    if (!shipment->machine) shipment->machine = machine;
    if (!machine || !elf_glibc(file->bytes, file->size, &shipment->glibc)) return fail(error, "%s is no library in order", path);
    return true;
}

/* ---- libraries */

/* Those that come with glibc and fit to no other. */
static bool is_glibcs(const char *name) {
    static const char *const names[] = {"libc.so.6",
                                        "libm.so.6",
                                        "libpthread.so.0",
                                        "libdl.so.2",
                                        "librt.so.1",
                                        "libresolv.so.2",
                                        "libutil.so.1",
                                        "libanl.so.1",
                                        "libmvec.so.1",
                                        "libnsl.so.1",
                                        "libthread_db.so.1",
                                        "libBrokenLocale.so.1",
                                        "libc_malloc_debug.so.0",
                                        NULL};
    if (strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "libnss_", 7) == 0 || strncmp(name, "linux-vdso", 10) == 0) return true;
    size_t i = 0;
    while (names[i] && strcmp(names[i], name) != 0) i++;
    return names[i] != NULL;
}

/* Asks the loader what it would load: with LD_TRACE_LOADED_OBJECTS it prints that and does not start the program (as ldd does). */
static bool trace_libraries(const char *path, Buf *out, char **error) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(error, "cannot open a pipe: %s", strerror(errno));
    size_t count = 0;
    while (environ[count]) count++;
    char **environment = xcalloc(count + 2, sizeof *environment), trace[] = "LD_TRACE_LOADED_OBJECTS=1";
    environment[0] = trace;
    memcpy(environment + 1, environ, count * sizeof *environment);
    char *copy = strdup(path), *argv[] = {copy, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t pid;
    int reason = posix_spawn(&pid, path, &actions, NULL, argv, environment), status = 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    char bytes[4096];
    for (ssize_t got; reason == 0 && ((got = read(ends[0], bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR));) {
        if (got > 0) buf_add(out, bytes, (size_t)got);
    }
    close(ends[0]);
    free(copy);
    free(environment);
    while (reason == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (reason == 0 && status == 0) return true;
    return fail(error, "cannot ask the loader for the libraries of %s%s%s", path, reason ? ": " : "",
                reason ? strerror(reason) : "");
}

/* A line of the loader: "\tlibzmq.so.5 => /lib/…/libzmq.so.5 (0x…)", "\t/lib64/ld-linux-x86-64.so.2 (0x…)" or
 * "\tlibx.so => not found". */
static bool take_library(Shipment *shipment, char *line, char **error) {
    char *name = line + strspn(line, " \t"), *arrow = strstr(name, " => ");
    if (!arrow) return true; /* the loader itself, and what the kernel gives */
    *arrow = '\0';
    char *path = arrow + strlen(" => "), *end = strstr(path, " (0x");
    if (end) *end = '\0';
    if (*path != '/') return fail(error, "the program needs the library %s, which is %s here", name, path);
    return is_glibcs(name) || add_file(shipment, PARCEL_LIBRARIES, path, name, error);
}

static bool add_libraries(Shipment *shipment, const char *path, char **error) {
    Buf out = {0};
    bool is_good = trace_libraries(path, &out, error);
    buf_add_char(&out, '\0');
    char *state = NULL;
    for (char *line = strtok_r(out.data, "\n", &state); is_good && line; line = strtok_r(NULL, "\n", &state))
        is_good = take_library(shipment, line, error);
    buf_free(&out);
    return is_good;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const ShipFile *)a)->name, ((const ShipFile *)b)->name);
}

/* In one order, whatever the loader's was: programs with the same libraries share them. */
static void parcel_sum(Parcel *parcel) {
    if (parcel->count) qsort(parcel->files, parcel->count, sizeof *parcel->files, by_name);
    char sum[SUM_SIZE];
    for (size_t i = 0; i < parcel->count; i++) {
        take_sum(parcel->files[i].bytes, parcel->files[i].size, sum);
        buf_printf(&parcel->sums, "%s  %s\n", sum, parcel->files[i].name);
    }
    take_sum(parcel->sums.data, parcel->sums.len, parcel->hash);
}

bool shipment_make(Shipment *shipment, const char *path, char **error) {
    *shipment = (Shipment){0};
    if (!add_file(shipment, PARCEL_PROGRAM, path, "program", error) || !add_libraries(shipment, path, error)) return false;
    for (int i = 0; i < PARCELS; i++) parcel_sum(&shipment->parcels[i]);
    return true;
}

void shipment_free(Shipment *shipment) {
    for (int i = 0; i < PARCELS; i++) {
        Parcel *parcel = &shipment->parcels[i];
        for (size_t k = 0; k < parcel->count; k++) {
            ShipFile *file = &parcel->files[k];
            free(file->bytes);
            free(file->path);
        }
        free(parcel->files);
        buf_free(&parcel->sums);
    }
    *shipment = (Shipment){0};
}
