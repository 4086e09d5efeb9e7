#!/bin/sh
# sh share/gpuspy/site/here.sh, once, where this tree is to stay: writes its path into the files beside
# this one, for Slurm, Lmod and systemd. Another time it names another place.
site=$(CDPATH= cd "$(dirname "$0")" && pwd -P) && place=${site%/share/gpuspy/site}
case $place in
*[!A-Za-z0-9/._+,@-]* | "$site")
	echo "here.sh: these files cannot name $site: letters, digits and / . _ + , @ - alone" >&2
	exit 1
	;;
esac
before=$(cat "$site/.place" 2>/dev/null) || before=/@PLACE@
for file in "$site"/*; do
	[ "$file" = "$site/here.sh" ] || sed -i "s|$(echo "$before" | sed 's/[.]/\\./g')/|$place/|g" "$file" || exit 1
done
echo "$place" >"$site/.place"
