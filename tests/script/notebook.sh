# The notebook of the tutorial, run by nbconvert as a user would: every cell ends as it is meant to, and shows what it is meant to show.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import nbconvert, jupyter_client' 2>/dev/null && break
    python=
done
[ -n "$python" ] || { echo "needs jupyter-nbconvert and python3-jupyter-client"; exit 77; }
export JUPYTER_DATA_DIR=$PWD/data JUPYTER_RUNTIME_DIR=$PWD/runtime JUPYTER_CONFIG_DIR=$PWD/config IPYTHONDIR=$PWD/ipython
make -s -C "$ROOT" BUILD="$BUILD" install-kernel
"$python" -m nbconvert --to notebook --execute --output-dir . --output done.ipynb "$ROOT/examples/tutorial.ipynb" >log 2>&1 || { cat log; exit 1; }
"$python" - done.ipynb << 'E2'
import json, sys, xml.etree.ElementTree
cells = [cell for cell in json.load(open(sys.argv[1]))["cells"] if cell["cell_type"] == "code"]
shown = [output["data"] for cell in cells for output in cell["outputs"] if output["output_type"] == "execute_result"]
texts = ["".join(data["text/plain"]) for data in shown]
for expected in ("42 : int", "843350 : int", "1.2337005001361696 : float", "(6, 3) : (int, int)"):
    assert expected in texts, (expected, texts)
pictures = ["".join(data["image/svg+xml"]) for data in shown if "image/svg+xml" in data]
assert len(pictures) == 6, len(pictures)
for picture in pictures:
    assert xml.etree.ElementTree.fromstring(picture).tag.endswith("svg")
assert sum("<table>" in "".join(data.get("text/html", "")) for data in shown) == 4
failures = [output["ename"] for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
assert failures == ["CompileError", "RuntimeError"], failures
assert not [output for cell in cells for output in cell["outputs"] if output["output_type"] == "stream"]
E2
"$python" -m nbconvert --to html --output-dir . done.ipynb >log 2>&1 || { cat log; exit 1; }
[ "$(grep -c 'src="data:image/svg+xml;base64,' done.html)" = 6 ]
