/* main.c: mrrun: starts a program's processes, is their scheduler, and ends with the program's exit status.
 *
 * The program is started once in each place and forks its own processes (runtime/launch/launch.h). Meanwhile the scheduler's socket
 * is bound, so that nobody connects in vain. However mrrun ends, the started processes see their input end, and end all others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/launch/launch.h"
#include "tools/mrrun/program.h"
#include "tools/mrrun/run.h"

enum { SPARE_FILES = 48 /* beside one for each worker */ };

static bool has_files(const Options *options, uint64_t files) {
    if (files >= options->workers + SPARE_FILES) return true;
    fprintf(stderr, "mrrun: %u workers need %u open files, but only %llu are allowed here (ulimit -n)\n", options->workers,
            options->workers + SPARE_FILES, (unsigned long long)files);
    return false;
}

/* What mrrun itself has printed; the program's output does not come through here. */
static int end_output(int status) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "mrrun: cannot write standard output: %s\n", errno ? strerror(errno) : "an earlier write failed");
    return status ? status : 1;
}

int main(int argc, char **argv) {
    Run run = {.session = {.in = -1, .out = -1}, .directory.lock = -1, .timer = -1, .signals = -1, .wake = -1, .pulse = -1};
    int status = 1;
    uint64_t files = launch_prepare_files();
    setvbuf(stderr, NULL, _IOLBF, 0); /* its lines are whole among those of the program's processes */
    if (!options_parse(&run.options, argc, argv, &status)) {
        options_free(&run.options);
        return end_output(status);
    }
    bool has_program = !run.options.shown_journal && has_files(&run.options, files);
    if (has_program) run.path = program_find(run.options.program[0]);
    if (run.options.shown_journal)
        status = checkpoint_show(run.options.shown_journal);
    else if (run.path && run.options.is_dry_run)
        status = run_show(&run) ? 0 : 1;
    else if (run.path && run_take_signals(&run) && run_start_timer(&run) && checkpoint_open(&run.checkpoint, &run.options) &&
             run_watch(&run) && directory_make(&run.directory) && run_start(&run))
        status = run_program(&run);
    run_stop(&run);
    if (!run.is_watched_well && status == 0) status = 1;
    options_free(&run.options);
    free(run.path);
    return run.interrupt ? 128 + run.interrupt : end_output(status);
}
