#!/usr/bin/env bash
# Runs a command with a private X screen in memory (Xvfb), and takes the screen away afterwards whatever happens.
#
#   packaging/with-display.sh [--size 1080x1920] COMMAND...
#
# The screen is always private, so that tests never open windows on somebody's desktop.
set -euo pipefail

size=1080x1920
if [ "${1:-}" = --size ]; then
	size=$2
	shift 2
fi
command -v Xvfb >/dev/null || {
	echo "with-display: Xvfb is not installed: run make setup" >&2
	exit 1
}

work=$(mktemp -d)
server='' child=''
finish() {
	[ -z "$child" ] || kill "$child" 2>/dev/null || true
	[ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Xvfb chooses a free display itself and writes its number once it listens. Should this shell be killed outright, the
# kernel takes the server along (pdeathsig).
guard=()
if command -v setpriv >/dev/null && setpriv --help 2>&1 | grep -q pdeathsig; then guard=(setpriv --pdeathsig TERM); fi
mkfifo "$work/number"
"${guard[@]}" Xvfb -displayfd 3 -screen 0 "${size}x24" -nolisten tcp -noreset 3>"$work/number" >"$work/log" 2>&1 &
server=$!
if ! read -r -t 30 number <"$work/number"; then
	echo "with-display: Xvfb did not start:" >&2
	cat "$work/log" >&2
	exit 1
fi

# LP_NUM_THREADS is left alone: fewer threads than cores double the time to paint. XAUTHORITY and WAYLAND_DISPLAY
# belong to the desktop this was called from.
"${guard[@]}" env -u WAYLAND_DISPLAY -u XAUTHORITY DISPLAY=":$number" XDG_SESSION_TYPE=x11 "$@" <&0 &
child=$!
code=0
wait "$child" || code=$?
child=''
exit "$code"
