#!/bin/sh
# pack.sh FOLDER: what a machine needs that can build and fetch nothing, made on this one:
#   FOLDER/tests, FOLDER/examples  the suite: sh FOLDER/tests/gpu/first.sh OUTDIR
#   FOLDER/build  gpuspy, the clients, the suite's programs, CUDA runtimes from wheels, the R package
#   FOLDER/R      R with reticulate, if this machine has R and apt-get
#   FOLDER/python Keras, for a Python that has its backends and not itself
#   FOLDER/python-alone  this machine's Python, for one that has none
#   FOLDER.tar.gz all of it in one file, of MOST_MIB at most
# Made of Debian's packages and this machine's build, so the other machine's libc must not be older.
MOST_MIB=64
root=$(CDPATH= cd "$(dirname "$0")/../.." && pwd) || exit 1
build=${GPUSPY_BUILD:-$root/build}

fail() { # MESSAGE...
	echo "pack.sh: $*" >&2
	exit 1
}

[ $# -eq 1 ] || fail "which FOLDER?"
mkdir -p "$1" || exit 1
folder=$(CDPATH= cd "$1" && pwd)
[ -z "$(ls -A "$folder")" ] || fail "$folder is not empty"

# The libraries that a program needs, without those that any system has: libc, and the compiler's,
# which must not be older than what the other machine's Python needs.
needed() { # FILE...
	ldd "$@" 2>/dev/null | awk '$3 ~ "^/" { print $3 }' | sort -u |
		grep -vE '/(lib(c|m|dl|rt|pthread|resolv|util|stdc\+\+|gcc_s)|ld-linux.*)\.so'
}

pack_suite() {
	(cd "$root" && tar -cf - tests/gpu tests/sim/cudart-lookups*.txt examples/*.R) |
		tar -xf - -C "$folder" || fail "cannot copy the suite"
}

pack_build() {
	mkdir -p "$folder/build/lib"
	sh "$root/tests/gpu/wheels.sh" "$folder/build/gpu-runtimes"
	GPUSPY_BUILD=$build sh "$root/tests/gpu/run.sh" --no-gpu nvcc libraries facts cost:launch >&2 ||
		fail "the suite's programs cannot be built"
	(cd "$build" && find preload tools examples tests/sim tests/clients gpu-programs $(r_library) \
		\( -name '*.p' -prune \) -o \( -type f -o -type l \) \
		! -name '*.a' -print | tar -cf - -T -) | tar -xf - -C "$folder/build" ||
		fail "cannot copy $build"
	for library in $(needed "$build"/tools/gpuspy "$build"/tools/top/gpuspy-top \
		"$build"/tools/gpuspy-top); do
		cp -L "$library" "$folder/build/lib/"
	done
}

r_library() {
	[ ! -d "$build/r-library/gpuspy" ] || echo r-library/gpuspy
}

# The newest of each, with what they need and the frameworks do not bring; optree is compiled for
# each version of Python, and finds its own.
KERAS="keras namex"
KERAS_PYTHONS="3.10 3.11 3.12 3.13"

pack_keras() {
	wheels=$(mktemp -d) || exit 1
	# shellcheck disable=SC2086 # the names are words
	python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
		--python-version 3.12 --dest "$wheels" $KERAS >/dev/null 2>&1
	for version in $KERAS_PYTHONS; do
		python3 -m pip download --quiet --disable-pip-version-check --no-deps \
			--only-binary=:all: --python-version "$version" --implementation cp \
			--platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
			--platform manylinux2014_x86_64 --dest "$wheels" optree >/dev/null 2>&1
	done
	mkdir "$folder/python"
	for wheel in "$wheels"/*.whl; do
		[ -e "$wheel" ] && unzip -q -o "$wheel" -d "$folder/python"
	done
	rm -rf "$wheels"
	find "$folder/python" -name '*_test.py' -exec rm -f {} +
	[ -d "$folder/python/keras" ] || echo "pack.sh: Keras cannot be had: it goes without" >&2
}

# The interpreter with what the suite imports: no frameworks can be used with it.
pack_python() {
	mkdir -p "$folder/python-alone/bin" "$folder/python-alone/lib"
	python=/usr/bin/python3 # the system's, which needs least
	[ -x "$python" ] || python=python3
	version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	library=$("$python" -c 'import os; print(os.path.dirname(os.__file__))')
	cp -L "$("$python" -c 'import sys; print(sys.executable)')" \
		"$folder/python-alone/bin/python$version" || fail "cannot copy Python"
	(cd "$library" && find . \( -name test -o -name tests -o -name __pycache__ -o -name idlelib -o \
		-name '_ssl.*' -o -name '_hashlib.*' -o -name '_sqlite3.*' -o -name '_dbm.*' -o \
		-name '_curses*.so' -o -name 'readline.*' -o -name '*_test.py' -o \
		-name tkinter -o -name lib2to3 -o -name ensurepip -o -name pydoc_data -o \
		-name 'config-*' -o -name dist-packages -o -name site-packages -o -name distutils \) -prune -o \
		-type f -print | tar -cf - -T -) |
		(mkdir -p "$folder/python-alone/lib/python$version" &&
			tar -xf - -C "$folder/python-alone/lib/python$version")
	for each in $(needed "$folder/python-alone/bin/python$version" \
		"$folder/python-alone/lib/python$version"/lib-dynload/*.so); do
		cp -L "$each" "$folder/python-alone/lib/"
	done
	cat >"$folder/tests/gpu/python-alone" <<END
#!/bin/sh
here=\$(CDPATH= cd "\$(dirname "\$0")/../../python-alone" && pwd)
export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+\$LD_LIBRARY_PATH:}\$here/lib"
exec "\$here/bin/python$version" "\$@"
END
	chmod +x "$folder/tests/gpu/python-alone"
}

PACKAGES="base compiler datasets graphics grDevices grid methods parallel splines stats stats4 tools
	utils Matrix lattice"
RETICULATE="reticulate rcpp jsonlite png rappdirs rprojroot here withr rlang rcpptoml"

# Without the window system, the network and pictures, which bring most of the libraries.
copy_r() { # R-HOME
	mkdir -p "$folder/R/home/library" "$folder/R/lib"
	for part in bin etc lib modules; do
		cp -rL "$1/$part" "$folder/R/home/" || fail "cannot copy R"
	done
	for package in $PACKAGES; do
		cp -rL "$1/library/$package" "$folder/R/home/library/" 2>/dev/null
	done
	rm -f "$folder"/R/home/modules/R_*.so "$folder"/R/home/modules/internet.so \
		"$folder"/R/home/library/grDevices/libs/cairo.so
	cp -L "$(command -v Rscript)" "$folder/R/Rscript.bin"
}

copy_reticulate() {
	mkdir "$folder/debs"
	# shellcheck disable=SC2046,SC2086 # the names are words
	(cd "$folder/debs" && apt-get -q download $(printf 'r-cran-%s ' $RETICULATE)) \
		>/dev/null 2>&1 || echo "pack.sh: no r-cran-reticulate can be had: R goes without" >&2
	for deb in "$folder"/debs/*.deb; do
		[ -e "$deb" ] && dpkg -x "$deb" "$folder/debs/root"
	done
	for package in "$folder"/debs/root/usr/lib/R/site-library/*; do
		[ -e "$package" ] && cp -r "$package" "$folder/R/home/library/"
	done
	rm -rf "$folder/debs"
}

# R looks for itself where it was installed; a copy has to be told where it is. What the other
# machine has itself of the libraries goes first.
pack_r() {
	rhome=$(R RHOME 2>/dev/null) || return 0
	copy_r "$rhome"
	copy_reticulate
	sed -i "s|^R_HOME_DIR=.*|R_HOME_DIR=\${RHOME}|; s|^R_SHARE_DIR=.*|R_SHARE_DIR=\${RHOME}/share|;
		s|^R_INCLUDE_DIR=.*|R_INCLUDE_DIR=\${RHOME}/include|;
		s|^R_DOC_DIR=.*|R_DOC_DIR=\${RHOME}/doc|" "$folder/R/home/bin/R"
	# shellcheck disable=SC2046
	for library in $(needed $(find "$folder/R/home" -name '*.so' -o -path '*/exec/R')); do
		case $library in
		"$folder"/* | "$rhome"/*) ;;
		*) cp -L "$library" "$folder/R/lib/" ;;
		esac
	done
	find "$folder/R/home/library" -type d \( -name doc -o -name help -o -name html -o \
		-name tests -o -name po -o -name include -o -name demo \) -prune -exec rm -rf {} +
	cat >"$folder/R/Rscript" <<'END'
#!/bin/sh
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
export RHOME="$here/home" R_LIBS_SITE="$here/home/library"
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
exec "$here/Rscript.bin" "$@"
END
	chmod +x "$folder/R/Rscript"
}

pack_suite
pack_build
pack_keras
pack_python
pack_r
tar -cf - -C "$(dirname "$folder")" "$(basename "$folder")" | gzip -9 >"$folder.tar.gz" || exit 1
du -sh "$folder"/* "$folder.tar.gz" | sed 's/^/packed /'
[ "$(wc -c <"$folder.tar.gz")" -le $((MOST_MIB << 20)) ] ||
	fail "$folder.tar.gz is larger than $MOST_MIB MiB"
