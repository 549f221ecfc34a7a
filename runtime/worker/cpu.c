/* cpu.c: whether this machine, and MR_CPU, fit to what a program was compiled for. */
#include "runtime/worker/cpu.h"

#include "base/buf.h"
#include "runtime/io/file.h"

/* The levels that MR_CPU may name for a program: "x86-64-v2, x86-64-v3 or x86-64-v4". */
static void add_levels(Buf *out, MrCpu least) {
    for (MrCpu level = least; level <= CPU_HIGHEST; level++) {
        buf_printf(out, "%s%s", level == least ? "" : level < CPU_HIGHEST ? ", " : " or ", cpu_name(level));
    }
}

char *cpu_objection(const MrProgram *program) {
    const char *wish = cpu_wish();
    MrCpu machine = cpu_level_of_machine(), least = (MrCpu)program->cpu;
    if (least > machine)
        return io_message("this program was compiled for %s, but this machine's processor has only %s", cpu_name(least),
                          cpu_name(machine));
    if (!wish) return NULL;
    MrCpu level = cpu_named(wish);
    if (level == MR_CPU_UNKNOWN) {
        Buf known = {0};
        add_levels(&known, least);
        char *message = io_message("MR_CPU is \"%s\", but must be %s", wish, buf_text(&known));
        buf_free(&known);
        return message;
    }
    if (level > machine) return io_message("MR_CPU is %s, but this machine's processor has only %s", wish, cpu_name(machine));
    return level < least ? io_message("MR_CPU is %s, but this program was compiled for %s", wish, cpu_name(least)) : NULL;
}
