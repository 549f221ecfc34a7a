/* boot.c: the shell's text, and mrrun's side of the conversation with it. */
#include "tools/mrrun/boot.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The text goes through the user's login shell there, whatever that is, before sh gets it: it is in single quotes, and has neither
 * such quotes nor backslashes or newlines in it, nor an exclamation mark without a blank after it (csh). Of commands it needs those
 * of POSIX and sha256sum; busybox has all of them.
 *
 * dd with fullblock reads exactly as many bytes as it is told, so that what follows them is left for whoever reads next; without
 * it, byte by byte does. */
const char boot_shell[] =
    "exec sh -c '"
    "umask 077; "
    "say() { echo \"mr: $*\"; }; "
    "die() { say \"failed $*\"; exit 1; }; "
    "say \"host $(uname -m) $(getconf GNU_LIBC_VERSION 2>/dev/null)\"; "
    "say \"seen $SSH_CONNECTION\"; "
    "command -v sha256sum >/dev/null 2>&1 || die \"there is no sha256sum\"; "
    "full=; dd iflag=fullblock count=0 </dev/null >/dev/null 2>&1 && full=1; "
    /* A folder that is ours, is no link, and lets nobody else in. */
    "own() { [ -O \"$1\" ] && case $(ls -ld \"$1\" 2>/dev/null) in drwx------*) :;; *) false;; esac; }; "
    "cache=; tmp=; "
    "for dir in \"${XDG_CACHE_HOME:-$HOME/.cache}/mr\" \"${TMPDIR:-/tmp}/mr-cache-$(id -u)\"; do "
    "mkdir -p \"$dir\" 2>/dev/null; "
    "if own \"$dir\" && tmp=$(mktemp -d \"$dir/new.XXXXXX\" 2>/dev/null); then cache=$dir; break; fi; "
    "done; "
    "[ \"$cache\" ] || die \"neither ${XDG_CACHE_HOME:-$HOME/.cache}/mr nor ${TMPDIR:-/tmp}/mr-cache-$(id -u) is a folder that "
    "only its user can change\"; "
    "clean() { rest; rm -rf \"$tmp\"; }; trap clean 0; trap \"exit 1\" 1 2 13 15; "
    /* Who waits for bytes that a cut network will never bring is ended, with all that it has started: a minute for each megabyte.
     */
    "rest() { if [ \"$dog\" ]; then kill -9 \"$dog\" 2>/dev/null; wait \"$dog\" 2>/dev/null; fi; dog=; }; "
    "watch() { rest; (i=0; while [ $i -lt 60 ]; do sleep 1 || exit; i=$((i + 1)); done; kill -15 -$$) </dev/null >/dev/null 2>&1 "
    "& "
    "dog=$! ; }; "
    "dog=; watch; "
    "gone() { die \"mrrun fell silent\"; }; "
    /* So many lines, or bytes, of what mrrun says. */
    "lines() { n=$1; while [ \"$n\" -gt 0 ]; do IFS= read -r line || exit 1; echo \"$line\"; n=$((n - 1)); done; }; "
    "bytes() { if [ \"$full\" ]; then left=$(($1 / 65536)); "
    "while [ $left -gt 0 ]; do watch; some=$((left > 16 ? 16 : left)); left=$((left - some)); "
    "dd bs=65536 count=$some iflag=fullblock 2>/dev/null || return 1; done; "
    "if [ $(($1 % 65536)) -gt 0 ]; then dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2>/dev/null; fi; "
    "else dd ibs=1 obs=65536 count=$1 2>/dev/null; fi; }; "
    "good() { own \"$1\" && (cd \"$1\" && echo \"$sums\" | sha256sum -c >/dev/null 2>&1); }; "
    "receive() { new=$tmp/$hash; mkdir \"$new\" || die \"cannot make a folder in $cache\"; k=$count; "
    "while [ \"$k\" -gt 0 ]; do watch; read -r size name || gone; "
    "bytes \"$size\" >\"$new/$name\" || die \"cannot write in $cache: is the disk full?\"; k=$((k - 1)); done; "
    "good \"$new\" || die \"what was sent did not arrive as it was\"; "
    "if [ -f \"$new/program\" ]; then chmod 700 \"$new/program\"; fi; "
    /* Somebody else may have brought it meanwhile, or just now: another run, or another host with the same disk. */
    "if good \"$at\"; then :; else if [ -e \"$at\" ]; then good \"$at\" || rm -rf \"$at\"; fi; "
    "mv \"$new\" \"$at\" 2>/dev/null; rm -rf \"$at/$hash\"; fi; "
    "good \"$at\" || die \"cannot keep files in $cache\"; say kept; }; "
    "read -r parcels || gone; at=; libraries=; "
    "while [ \"$parcels\" -gt 0 ]; do libraries=$at; read -r hash count || gone; sums=$(lines \"$count\") || gone; "
    "at=$cache/$hash; if good \"$at\"; then touch \"$at\"; say have; else say need; receive; fi; "
    "parcels=$((parcels - 1)); done; "
    "clean; trap - 0 1 2 13 15; say ready; "
    "LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} MR_LAUNCH=0,1 exec \"$at/program\"'";

void boot_init(Boot *boot, const Shipment *shipment) {
    *boot = (Boot){.shipment = shipment};
}

void boot_free(Boot *boot) {
    buf_free(&boot->said);
    buf_free(&boot->out);
}

static void __attribute__((format(printf, 2, 3))) fail(Boot *boot, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(boot->error, sizeof boot->error, format, args);
    va_end(args);
    boot->state = BOOT_FAILED;
    boot->out.len = 0;
}

/* ---- saying */

static const Parcel *parcel_now(const Boot *boot) {
    return &boot->shipment->parcels[boot->parcel];
}

static void ask(Boot *boot) {
    const Parcel *parcel = parcel_now(boot);
    buf_printf(&boot->out, "%s %zu\n", parcel->hash, parcel->count);
    buf_add(&boot->out, parcel->sums.data, parcel->sums.len);
    boot->state = BOOT_ASKING;
}

static void announce_file(Boot *boot) {
    const ShipFile *file = &parcel_now(boot)->files[boot->file];
    buf_printf(&boot->out, "%zu %s\n", file->size, file->name);
    boot->at = 0;
}

static void send_parcel(Boot *boot) {
    boot->state = BOOT_SENDING;
    boot->file = 0;
    if (parcel_now(boot)->count > 0) announce_file(boot);
}

static void next_parcel(Boot *boot) {
    boot->parcel++;
    if (boot->parcel < PARCELS)
        ask(boot);
    else
        boot->state = BOOT_STARTING;
}

size_t boot_unsent(Boot *boot, const char **bytes) {
    if (boot->out.len > 0) {
        *bytes = boot->out.data;
        return boot->out.len;
    }
    if (boot->state != BOOT_SENDING || boot->file == parcel_now(boot)->count) return 0;
    const ShipFile *file = &parcel_now(boot)->files[boot->file];
    *bytes = file->bytes + boot->at;
    return file->size - boot->at;
}

void boot_written(Boot *boot, size_t size) {
    if (boot->out.len > 0) {
        memmove(boot->out.data, boot->out.data + size, boot->out.len - size);
        boot->out.len -= size;
        return;
    }
    const Parcel *parcel = parcel_now(boot);
    boot->at += size;
    boot->sent += size;
    if (boot->at < parcel->files[boot->file].size) return;
    boot->file++;
    if (boot->file < parcel->count) announce_file(boot);
}

/* ---- listening */

/* "glibc 2.36" and the machine; what cannot run there does not begin to. */
static void take_host(Boot *boot, const char *text) {
    char library[32], version[32];
    int found = sscanf(text, "%63s %31s %31s", boot->machine, library, version);
    if (found == 3 && strcmp(library, "glibc") == 0) glibc_parse(version, &boot->glibc);
    const Shipment *shipment = boot->shipment;
    if (found < 1 || strcmp(boot->machine, shipment->machine) != 0) {
        fail(boot, "it is another machine (%s), and the program is for %s", found < 1 ? "unknown" : boot->machine,
             shipment->machine);
    } else if (boot->glibc.major && glibc_is_older(boot->glibc, shipment->glibc)) {
        fail(boot, "its glibc is %u.%u, and the program needs %u.%u or newer: compile it on a machine as old as that one",
             boot->glibc.major, boot->glibc.minor, shipment->glibc.major, shipment->glibc.minor);
    } else {
        buf_printf(&boot->out, "%d\n", PARCELS);
        ask(boot);
    }
}

static void take_seen(Boot *boot, const char *text) {
    sscanf(text, "%63s %*s %63s", boot->seen, boot->address);
}

static void take_line(Boot *boot, const char *line) {
    static const char ours[] = "mr: ";
    if (strncmp(line, ours, sizeof ours - 1) != 0) { /* what a login prints */
        boot->noise += strlen(line) + 1;
        if (boot->noise > BOOT_MOST_NOISE) fail(boot, "it prints other things instead of an answer");
        return;
    }
    const char *word = line + sizeof ours - 1;
    if (strncmp(word, "failed ", 7) == 0) {
        fail(boot, "%s", word[7] ? word + 7 : "it failed, and does not say why");
    } else if (strncmp(word, "host ", 5) == 0 && boot->state == BOOT_GREETING) {
        take_host(boot, word + 5);
    } else if (strncmp(word, "seen ", 5) == 0) {
        take_seen(boot, word + 5);
    } else if (strcmp(word, "have") == 0 && boot->state == BOOT_ASKING) {
        next_parcel(boot);
    } else if (strcmp(word, "need") == 0 && boot->state == BOOT_ASKING) {
        send_parcel(boot);
    } else if (strcmp(word, "kept") == 0 && boot->state == BOOT_SENDING && boot->file == parcel_now(boot)->count) {
        next_parcel(boot);
    } else if (strcmp(word, "ready") == 0 && boot->state == BOOT_STARTING) {
        boot->state = BOOT_READY;
    } else {
        fail(boot, "it answered \"%.80s\", which is no answer", word);
    }
}

void boot_take(Boot *boot, const void *bytes, size_t size) {
    buf_add(&boot->said, bytes, size);
    size_t taken = 0;
    while (boot->state != BOOT_READY && boot->state != BOOT_FAILED) {
        char *line = boot->said.data + taken, *end = memchr(line, '\n', boot->said.len - taken);
        if (!end) break;
        *end = '\0';
        for (char *c = line; c < end; c++) {
            if (!isprint((unsigned char)*c)) *c = '?'; /* it may come to be shown */
        }
        taken = (size_t)(end + 1 - boot->said.data);
        take_line(boot, line);
    }
    memmove(boot->said.data, boot->said.data + taken, boot->said.len - taken);
    boot->said.len -= taken;
    if (boot->state != BOOT_READY && boot->said.len > BOOT_MOST_NOISE) fail(boot, "it prints other things instead of an answer");
}
