#!/bin/sh
# sh use.sh deb|tarball|wheel FOLDER: installs what lies in FOLDER on a fresh Debian, as root, and uses
# it as the README says. Run by tests/packages.sh in a system of its own. Ends at the first that fails.
set -eux
kind=$1
folder=$2
export DEBIAN_FRONTEND=noninteractive GPUSPY_DIR=/root/records
apt-get update

# All that a line printed, and its status.
outcome() { # COMMAND...
	status=0
	said=$("$@" 2>&1) || status=$?
	echo "$said"
}

has() { # TEXT
	case $said in
	*"$1"*) ;;
	*) echo "this is missing: $1" >&2; exit 1 ;;
	esac
}

has_not() { # TEXT
	case $said in
	*"$1"*) echo "this should not be: $1" >&2; exit 1 ;;
	esac
}

# What each kind has, by its way.
commands() { # GPUSPY GPUSPY-TOP
	outcome "$1" run --json /tmp/run.json sh -c 'exit 5'
	[ $status -eq 5 ]
	has 'gpuspy: GPU work: NO'
	grep -q '"verdict": *"gpu-unused"' /tmp/run.json
	outcome "$2" --version
	has gpuspy-top
	outcome "$1" list
	[ $status -eq 0 ]
}

# A user's script, word for word; and no line of ld.so's, from anybody that it starts.
by_bare_name() {
	printf '%s\n' 'cat(sum(1:10))' 'system("ls / >/dev/null")' >train.R
	said=$(LD_PRELOAD=libgpuspy.so Rscript train.R 2>&1)
	has '55'
	has 'gpuspy: GPU work: NO'
	has_not 'ld.so'
}

# As a user: setuid programs are silent by the documented forms, and say a line by the bare name.
setuid_is_silent() { # LIBRARY
	useradd -m somebody
	# shellcheck disable=SC2016 # $LIB is ld.so's
	for form in "$1" '/usr/$LIB/libgpuspy.so'; do
		outcome setpriv --reuid=somebody --regid=somebody --clear-groups \
			env HOME=/home/somebody LD_PRELOAD="$form" GPUSPY_DIR=/tmp/records-of-somebody passwd -S
		[ $status -eq 0 ]
		has somebody
		has_not 'ld.so'
		has_not 'gpuspy'
	done
}

case $kind in
deb)
	apt-get install -y --no-install-recommends "$folder"/*.deb
	cd /tmp
	commands gpuspy gpuspy-top
	by_bare_name
	library=$(dpkg -L libgpuspy | grep '/libgpuspy.so$')
	setuid_is_silent "$library"
	for file in share/gpuspy/site/epilog.sh share/gpuspy/site/gpuspy.conf share/man/man1/gpuspy.1.gz \
		share/man/man7/libgpuspy.7.gz share/bash-completion/completions/gpuspy; do
		dpkg -S "/usr/$file" >/dev/null
	done
	said=$(Rscript -e 'library(gpuspy); gpu_watch(); print(gpu_kernels()); gpu_report()' 2>&1)
	has '[1] 0'
	has 'GPU work: NO'
	said=$(Rscript -e 'cat(vignette("hosts", "gpuspy")$PDF)')
	has hosts.html
	apt-get remove -y libgpuspy
	! [ -e "$library" ]
	;;
tarball)
	apt-get install -y --no-install-recommends libjansson4 libncursesw6
	mkdir /opt/moved
	tar -xzf "$folder"/gpuspy-*.tar.gz -C /opt/moved
	set -- /opt/moved/gpuspy-*
	commands "$1/bin/gpuspy" "$1/bin/gpuspy-top"
	outcome env LD_PRELOAD="$1/lib/libgpuspy.so" GPUSPY_REPORT=always cat /dev/null
	has 'gpuspy: GPU work: NO'
	sh "$1/share/gpuspy/site/here.sh"
	mv "$1" /opt/moved/again
	set -- /opt/moved/again
	sh "$1/share/gpuspy/site/here.sh"
	[ "$(sh "$1/share/gpuspy/site/taskprolog.sh")" = "export LD_PRELOAD=$1/lib/libgpuspy.so" ]
	grep -q "\"LD_PRELOAD\", \"$1/lib/libgpuspy.so\"" "$1/share/gpuspy/site/gpuspy.lua"
	grep -q "^ExecStart=$1/bin/gpuspy collect" "$1/share/gpuspy/site/gpuspy-collect.service"
	! grep -r @PLACE@ "$1/share/gpuspy/site" --exclude=here.sh
	ls "$1"/gpuspy_*.tar.gz "$1/LICENSE" "$1/share/man/man1/gpuspy.1" "$1/share/gpuspy/site/epilog.sh"
	;;
wheel)
	apt-get install -y --no-install-recommends python3-venv
	python3 -m venv /opt/venv
	/opt/venv/bin/pip install --no-index "$folder"/gpuspy-*.whl
	commands /opt/venv/bin/gpuspy /opt/venv/bin/gpuspy-top
	outcome /opt/venv/bin/python -c '
import ctypes, gpuspy
gpuspy.watch()
try:
    ctypes.CDLL("libcuda.so.1")
except OSError:
    pass
print(gpuspy.figures()["reason"], gpuspy.__version__)
print(gpuspy.report())'
	[ $status -eq 0 ]
	has 'driver-missing'
	has 'running for'
	has 'the NVIDIA driver (libcuda.so.1) is missing  (python '
	outcome env LD_PRELOAD="$(/opt/venv/bin/python -c 'import gpuspy; print(gpuspy.library)')" /opt/venv/bin/python -c 1
	has 'gpuspy: GPU work: NO'
	ls /opt/venv/share/man/man1/gpuspy.1 /opt/venv/lib/python3*/site-packages/gpuspy-*.dist-info/licenses/*
	;;
esac
echo "$kind: all passed"
