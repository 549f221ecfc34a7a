/* ssh.c: ssh's options, and its ways of failing. */
#include "tools/mrrun/ssh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* No terminal, no questions and no banners; nothing of the user's configuration that opens ports or shows his keys and windows to
 * the host. A network that was cut is noticed within 15 seconds. */
static const char *const options[] = {"-T",
                                      "-a",
                                      "-x",
                                      "-o",
                                      "BatchMode=yes",
                                      "-o",
                                      "LogLevel=ERROR",
                                      "-o",
                                      "ClearAllForwardings=yes",
                                      "-o",
                                      "ConnectTimeout=10",
                                      "-o",
                                      "ServerAliveInterval=5",
                                      "-o",
                                      "ServerAliveCountMax=3"};
enum { OPTIONS = sizeof options / sizeof *options };

char **ssh_command(const char *command, const Host *host, const char *text) {
    char target[2 * HOST_NAME_SIZE];
    if (!command || !command[strspn(command, " \t")]) command = "ssh";
    host_text(host, target);
    size_t words = strlen(command) / 2 + 1, count = 0;
    size_t room = (words + OPTIONS + 4) * sizeof(char *), size = strlen(command) + strlen(target) + strlen(text) + 16;
    for (size_t i = 0; i < OPTIONS; i++) size += strlen(options[i]) + 1;
    char **argv = xmalloc(room + size), *at = (char *)argv + room;
    for (const char *word = command + strspn(command, " \t"); *word; word += strspn(word, " \t")) {
        size_t len = strcspn(word, " \t");
        argv[count++] = at;
        memcpy(at, word, len);
        at[len] = '\0';
        at += len + 1;
        word += len;
    }
    for (size_t i = 0; i < OPTIONS; i++) {
        argv[count++] = at;
        at = stpcpy(at, options[i]) + 1;
    }
    const char *const rest[] = {"--", target, text};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        argv[count++] = at;
        at = stpcpy(at, rest[i]) + 1;
    }
    argv[count] = NULL;
    return argv;
}

const char *ssh_explain(const char *complaints) {
    static const struct {
        const char *part, *meaning;
    } causes[] = {
        {"IDENTIFICATION HAS CHANGED", "its host key is not the one that ssh knows: somebody may stand in between, or the host was "
                                       "installed anew (ask, then: ssh-keygen -R HOST)"},
        {"Host key verification failed", "ssh does not know its host key: connect once by hand (ssh HOST), and compare the key"},
        {"Permission denied", "permission denied: ssh must get in without a password (ssh-copy-id HOST, or an agent)"},
        {"Could not resolve hostname", "there is no host of that name"},
        {"Connection refused", "connection refused: no ssh server listens there"},
        {"No route to host", "there is no way to it"},
        {"Network is unreachable", "there is no way to it"},
        {"timed out", "no answer"},
        {"Too many authentication failures", "too many keys were offered: name one with IdentityFile in ~/.ssh/config"},
    };
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        if (strstr(complaints, causes[i].part)) return causes[i].meaning;
    }
    return NULL;
}
