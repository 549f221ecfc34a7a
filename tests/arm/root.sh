#!/usr/bin/env bash
# root.sh FOLDER: unpacks what programs of mr need on AArch64 from Debian's packages into FOLDER: libraries, headers, start files. apt
# works on lists of its own beside it: the machine's packages and architectures stay as they are, and root is not needed.
set -euo pipefail
[ $# = 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
root=$(realpath -m "$1") work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries=(libzmq5 libutf8proc-dev libpcre2-dev libsleef-dev libxxhash-dev libsodium-dev libc6-dev libgcc-12-dev)
alone=(libzmq3-dev) # asks for much that only programs which link it statically need

mkdir -p "$work"/{lists/partial,archives/partial}
: > "$work/status"
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::Lists="$work/lists" -o Dir::State::Status="$work/status"
     -o Dir::Cache="$work" -o Debug::NoLocking=1 -o APT::Sandbox::User=)
"${apt[@]}" update
"${apt[@]}" install -y --download-only --no-install-recommends "${libraries[@]}"
(cd "$work/archives" && "${apt[@]}" download "${alone[@]}")
rm -rf "$root"
mkdir -p "$root"
for package in "$work"/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
echo "$root: $(find "$work/archives" -name '*.deb' | wc -l) packages, $(du -sh "$root" | cut -f 1)"
