#!/bin/sh
# sh tools/package/version.sh: the version of a package made of this tree. In a clone a commit is newer
# than those before it, for dpkg(1) and pip, by its time: 0.1.0+git20261128104112.678c39d.
root=$(CDPATH= cd "$(dirname "$0")/../.." && pwd) || exit 1
version=$(sed -n "s/^ *version: '\(.*\)',/\1/p" "$root/meson.build")
[ ! -e "$root/.git" ] || commit=$(TZ=UTC0 git -c safe.directory='*' -C "$root" log -1 \
	--format=+git%cd.%h --date=format-local:%Y%m%d%H%M%S 2>/dev/null)
echo "$version${commit:-}"
