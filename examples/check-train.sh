#!/bin/sh
# check-train.sh RSCRIPT TRAIN.R GPU.SO SIMULATED-DRIVER-FOLDER
# What train.R does with a GPU, without one, and with one that fails. Prints TAP.
rscript=$1
train=$2
export GPUSPY_EXAMPLE_LIBRARY="$3"
driver=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0

result() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		sed 's/^/# /' "$work/out" "$work/err"
	fi
}

# Runs train.R on the simulated driver, with more of an environment before --.
run() { # [NAME=VALUE...] -- ARGUMENT...
	settings=
	while [ "$1" != -- ]; do
		settings="$settings $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # no setting has a space in it
	env LD_LIBRARY_PATH="$driver" $settings "$rscript" "$train" "$@" \
		>"$work/out" 2>"$work/err"
	status=$?
}

last_is() {
	[ "$status" -eq 0 ] && [ "$(tail -n 1 "$work/out")" = "$1" ] && ! [ -s "$work/err" ]
}

run --
last_is "launched 210 kernels on Simulated GPU 0"
result $? "trains on the GPU"
sed '$d' "$work/out" >"$work/losses"

[ "$(wc -l <"$work/losses")" -eq 10 ] && grep -q '^epoch  100  loss 0[.]0099' "$work/losses"
result $? "to the noise that is in the data"

run -- --cpu
last_is "trained on the CPU" && sed '$d' "$work/out" | cmp -s - "$work/losses"
result $? "--cpu trains on the CPU, with the same losses"

run -- --epochs=3
last_is "launched 7 kernels on Simulated GPU 0" && grep -q '^epoch    3 ' "$work/out"
result $? "--epochs=3"

run -- --no-launch
last_is "trained on the CPU" && sed '$d' "$work/out" | cmp -s - "$work/losses"
result $? "--no-launch trains on the CPU"

for setting in CUDA_VISIBLE_DEVICES= SIM_INIT=999 SIM_DEVICES=0 SIM_FAIL=cuMemAlloc_v2@3=2; do
	run $setting --
	last_is "trained on the CPU"
	result $? "trains on the CPU in silence with $setting"
done

# Where there is a real driver, it is found, and has its devices hidden.
run LD_LIBRARY_PATH=/nowhere CUDA_VISIBLE_DEVICES= --
last_is "trained on the CPU"
result $? "trains on the CPU in silence without the simulated driver"

run 'SIM_FAIL=cuLaunchKernel@5=719' --
[ "$status" -ne 0 ] && grep -q "the GPU failed: CUDA_ERROR_LAUNCH_FAILED" "$work/err"
result $? "a GPU that fails while training is an error"

run -- --epochs=200 --pause=0.1
last_is "launched 410 kernels on Simulated GPU 0" && grep -q '^epoch  200 ' "$work/out"
result $? "--pause=0.1 changes nothing but the time"

run -- --epoch=3
[ "$status" -eq 2 ] && grep -q "unknown argument: --epoch=3" "$work/err"
result $? "an unknown argument is refused"

echo "1..$count"
