# The notebook's kernel, as Jupyter's own client sees it: results, streams, errors, interrupts, what a client asks while one types; Jupyter's
# tests of kernels; and clients that send garbage.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import jupyter_client, jupyter_kernel_test' 2>/dev/null && break
    python=
done
[ -n "$python" ] || { echo "needs python3-jupyter-client and python3-jupyter-kernel-test"; exit 77; }
export JUPYTER_DATA_DIR=$PWD/data JUPYTER_RUNTIME_DIR=$PWD/runtime JUPYTER_CONFIG_DIR=$PWD/config IPYTHONDIR=$PWD/ipython
make -s -C "$ROOT" BUILD="$BUILD" install-kernel
"$python" "$ROOT/tests/script/lib/kernel.py"
"$python" "$ROOT/tests/script/lib/kernel_conforms.py"
"$python" "$ROOT/tests/script/lib/kernel_hostile.py" "$BUILD/bin/mr-kernel"
