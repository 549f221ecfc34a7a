# A short session with the notebook's kernel under valgrind: no bad access, and nothing that is lost.
command -v valgrind >/dev/null || { echo "needs valgrind"; exit 77; }
for python in python3 /usr/bin/python3; do
    "$python" -c 'import zmq' 2>/dev/null && break
    python=
done
[ -n "$python" ] || { echo "needs python3-zmq"; exit 77; }
"$python" "$ROOT/tests/script/lib/kernel_hostile.py" --short \
    valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite "$BUILD/bin/mr-kernel"
