#!/usr/bin/env bash
# Installs what Debian 12 lacks for building, running and testing zhizhu, and says what and why. Does nothing the
# second time (a dpkg-query, no apt call). As root, or with sudo.
#
#   packaging/setup.sh          what make build, run and test need
#   packaging/setup.sh rigs     besides, what make rigs needs
#   packaging/setup.sh fonts    besides, what packaging/fonts/subset.sh needs to make the bundled fonts anew
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# One package a line, with its reason. The Wayland headers are for a plain `go build ./...`: without tags, Fyne
# compiles both of its display drivers. The program itself is built for X11 only (TAGS in the Makefile).
needed() {
	cat <<'LIST'
gcc               C compiler, for the window library (cgo)
libc6-dev         C headers
pkg-config        finds the libraries below
libgl1-mesa-dev   OpenGL headers
libx11-dev        X11 headers
libxcursor-dev    X11 cursors
libxrandr-dev     screen sizes and rotation
libxinerama-dev   several screens
libxi-dev         touch and pointer input
libxxf86vm-dev    video modes
libwayland-dev    for a plain go build without tags
libxkbcommon-dev  for a plain go build without tags
libgl1-mesa-dri   OpenGL in software, where there is no graphics card
xvfb              a screen in memory, for tests and for make run without a display
ca-certificates   to fetch Go modules over TLS
swtpm             a TPM in software, for the tests of the station key
postgresql        for the tests of the gateway on PostgreSQL: they start a server of their own
LIST
	if [ "${1:-}" = fonts ]; then
		cat <<'LIST'
fonts-noto-cjk    source of the bundled fonts
fonts-hanazono    source of the rare characters
python3-fonttools pyftsubset, which cuts the bundled fonts out of it
LIST
	fi
	if [ "${1:-}" = rigs ]; then
		cat <<'LIST'
cups-daemon       CUPS, for the tests of A4 printing
cups-client       its commands
cups-core-drivers its drivers
cups-filters-core-drivers what makes pages of documents
cups-ipp-utils    a printer in software
dbus-daemon       without a bus that printer doesn't start
strace            disks that fail
e2fsprogs         a file system for power cuts
LIST
	fi
}

check_go() {
	local want have
	want=$(awk '$1 == "go" { print $2; exit }' go.mod)
	command -v go >/dev/null || die "Go is not installed. Unpack Go $want or newer from https://go.dev/dl/ to /usr/local and put /usr/local/go/bin into PATH."
	# Asked outside the module, so that an old Go answers instead of trying to fetch a newer one.
	have=$(cd / && go env GOVERSION)
	have=${have#go}
	if [ "$(printf '%s\n%s\n' "$want" "${have%%-*}" | sort -V | head -n 1)" != "$want" ]; then
		die "Go $have is too old, $want or newer is needed: https://go.dev/dl/"
	fi
}

# missing prints those packages of the list on stdin that are not installed, keeping their reasons.
missing() {
	local name why
	while read -r name why; do
		case "$name" in
		gcc | pkg-config) command -v "$name" >/dev/null && continue ;;
		esac
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || printf '%-18s%s\n' "$name" "$why"
	done
}

check_go
if ! command -v dpkg-query >/dev/null; then
	say "this is no Debian. Install what these Debian packages hold, then use make build, or go build directly:"
	needed "${1:-}" >&2
	exit 1
fi
lacking=$(needed "${1:-}" | missing)
[ -n "$lacking" ] || exit 0
names=$(awk '{ printf "%s ", $1 }' <<<"$lacking")

say "these Debian packages are missing and will be installed:"
sed 's/^/  /' <<<"$lacking" >&2
if [ "$(id -u)" = 0 ]; then
	as_root=()
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	as_root=(sudo)
else
	die "neither root nor sudo. Ask an administrator for: apt-get install --no-install-recommends $names"
fi

# The lists may be old or absent; if they can't be refreshed, what is cached may still do.
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >&2; }
apt update || say "package lists can't be refreshed; trying with what is there"
# shellcheck disable=SC2086 # the names are to be split
apt install -y --no-install-recommends $names || {
	say "not installed. Without a network, fetch these elsewhere (apt-get download) and install them with dpkg -i:"
	die "$names"
}
say "done"
