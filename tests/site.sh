#!/bin/sh
# gpuspy on a real Slurm and a real Prometheus: sh tests/site.sh [WORD...]
#
# Installs what is missing (Debian or Ubuntu, root), builds, and runs tests/site. The daemons are the
# tests' own, in folders of theirs, and end with them. WORDs choose cases. Ends with "N passed,
# N failed, N skipped", and with status 0 if none failed. See examples/setup.sh for its environment.
root=$(CDPATH= cd "$(dirname "$0")/.." && pwd) || exit 1
PATH=$PATH:/usr/sbin:/sbin
export PATH
if [ "$(id -u)" != 0 ]; then
	echo "tests/site.sh: slurmd and namespaces need root" >&2
	exit 1
fi

# By what is used of them: they may be from elsewhere than the packages.
missing=
need() { # PACKAGE FILE...: one of these, a program's name or a path
	package=$1
	shift
	for file; do
		if command -v "$file" >/dev/null || [ -e "$file" ]; then return; fi
	done
	missing="$missing $package"
}
look() {
	missing=
	need slurmctld slurmctld
	need slurmd slurmd
	need munge munged
	need slurm-client sbatch
	need slurm-wlm-basic-plugins /usr/lib/*/slurm*/proctrack_linuxproc.so
	need slurm-wlm-mysql-plugin /usr/lib/*/slurm*/accounting_storage_mysql.so
	need slurmdbd slurmdbd
	need mariadb-server mariadbd
	need openmpi-bin mpirun
	need prometheus prometheus
	need prometheus-node-exporter prometheus-node-exporter
	need shellcheck shellcheck
}

# Their packages' own daemons are not wanted: these are not begun, where the machine would do so.
install() { # PACKAGE...
	policy=/usr/sbin/policy-rc.d
	if [ -e $policy ]; then
		policy=
	else
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
	fi
	log=$(mktemp) || exit 1
	echo "installing $*"
	apt-get update >"$log" 2>&1
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >>"$log" 2>&1
	status=$?
	[ -z "$policy" ] || rm -f $policy
	if [ $status != 0 ]; then
		tail -n 20 "$log" >&2
		echo "tests/site.sh: cannot install $*" >&2
		exit 1
	fi
	rm -f "$log"
}

look
# shellcheck disable=SC2086 # a list
[ -z "$missing" ] || install $missing
look
[ -z "$missing" ] || echo "tests/site.sh: installed, and yet not found: what Debian has in$missing" >&2

# shellcheck disable=SC2034 # for setup.sh
r_packages=
# shellcheck source=/dev/null
. "$root/examples/setup.sh"

# shellcheck disable=SC2154 # from there
GPUSPY_BUILD=$build
export GPUSPY_BUILD
logs=$(mktemp -d) || exit 1
{
	echo 1..1
	shellcheck "$root"/tools/site/*.sh "$root/tests/site.sh" && echo "ok 1 - the scripts' form"
	echo "# status $?"
} 2>&1 | tee "$logs/shellcheck"
for test in slurm prometheus; do
	{
		python3 "$root/tests/site/test_$test.py" "$@"
		echo "# status $?"
	} 2>&1 | tee "$logs/$test"
done
python3 "$root/tests/summary.py" --tap "$logs"/*
status=$?
rm -rf "$logs"
exit $status
