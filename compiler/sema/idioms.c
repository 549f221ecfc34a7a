/* idioms.c: what other languages call things, and what stands in modules of the library that are not imported: hints for names
 * that are unknown. */
#include "compiler/sema/resolve.h"

#include <ctype.h>
#include <string.h>

#include "compiler/sema/sema.h"

typedef struct Foreign {
    const char *words; /* with spaces between and around */
    const char *hint;
} Foreign;

static const Foreign foreign_names[] = {
    {" length size strlen ", "`len(x)` is the number of elements, or of a string's bytes"},
    {" append push_back extend ", "`xs.push(x)` adds to a var, `xs + ys` is a new list"},
    {" contains has includes has_key containsKey ", "`x in xs` asks for an element, a key or a part of a string"},
    {" filter ", "`map f over xs where p` leaves out what p does not hold for"},
    {" map flatmap transform ", "it is written in front: `map f over xs`"},
    {" reduce fold foldl inject aggregate ", "it is written `reduce g over xs`, or `map f over xs reduce g`"},
    {" forEach foreach each ", "a loop is written `for x in xs { ... }`"},
    {" zip ", "`map (x, y) => ... over xs, ys` walks several sequences together"},
    {" range ", "`0..<n` are the numbers below n, `1..n` those up to n"},
    {" pow power ", "a power is written `x ** y`"},
    {" average avg ", "`mean` gives the average: `mean(xs)`, `reduce mean`"},
    {" open fopen readFile read_file ", "`read(path)` is a file's text, `lines(path)` its lines; `write(path, text)` writes one"},
    {" sorted ", "`sort(xs)` is the sorted list"},
    {" reversed ", "`reverse(xs)` is the reversed list"},
    {" toLowerCase toLower tolower lowercase ", "`lower(s)` is the text in small letters"},
    {" toUpperCase toUpper toupper uppercase ", "`upper(s)` is the text in capital letters"},
    {" strip ", "`trim(s)` is the text without white space at its ends"},
    {" substring substr slice ", "a part is written `s[a..b]`"},
    {" indexOf index_of ", "`find(s, part)` is the position as an optional"},
    {" startsWith startswith ", "it is called `starts_with`"},
    {" endsWith endswith ", "it is called `ends_with`"},
    {" str toString to_s String Str ", "`string(x)` turns any value into a string"},
    {" Int integer toInt parseInt atoi ", "`int(x)` turns a float into an int, `parse_int(s)` reads one from a string"},
    {" Float double toFloat parseFloat atof ", "`float(x)` turns an int into a float, `parse_float(s)` reads one from a string"},
    {" null nil None nothing undefined Nothing ", "an optional without a value is `none`"},
    {" Some Just ", "an optional with a value is `some(x)`"},
    {" True TRUE ", "it is written `true`"},
    {" False FALSE ", "it is written `false`"},
    {" println printf puts echo console cout putStrLn ", "`print(x)` writes a line"},
    {" input readline readLine gets stdin ", "`lines(\"-\")` are the lines of standard input"},
    {" pass ", "a block that does nothing is `{ }`"},
    {" elif elsif elseif ", "write `} else if c {`, on the line of the closing brace"},
    {" abs ", "`math.abs(x)`, after `import math`"},
    {" argv sys ", "the program's arguments are the list `args`"},
    {" throw raise panic error abort die ", "`fail(\"message\")` raises an error"},
    {" dict Map HashMap ", "a map is written `[\"a\": 1]`, an empty one `[:]`"},
    {" array Array List vector Vec ", "a list is written `[1, 2, 3]`"},
    {" Set ", "a set is written `set([1, 2, 3])`"},
    {" done progress ", "`.done` and `.progress` of a future are written without parentheses"},
    {" spawn go thread Thread Promise create_task submit ", "`async f(x)` starts work and gives a future, `await` its result"},
    {" gather wait_all join_all as_completed ", "`wait(futures)` waits for several, `completed(futures)` gives them as they end"},
    {" lambda ", "a function value is written `x => ...` or `(x, y) => ...`"},
};

/* What can be written in place of the name and is right there: pairs. */
static const char *const foreign_fixes[][2] = {
    {"null", "none"},
    {"nil", "none"},
    {"None", "none"},
    {"undefined", "none"},
    {"Nothing", "none"},
    {"Some", "some"},
    {"Just", "some"},
    {"True", "true"},
    {"TRUE", "true"},
    {"False", "false"},
    {"FALSE", "false"},
    {"println", "print"},
    {"puts", "print"},
    {"echo", "print"},
    {"length", "len"},
    {"size", "len"},
    {"strlen", "len"},
    {"sorted", "sort"},
    {"reversed", "reverse"},
    {"toLowerCase", "lower"},
    {"toUpperCase", "upper"},
    {"strip", "trim"},
    {"str", "string"},
    {"toString", "string"},
    {"throw", "fail"},
    {"panic", "fail"},
    {"startsWith", "starts_with"},
    {"startswith", "starts_with"},
    {"endsWith", "ends_with"},
    {"endswith", "ends_with"},
};

static const Foreign foreign_types[] = {
    {" boolean Boolean ", "the type of true and false is `bool`"},
    {" double real number ", "the type of numbers with a fraction is `float`"},
    {" integer long ", "the type of whole numbers is `int`"},
    {" str text char ", "the type of texts is `string`"},
    {" list array List Array Vec vector ", "the type of a list is written `[int]`"},
    {" dict map Map HashMap Dict ", "the type of a map is written `[string: int]`"},
    {" option optional Option Optional Maybe ", "the type of an optional is written `int?`"},
    {" void unit None Unit ", "the type of nothing is `()`"},
    {" Set HashSet ", "the type of a set is written `set[int]`"},
};

static bool has_word(const char *words, const char *word) {
    size_t len = strlen(word);
    for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
        if (at[-1] == ' ' && at[len] == ' ') return true;
    return false;
}

static const char *look_up(const Foreign *table, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (has_word(table[i].words, name)) return table[i].hint;
    return NULL;
}

/* Whether the text of a module declares the name at the beginning of a line. */
static bool text_declares(const char *text, const char *name) {
    static const char *const words[] = {"\nfn ", "\nextern fn ", "\nlet ", "\nreducer "};
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (const char *at = strstr(text, words[i]); at; at = strstr(at + 1, words[i])) {
            const char *declared = at + strlen(words[i]);
            if (strncmp(declared, name, len) == 0 && !isalnum((unsigned char)declared[len]) && declared[len] != '_') return true;
        }
    }
    return false;
}

bool embedded_has(const char *name, const char *member) {
    for (const EmbeddedModule *module = mr_embedded_modules; module->name; module++)
        if (strcmp(module->name, name) == 0) return strcmp(name, "prelude") != 0 && text_declares(module->text, member);
    return false;
}

const char *foreign_name_hint(Sema *sema, const char *name) {
    const char *hint = look_up(foreign_names, sizeof foreign_names / sizeof *foreign_names, name);
    for (const EmbeddedModule *module = mr_embedded_modules; module->name && !hint; module++) {
        if (strcmp(module->name, "prelude") != 0 && text_declares(module->text, name))
            hint = arena_printf(sema->arena, "`import %s` brings in `%s.%s`", module->name, module->name, name);
    }
    return hint;
}

const char *foreign_name_fix(const char *name) {
    for (size_t i = 0; i < sizeof foreign_fixes / sizeof *foreign_fixes; i++)
        if (strcmp(name, foreign_fixes[i][0]) == 0) return foreign_fixes[i][1];
    return NULL;
}

const char *foreign_type_hint(const char *name) {
    return look_up(foreign_types, sizeof foreign_types / sizeof *foreign_types, name);
}
