#!/usr/bin/env bash
# make torture: the offline half, killed, cut off and robbed. The last line of stdout is one JSON object.
#
#   packaging/torture.sh [KILLS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-200} seed=${2:-1}

dir=$(mktemp -d "${TMPDIR:-/tmp}/zhizhu-torture.XXXXXX")
clean() {
	# Whatever is still mounted there lies in files of the same folder.
	for m in "$dir"/work/t "$dir"/work/g "$dir"/work/try "$dir"/work/control/t "$dir"/work/control/g; do
		if mountpoint -q "$m"; then umount -l "$m" || true; fi
	done
	if [ -n "${KEEP:-}" ]; then echo "kept $dir" >&2; else rm -rf "$dir"; fi
}
trap clean EXIT
mkdir "$dir/work"
CGO_ENABLED=0 go build -o "$dir/zhizhu-gateway" ./offline/cmd/zhizhu-gateway
CGO_ENABLED=0 go build -o "$dir/torture" ./packaging/torture
"$dir/torture" -kills "$kills" -seed "$seed" -gateway "$dir/zhizhu-gateway" -dir "$dir/work"
