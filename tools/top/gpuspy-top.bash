# SPDX-License-Identifier: MIT
# bash completion for gpuspy-top.

_gpuspy_top()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	case $previous in
	-s | --sort)
		COMPREPLY=($(compgen -W "help $(gpuspy-top -s help 2>/dev/null | cut -d' ' -f1)" -- "$current"))
		return
		;;
	-u | --user)
		COMPREPLY=($(compgen -W all -u -- "$current"))
		return
		;;
	--session)
		COMPREPLY=($(compgen -W "$(gpuspy list 2>/dev/null | sed 1d | cut -d' ' -f1)" -- "$current"))
		return
		;;
	-d | --delay | -n | --iterations | -p | --pid | -F | --filter)
		return
		;;
	esac
	COMPREPLY=($(compgen -W '--delay --iterations --batch --json --pid --session --user --sort
		--filter --tree --no-color --no-mouse --readonly --help -h --version' -- "$current"))
}

complete -F _gpuspy_top gpuspy-top
