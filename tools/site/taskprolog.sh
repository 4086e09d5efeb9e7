#!/bin/sh
# Slurm's TaskProlog: what it prints as "export NAME=VALUE" is in the task's environment.
#
# It runs as the user, before every task. A status other than 0 would keep the task from running,
# so it has no command that can fail or hang, and ends with 0 whatever happens. A user's own
# LD_PRELOAD stays behind ours; who does not want gpuspy says GPUSPY_DISABLE=1.
library=@LIBRARY@
if [ "${GPUSPY_DISABLE:-}" != 1 ] && [ -r "$library" ]; then
	case ":${LD_PRELOAD:-}:" in
	*"$library"*) ;;
	::) echo "export LD_PRELOAD=$library" ;;
	*) echo "export LD_PRELOAD=$library:${LD_PRELOAD}" ;;
	esac
fi
exit 0
