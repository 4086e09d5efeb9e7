# shellcheck shell=sh
# Sourced by tests/arm64.sh: a machine of arm64, emulated whole, that has what was built and runs its
# tests. Its system is Debian's packages, unpacked and not configured, all in the initial RAM disk, so
# that the kernel needs no driver. Needs: $place, $world, $packages, $source, $build, skip(). Sets: $machine.
machine=$place/machine
kernels='deb http://deb.debian.org/debian trixie main' # that has pages of 16 KiB, too
# What tests start, and what they are skipped without. The rest comes by itself.
parts_of_it="base-files base-passwd bash binutils coreutils dash debianutils diffutils file findutils gdb
	grep gzip hostname libc-bin login make man-db mawk mount ncurses-base ncurses-bin passwd procps
	psmisc python3 r-base-core r-cran-callr r-cran-future r-cran-knitr r-cran-testthat sed strace tar tmux
	util-linux $packages"

fetch() { # FOLDER APT-GET'S-WORDS...
	mkdir -p "$1/lists/partial" "$1/archives/partial"
	folder=$1
	shift
	# shellcheck disable=SC2086
	apt-get $world -o Dir::State="$folder" -o Dir::Cache="$folder" "$@"
}

unpack_all() { # FOLDER ROOT
	for package in "$1"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$2" || return 1
	done
}

# What the packages' own scripts would have done.
settle() { # ROOT
	cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd" &&
		cp "$1/usr/share/base-passwd/group.master" "$1/etc/group" &&
		cp "$1/usr/lib/R/etc/Renviron.ucf" "$1/etc/R/Renviron" && ln -sf mawk "$1/usr/bin/awk" &&
		ln -sf which.debianutils "$1/usr/bin/which" || return 1
	for library in blas lapack; do
		ln -sf "$library/lib$library.so.3" "$1/usr/lib/aarch64-linux-gnu/" || return 1
	done
	echo machine >"$1/etc/hostname"
	echo '127.0.0.1 localhost machine' >"$1/etc/hosts"
}

bring_machine() {
	[ ! -e "$machine/brought" ] || return 0
	echo "# bringing a system of arm64 into $machine" >&2
	rm -rf "$machine"
	mkdir -p "$machine/root" && cd "$machine" || return 1
	for folder in bin sbin lib; do
		mkdir -p "root/usr/$folder" && ln -s "usr/$folder" "root/$folder" || return 1
	done
	# shellcheck disable=SC2086
	fetch "$machine/system" update && fetch "$machine/system" install -y --download-only --no-install-recommends \
		$parts_of_it && unpack_all "$machine/system" root && settle root || return 1
	echo "$kernels" >sources.list
	set -- -o Dir::Etc::SourceList="$machine/sources.list" -o Dir::Etc::SourceParts=/dev/null
	fetch "$machine/kernels" "$@" update || return 1
	for flavour in arm64 arm64-16k; do
		mkdir -p "$flavour"
		# shellcheck disable=SC2086
		name=$(apt-cache $world -o Dir::State="$machine/kernels" -o Dir::Cache="$machine/kernels" "$@" \
			depends "linux-image-$flavour" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
		(cd "$flavour" && fetch "$machine/kernels" "$@" download "$name" &&
			dpkg-deb --fsys-tarfile "$name"_*.deb | tar -x --wildcards --strip-components=2 './boot/vmlinuz-*' && rm -f "$name"_*.deb) || return 1
	done
	touch brought
}

# By this machine's R, which is of the same version, and the other one's compiler.
install_r() { # LIBRARY
	mkdir -p "$1" && ninja -C "$build" --quiet r-package || return 1
	[ -z "$(find "$1/gpuspy/DESCRIPTION" -newer "$build"/gpuspy_*.tar.gz 2>/dev/null)" ] || return 0
	printf 'CC = aarch64-linux-gnu-gcc\nLIBR =\n' >"$machine/makevars"
	R_MAKEVARS_USER=$machine/makevars MAKEFLAGS=-j2 R CMD INSTALL --no-test-load --library="$1" \
		"$build"/gpuspy_*.tar.gz >"$machine/r.log" 2>&1 || { tail -n 20 "$machine/r.log" >&2; return 1; }
}

# The first program.
write_init() { # FILE
	cat >"$1" <<-'SH'
		#!/bin/sh
		export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 TERM=xterm CI=true
		mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev
		exec </dev/console >/dev/console 2>&1
		mkdir -p /dev/pts /dev/shm && mount -t devpts -o ptmxmode=0666,mode=620 pts /dev/pts
		mount -t tmpfs -o mode=1777 shm /dev/shm && mount -t tmpfs -o mode=1777 tmp /tmp
		ln -sf /proc/self/fd /dev/fd && ln -sf /proc/self/fd/0 /dev/stdin
		ln -sf /proc/self/fd/1 /dev/stdout && ln -sf /proc/self/fd/2 /dev/stderr
		hostname machine && ldconfig
		# The loopback interface is up (SIOCSIFFLAGS, IFF_UP): R's clusters talk by it.
		python3 -c 'import fcntl, socket, struct
		fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14s", b"lo", 1, b""))'
		sh /commands
		sleep 2 # until all is said
		echo o >/proc/sysrq-trigger
		sleep 60
	SH
	chmod +x "$1"
}

# The system with what was built, at the same paths, as the kernel unpacks it.
pack() { # TEST...
	image=$machine/image
	install_r "$machine/r-library" || return 1
	rm -rf "$image" && cp -a "$machine/root" "$image" && mkdir -p "$image$build" "$image$source" || return 1
	git -C "$source" ls-files -z | tar -c -C "$source" --null -T - | tar -x -C "$image$source" &&
		tar -c -C "$build" --exclude='*.o' --exclude='*.a' --exclude=meson-private . | tar -x -C "$image$build" || return 1
	meson introspect --tests "$build" >"$image/tests.json" || return 1
	write_init "$image/init"
	cp -R "$machine/r-library" "$image$build/" || return 1
	{
		printf "python3 '%s/tests/arm64/run.py' /tests.json '%s'" "$source" "$build"
		[ $# -eq 0 ] || printf " '%s'" "$@"
		echo
	} >"$image/commands"
	(cd "$image" && find . | cpio -o -H newc --quiet) >"$machine/initrd" && rm -rf "$image"
}

boot() { # KIB
	case $1 in
	4) flavour=arm64 cpu=max,pauth-impdef=on ;;
	# With "max" (QEMU 7.2) programs that unload libraries call wrong functions now and then, without
	# gpuspy too: 5 of 31 runs of one, and none of 25 on this one.
	16) flavour=arm64-16k cpu=cortex-a76 ;;
	*) echo "arm64.sh: there is no kernel with pages of $1 KiB" >&2 && return 2 ;;
	esac
	# Without the trick with pauth half of the time would go into signing addresses.
	qemu-system-aarch64 -M virt -cpu "$cpu" -smp 2 -m 8G -nic none -nographic -no-reboot \
		-kernel "$machine/$flavour/"vmlinuz-* -initrd "$machine/initrd" \
		-append 'console=ttyAMA0 rdinit=/init quiet panic=-1' </dev/null
}

# What the tests came to is told as tests/run.sh does.
run_machine() { # KIB TEST...
	kib=$1
	shift
	for program in qemu-system-aarch64 cpio R; do
		command -v "$program" >/dev/null || skip "$program (apt-get install qemu-system-arm cpio r-base-core)"
	done
	(bring_machine >"$place/machine.log" 2>&1) ||
		skip "a system of arm64 from apt-get: $(tail -n 1 "$place/machine.log")"
	pack "$@" || return 1
	boot "$kib" | sed -u 's,\r$,,' | tee "$machine/console-$kib.log" | grep --line-buffered -v '^RESULT '
	sed -n 's/^RESULT //p' "$machine/console-$kib.log" >"$machine/results-$kib.json"
	python3 "$source/tests/summary.py" "$machine/results-$kib.json"
}
