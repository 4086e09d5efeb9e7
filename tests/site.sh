#!/bin/sh
# gpuspy on a real Slurm and a real Prometheus: sh tests/site.sh [WORD...]
#
# Installs what is missing (Debian or Ubuntu, root or sudo), builds, and runs tests/site. The daemons
# are the tests' own, in folders of theirs, and end with them. WORDs choose cases.
set -eu
cd "$(dirname "$0")/.."
missing=
for need in slurmctld:slurmctld slurmd:slurmd munged:munge sbatch:slurm-client \
	mpirun:openmpi-bin prometheus:prometheus promtool:prometheus shellcheck:shellcheck; do
	command -v "${need%%:*}" >/dev/null || [ -x "/usr/sbin/${need%%:*}" ] || missing="$missing ${need#*:}"
done
set -- /usr/lib/*/slurm-wlm/proctrack_linuxproc.so "$@"
[ -e "$1" ] || missing="$missing slurm-wlm-basic-plugins"
shift
if [ -n "$missing" ]; then
	root=
	[ "$(id -u)" = 0 ] || root=sudo
	$root apt-get update -qq
	# shellcheck disable=SC2086 # a list
	$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi
if [ "$(id -u)" != 0 ]; then
	echo "tests/site.sh: slurmd and namespaces need root" >&2
	exit 1
fi
[ -d build ] || meson setup build
ninja -C build
PATH=$PATH:/usr/sbin:/sbin
GPUSPY_BUILD=$PWD/build
export PATH GPUSPY_BUILD
shellcheck tools/site/*.sh
status=0
python3 tests/site/test_slurm.py "$@" || status=1
python3 tests/site/test_prometheus.py "$@" || status=1
exit $status
