/* SPDX-License-Identifier: MIT */
/* Stream capture and graphs. */
#include "check_driver.h"

#include <stdlib.h>

static void *noop, *other;

static void *begin(int mode)
{
	void *stream;

	start();
	noop = function_of("sim:sim_noop,other", "sim_noop");
	other = function_of("sim:sim_noop,other", "other");
	OK(cuStreamCreate(&stream, 1));
	OK(cuStreamBeginCapture_v2(stream, mode));
	return stream;
}

START_TEST(recorded_and_run)
{
	void *stream, *graph, *exec;
	cu_pointer one, two;
	size_t count = 0;
	int state;

	use_ledger();
	start();
	OK(cuMemAlloc_v2(&one, 8));
	OK(cuMemAlloc_v2(&two, 8));
	stream = begin(CU_CAPTURE_GLOBAL);
	OK(cuStreamIsCapturing(stream, &state));
	ck_assert_int_eq(state, CU_CAPTURE_ACTIVE);
	for (int i = 0; i < 3; i++)
		OK(launch(noop, stream, NULL));
	OK(launch(other, stream, NULL));
	OK(cuMemcpyDtoDAsync_v2(one, two, 8, stream));
	OK(cuStreamEndCapture(stream, &graph));
	OK(cuGraphGetNodes(graph, NULL, &count));
	ck_assert_uint_eq(count, 5);
	ck_assert_uint_eq(total_of("captured_launches"), 4);
	ck_assert_uint_eq(total_of("launches"), 0);
	ck_assert_uint_eq(total_of("kernel.sim_noop"), 0);
	OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
	OK(cuGraphDestroy(graph));
	for (int i = 0; i < 10; i++)
		OK(cuGraphLaunch(exec, stream));
	ck_assert_uint_eq(total_of("launches"), 0);
	ck_assert_uint_eq(total_of("graph_launches"), 10);
	ck_assert_uint_eq(total_of("graph_kernels"), 40);
	ck_assert_uint_eq(total_of("graph_copies"), 10);
	ck_assert_uint_eq(total_of("kernel.sim_noop"), 30);
	ck_assert_uint_eq(total_of("kernel.other"), 10);
	ck_assert_uint_eq(total_of("copies.device_to_device.calls"), 0);
	OK(cuGraphExecDestroy(exec));
	FAILS(CU_ERROR_INVALID_VALUE, cuGraphLaunch(exec, stream));
}
END_TEST

START_TEST(forked_and_joined)
{
	void *stream = begin(CU_CAPTURE_GLOBAL), *side, *fork, *join, *graph;

	OK(cuStreamCreate(&side, 1));
	OK(cuEventCreate(&fork, 2));
	OK(cuEventCreate(&join, 2));
	OK(launch(noop, stream, NULL));
	OK(cuEventRecord(fork, stream));
	OK(cuStreamWaitEvent(side, fork, 0));
	OK(launch(noop, side, NULL));
	FAILS(CU_ERROR_CAPTURE_UNMATCHED, cuStreamEndCapture(side, &graph));
	FAILS(CU_ERROR_CAPTURED_EVENT, cuEventQuery(fork));
	if (_i) {
		OK(cuEventRecord(join, side));
		OK(cuStreamWaitEvent(stream, join, 0));
		OK(cuStreamEndCapture(stream, &graph));
		ck_assert_ptr_nonnull(graph);
	} else {
		FAILS(CU_ERROR_CAPTURE_UNJOINED, cuStreamEndCapture(stream, &graph));
		ck_assert_ptr_null(graph);
	}
	OK(launch(noop, side, NULL));
	OK(cuStreamSynchronize(side));
}
END_TEST

START_TEST(spoiled)
{
	void *stream = begin(CU_CAPTURE_GLOBAL), *graph;
	cu_pointer address;

	if (_i == 0)
		FAILS(CU_ERROR_CAPTURE_UNSUPPORTED, cuStreamSynchronize(stream));
	else
		FAILS(CU_ERROR_CAPTURE_UNSUPPORTED, cuMemAlloc_v2(&address, 4));
	FAILS(CU_ERROR_CAPTURE_INVALIDATED, launch(noop, stream, NULL));
	FAILS(CU_ERROR_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &graph));
	ck_assert_ptr_null(graph);
	OK(cuMemAlloc_v2(&address, 4));
	OK(launch(noop, stream, NULL));
	FAILS(CU_ERROR_ILLEGAL_STATE, cuStreamEndCapture(stream, &graph));
}
END_TEST

START_TEST(default_stream)
{
	void *stream, *graph;

	start();
	FAILS(CU_ERROR_CAPTURE_UNSUPPORTED, cuStreamBeginCapture_v2(NULL, 0));
	OK(cuStreamCreate(&stream, 0)); /* one that the default stream waits for */
	OK(cuStreamBeginCapture_v2(stream, CU_CAPTURE_RELAXED));
	FAILS(CU_ERROR_CAPTURE_IMPLICIT,
		launch(function_of("sim:sim_noop", "sim_noop"), NULL, NULL));
	FAILS(CU_ERROR_CAPTURE_INVALIDATED, cuStreamEndCapture(stream, &graph));
}
END_TEST

static struct cu_kernel_node_params one_thread(void *function)
{
	return (struct cu_kernel_node_params){
		.function = function, .grid = { 1, 1, 1 }, .block = { 1, 1, 1 }
	};
}

START_TEST(built_by_hand)
{
	struct cu_kernel_node_params params;
	struct cu_update_result result;
	void *graph, *child, *nodes[3], *in_child, *exec, *bigger;
	int type;

	use_ledger();
	start();
	noop = function_of("sim:sim_noop,other", "sim_noop");
	other = function_of("sim:sim_noop,other", "other");
	params = one_thread(noop);
	OK(cuGraphCreate(&graph, 0));
	OK(cuGraphCreate(&child, 0));
	OK(cuGraphAddKernelNode_v2(&in_child, child, NULL, 0, &params));
	OK(cuGraphAddKernelNode_v2(&in_child, child, &in_child, 1, &params));
	OK(cuGraphAddKernelNode_v2(&nodes[0], graph, NULL, 0, &params));
	OK(cuGraphAddChildGraphNode(&nodes[1], graph, &nodes[0], 1, child));
	OK(cuGraphAddEmptyNode(&nodes[2], graph, &nodes[1], 1));
	OK(cuGraphNodeGetType(nodes[1], &type));
	ck_assert_int_eq(type, CU_NODE_GRAPH);
	OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
	OK(cuGraphLaunch(exec, NULL));
	ck_assert_uint_eq(total_of("graph_kernels"), 3);

	params.function = other;
	OK(cuGraphExecKernelNodeSetParams_v2(exec, nodes[0], &params));
	OK(cuGraphLaunch(exec, NULL));
	ck_assert_uint_eq(total_of("kernel.other"), 1);
	OK(cuGraphNodeSetEnabled(exec, nodes[0], 0));
	OK(cuGraphLaunch(exec, NULL));
	ck_assert_uint_eq(total_of("kernel.other"), 1);
	ck_assert_uint_eq(total_of("graph_kernels"), 8);

	/* The child was copied: what becomes of the original is of no account until an update. */
	OK(cuGraphAddKernelNode_v2(&in_child, child, NULL, 0, &params));
	OK(cuGraphCreate(&bigger, 0));
	params.function = noop;
	OK(cuGraphAddKernelNode_v2(&nodes[0], bigger, NULL, 0, &params));
	OK(cuGraphAddChildGraphNode(&nodes[1], bigger, &nodes[0], 1, child));
	FAILS(CU_ERROR_GRAPH_EXEC_UPDATE_FAILURE, cuGraphExecUpdate_v2(exec, bigger, &result));
	ck_assert_int_eq(result.result, 2);
	OK(cuGraphAddEmptyNode(&nodes[2], bigger, &nodes[1], 1));
	OK(cuGraphExecUpdate_v2(exec, bigger, &result));
	OK(cuGraphLaunch(exec, NULL));
	ck_assert_uint_eq(total_of("graph_kernels"), 11); /* the switched off node stays so */
	ck_assert_uint_eq(total_of("kernel.other"), 2);

	OK(cuGraphAddDependencies(bigger, &nodes[2], &nodes[0], 1));
	FAILS(CU_ERROR_INVALID_VALUE, cuGraphInstantiateWithFlags(&exec, bigger, 0));
}
END_TEST

START_TEST(parameters_are_kept)
{
	static const float a[] = { 1, 2 }, b[] = { 3, 4 };
	cu_pointer out, x, y;
	int n = 2;
	void *params[] = { &out, &x, &y, &n }, *stream, *graph, *exec, *add;
	float result[2];

	start();
	x = floats_on_device(a, 2);
	y = floats_on_device(b, 2);
	out = floats_on_device(NULL, 2);
	add = function_of("sim:sim_add", "sim_add");
	OK(cuStreamCreate(&stream, 1));
	OK(cuStreamBeginCapture_v2(stream, 0));
	OK(launch(add, stream, params));
	OK(cuStreamEndCapture(stream, &graph));
	n = 1 << 30; /* what the variables hold now does not matter */
	x = 0;
	OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
	OK(cuGraphLaunch(exec, stream));
	OK(cuStreamSynchronize(stream));
	OK(cuMemcpyDtoH_v2(result, out, sizeof(result)));
	ck_assert_float_eq(result[0], 4);
	ck_assert_float_eq(result[1], 6);
}
END_TEST

START_TEST(launch_while_capturing)
{
	void *stream, *graph, *outer, *exec;

	use_ledger();
	stream = begin(CU_CAPTURE_GLOBAL);
	OK(launch(noop, stream, NULL));
	OK(cuStreamEndCapture(stream, &graph));
	OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
	OK(cuStreamBeginCapture_v2(stream, CU_CAPTURE_GLOBAL));
	OK(cuGraphLaunch(exec, stream));
	OK(cuStreamEndCapture(stream, &outer));
	OK(cuGraphInstantiateWithFlags(&exec, outer, 0));
	OK(cuGraphLaunch(exec, stream));
	ck_assert_uint_eq(total_of("graph_launches"), 1);
	ck_assert_uint_eq(total_of("captured_graph_launches"), 1);
	ck_assert_uint_eq(total_of("graph_kernels"), 1);
}
END_TEST

START_TEST(conditional)
{
	struct cu_kernel_node_params kernel;
	struct cu_node_params params = { .type = CU_NODE_CONDITIONAL };
	void *graph, *node, *in_body, *exec;

	use_ledger();
	start();
	kernel = one_thread(function_of("sim:sim_noop", "sim_noop"));
	OK(cuGraphCreate(&graph, 0));
	OK(cuGraphConditionalHandleCreate(&params.conditional.handle, graph, NULL, _i == 0, 1));
	params.conditional.size = 1;
	OK(cuGraphAddNode_v2(&node, graph, NULL, NULL, 0, &params));
	OK(cuGraphAddKernelNode_v2(&in_body, params.conditional.graphs[0], NULL, 0, &kernel));
	OK(cuGraphAddKernelNode_v2(&in_body, params.conditional.graphs[0], NULL, 0, &kernel));
	OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
	OK(cuGraphDestroy(graph));
	OK(cuGraphLaunch(exec, NULL));
	ck_assert_uint_eq(total_of("graph_kernels"), _i == 0 ? 2 : 0);
	OK(cuGraphExecDestroy(exec));
}
END_TEST

TCase *tests_of_graphs(void)
{
	TCase *tests = tcase_create("graphs");

	tcase_add_test(tests, recorded_and_run);
	tcase_add_loop_test(tests, forked_and_joined, 0, 2);
	tcase_add_loop_test(tests, spoiled, 0, 2);
	tcase_add_test(tests, default_stream);
	tcase_add_test(tests, built_by_hand);
	tcase_add_test(tests, parameters_are_kept);
	tcase_add_test(tests, launch_while_capturing);
	tcase_add_loop_test(tests, conditional, 0, 2);
	return tests;
}
