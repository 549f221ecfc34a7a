# Colour is for terminals: --color=always and never decide, auto looks at the terminal, NO_COLOR and TERM.
not() { if "$@"; then echo "should not hold: $*"; exit 1; fi; }
echo 'print(missing)' > wrong.mr
escape=$'\033['
coloured() { # coloured COMMAND...: whether it writes escapes to standard error
    "$@" > /dev/null 2> err || true
    grep -q missing err && grep -qF "$escape" err
}
coloured "$MRC" --color=always wrong.mr
not coloured "$MRC" wrong.mr
not coloured "$MRC" --color=auto wrong.mr
not coloured "$MRC" --color=always --diagnostics=json wrong.mr
status=0
"$MRC" --color=sometimes wrong.mr 2> err || status=$?
[ "$status" = 2 ] && grep -q "auto, always or never" err
# On a terminal, which script(1) makes.
command -v script > /dev/null || { echo "needs script(1)"; exit 77; }
on_terminal() { script -qec "$1" /dev/null < /dev/null > typed 2>&1 || true; grep -q missing typed && grep -qF "$escape" typed; }
on_terminal "env -u NO_COLOR TERM=xterm '$MRC' wrong.mr"
not on_terminal "env NO_COLOR=1 TERM=xterm '$MRC' wrong.mr"
not on_terminal "env -u NO_COLOR TERM=dumb '$MRC' wrong.mr"
not on_terminal "env -u NO_COLOR TERM=xterm '$MRC' --color=never wrong.mr"
