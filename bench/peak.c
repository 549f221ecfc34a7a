/* peak.c: runs a command and says on standard error how much memory the largest of its processes had at most, in bytes. Whoever
 * starts a process is counted in until the command begins, so this must be small: an interpreter would hide what is smaller. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: peak COMMAND [ARGUMENT ...]\n");
        return 2;
    }
    pid_t child = fork();
    if (child < 0) {
        fprintf(stderr, "peak: cannot start a process: %s\n", strerror(errno));
        return 1;
    }
    if (child == 0) {
        execvp(argv[1], argv + 1);
        fprintf(stderr, "peak: cannot run %s: %s\n", argv[1], strerror(errno));
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) {
        fprintf(stderr, "peak: cannot wait for %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    fprintf(stderr, "peak %lld\n", (long long)usage.ru_maxrss * 1024);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
