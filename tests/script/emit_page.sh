# docs/emit.md: the outputs that it shows are those of mrc. A line that is `…` stands for any lines, one that ends so for any end.
python3 - "$MRC" "$ROOT/docs/emit.md" <<'PY'
import re, subprocess, sys
mrc, page = sys.argv[1], open(sys.argv[2]).read()
for name, text in re.findall(r"^```mr (\S+\.mr)\n(.*?)^```", page, re.M | re.S):
    open(name, "w").write(text)
shown = re.findall(r"^```\n\$ mrc ([^\n]*)\n(.*?)^```", page, re.M | re.S)
assert len(shown) >= 5, "the page shows nothing"
for arguments, wanted in shown:
    got = subprocess.run([mrc, *arguments.split()], capture_output=True, text=True, check=True).stdout
    pattern = "".join(r"(?:.*\n)*?" if line == "…\n" else re.escape(line[:-2]) + ".*\n" if line.endswith("…\n") else re.escape(line)
                      for line in wanted.splitlines(keepends=True))
    if not re.fullmatch(pattern, got):
        sys.exit(f"docs/emit.md shows for `mrc {arguments}`\n{wanted}\nbut it writes\n{got}")
PY
