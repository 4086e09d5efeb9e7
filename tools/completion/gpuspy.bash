# bash completion for gpuspy and its commands.

_gpuspy_sessions()
{
	local word

	# The first column of `gpuspy list`, without its heading.
	while read -r word _; do
		[ "$word" = SESSION ] || [ "$word" = no ] || printf '%s\n' "$word"
	done < <(gpuspy list 2>/dev/null)
}

_gpuspy()
{
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} i

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W 'run report list jobs doctor record collect export --help --version' -- "$current"))
		return
	fi
	case $command in
	run)
		# Behind our own options stands a command line like any other.
		for ((i = 2; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			--) ((i++)); break ;;
			--json | --record) ((i++)) ;;
			-*) ;;
			*) break ;;
			esac
		done
		if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --@(json|record) ]] && [ "$i" -gt "$COMP_CWORD" ]; then
			COMPREPLY=($(compgen -f -- "$current"))
		elif [ "$i" -lt "$COMP_CWORD" ] && declare -F _command_offset >/dev/null; then
			_command_offset "$i"
		elif [[ $current == -* && ${COMP_WORDS[COMP_CWORD - 1]} != -- ]]; then
			COMPREPLY=($(compgen -W '--require --json --record --help' -- "$current"))
		elif [ "$i" -ge "$COMP_CWORD" ]; then
			COMPREPLY=($(compgen -c -- "$current"))
		fi
		;;
	report)
		if [[ ${COMP_WORDS[COMP_CWORD - 1]} == --@(html|record|records) ]]; then
			COMPREPLY=($(compgen -f -- "$current"))
			return
		fi
		COMPREPLY=($(compgen -W "--json --html --record --last --job --records --since --brief --wait --help $(_gpuspy_sessions)" -- "$current"))
		;;
	record)
		if [ "${COMP_WORDS[COMP_CWORD - 1]}" = -o ]; then
			COMPREPLY=($(compgen -f -- "$current"))
			return
		fi
		COMPREPLY=($(compgen -W "-d -o --help $(_gpuspy_sessions)" -- "$current"))
		;;
	doctor)
		COMPREPLY=($(compgen -c -W '--json --config --help' -- "$current"))
		;;
	list)
		COMPREPLY=($(compgen -W '--job --help' -- "$current"))
		;;
	jobs)
		COMPREPLY=($(compgen -W '--since --records --all --json --brief --help' -- "$current"))
		;;
	collect)
		COMPREPLY=($(compgen -W '--job --uid --all --running --again --records --syslog --nodes --gpus --help' -- "$current"))
		;;
	export)
		COMPREPLY=($(compgen -W '--prometheus --output --state --help' -- "$current"))
		;;
	esac
}

complete -o bashdefault -o default -F _gpuspy gpuspy
