#!/bin/sh
# assemble.sh TARBALL SOURCE VERSION LINK-OPTIONS LIBRARY-SOURCE... -- READER-SOURCE... --
#   DOCTOR-SOURCE...
# Puts the R package together from tools/r and the C sources that it shares with the rest, and makes
# the file that R CMD INSTALL takes. The C files keep their folders, below src/. What is for one
# processor comes along for all: configure knows for which one it is installed.
set -e
tarball=$(realpath -m "$1") source=$2 version=$3 link=$4
shift 4
source=$(realpath "$source")
. "$source/tools/utf8.sh"
. "$source/tools/temporary.sh"

work_beside "$tarball"
package=$work/gpuspy
mkdir "$package"

# The file's place below src/: preload/ROOM/FILE, tools/FOLDER/FILE, or FILE of tools/r/src.
place() { # FILE
	file=$(realpath "$1")
	case $file in
	"$source"/tools/r/src/*) echo "${file##*/}" ;;
	"$source"/preload/* | "$source"/tools/*) echo "${file#"$source"/}" ;;
	*) echo "assemble.sh: $1 is not in $source" >&2 && return 1 ;;
	esac
}

bring() { # FILE: with the headers of its folder
	to=$(place "$1")
	mkdir -p "$package/src/$(dirname "$to")"
	cp -f "$1" "$package/src/$to"
	for header in "$(dirname "$1")"/*.h; do
		[ -e "$header" ] && cp -f "$header" "$package/src/$(dirname "$to")/"
	done
	case $to in
	preload/arch/*/*) to=preload/arch/@MACHINE@/${to##*/} ;;
	esac
	objects="$objects ${to%.*}.o"
}

for file in configure cleanup NAMESPACE LICENSE .Rbuildignore R man src tests vignettes inst; do
	[ ! -e "$source/tools/r/$file" ] || cp -Rf "$source/tools/r/$file" "$package/"
done
chmod -R u+w "$package" # the sources may be read-only

# The sources up to the next -- or the end; their objects in $objects.
bring_all() {
	objects= count=0
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		bring "$1"
		count=$((count + 1))
		shift
	done
}
bring_all "$@"
library=$objects
shift $((count + 1))
bring_all "$@"
reader=$objects
shift $((count + 1))
bring_all "$@"
doctor=$objects
cp -Rf "$source/preload/exports.map" "$source/preload/arch" "$package/src/preload/"
chmod -R u+w "$package"

fill() { # FILE: what the build knows
	sed -e "s|@VERSION@|$version|g" -e "s|@LIBRARY@|$library|" \
		-e "s|@READER@|$reader|" -e "s|@DOCTOR@|$doctor|" -e "s|@LINK@|$link|"
}
fill <"$source/tools/r/DESCRIPTION.in" >"$package/DESCRIPTION"
fill <"$source/tools/r/src/Makevars.in" >"$package/src/Makevars.in"
fill <"$source/tools/r/configure" >"$package/configure"

# Vignettes are made where R has what it takes, and else are plain pages. R installs the package for that; nothing in them is
# run, so the one for systems where there is nothing to watch will do, and is built in a second.
options=--no-build-vignettes
able='all(requireNamespace("knitr"), requireNamespace("rmarkdown"), rmarkdown::pandoc_available())'
Rscript --vanilla -e "quit(status = if ($able) 0L else 1L)" >/dev/null 2>&1 &&
	options=
cd "$work"
# shellcheck disable=SC2086 # an option or none
GPUSPY_SYSTEM=none R CMD build --no-manual $options gpuspy >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	exit 1
}
if [ -n "$options" ]; then
	mkdir plain && tar -xzf "gpuspy_$version.tar.gz" -C plain
	Rscript --vanilla "$source/tools/r/plain-vignettes.R" plain/gpuspy
	tar -czf "gpuspy_$version.tar.gz" --owner=0 --group=0 -C plain gpuspy
fi
mv "gpuspy_$version.tar.gz" "$tarball"
