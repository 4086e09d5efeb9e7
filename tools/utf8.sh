# shellcheck shell=sh
# Sourced: R and others take a path only if its letters are the locale's, so where that is not UTF-8 another
# one is taken, which Debian has since 8. Where there is none either, all stays as it is.
if [ "$(locale charmap 2>/dev/null)" != UTF-8 ]; then
	for utf8 in C.UTF-8 en_US.UTF-8; do
		[ "$(LC_ALL=$utf8 locale charmap 2>/dev/null)" = UTF-8 ] || continue
		LC_ALL=$utf8
		export LC_ALL
		break
	done
fi
