/*
 * graphs: stream capture, child graphs, and graphs that are changed between their launches. CUPTI
 * and this program know what ran; gpuspy has to know it without asking the GPU.
 */
#include "program.h"

extern "C" __global__ void first(int *value)
{
	atomicAdd(value, 1);
}

extern "C" __global__ void second(int *value)
{
	atomicAdd(value, 100);
}

extern "C" __global__ void third(int *value)
{
	atomicAdd(value, 10000);
}

static cudaStream_t stream;
static int *value;
static long long launched, ran_first, ran_second, ran_third;

static void launch_graph(cudaGraphExec_t exec, int times, int n_first, int n_second, int n_third)
{
	for (int i = 0; i < times; i++)
		CHECK(cudaGraphLaunch(exec, stream));
	CHECK(cudaStreamSynchronize(stream));
	launched += times;
	ran_first += times * n_first;
	ran_second += times * n_second;
	ran_third += times * n_third;
}

/* Two kernels, a memset and a copy, recorded: nothing of it runs before the graph does. */
static cudaGraph_t capture(void)
{
	cudaGraph_t graph;

	CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
	first<<<1, 1, 0, stream>>>(value);
	CHECK(cudaGetLastError());
	second<<<1, 1, 0, stream>>>(value);
	CHECK(cudaGetLastError());
	CHECK(cudaMemsetAsync(value + 1, 0, sizeof(int), stream));
	CHECK(cudaMemcpyAsync(value + 2, value, sizeof(int), cudaMemcpyDeviceToDevice, stream));
	CHECK(cudaStreamEndCapture(stream, &graph));
	return graph;
}

static cudaGraphNode_t add_kernel(cudaGraph_t graph, const void *kernel)
{
	cudaKernelNodeParams params = {};
	void *arguments[] = { &value };
	cudaGraphNode_t node;

	params.func = (void *)kernel;
	params.gridDim = dim3(1);
	params.blockDim = dim3(1);
	params.kernelParams = arguments;
	CHECK(cudaGraphAddKernelNode(&node, graph, NULL, 0, &params));
	return node;
}

static cudaGraphExec_t instantiate(cudaGraph_t graph)
{
	cudaGraphExec_t exec;

	CHECK(cudaGraphInstantiateWithFlags(&exec, graph, 0));
	return exec;
}

static void launch_captured(void)
{
	cudaGraph_t graph = capture();
	cudaGraphExec_t exec = instantiate(graph);

	launch_graph(exec, 3, 1, 1, 0);
	CHECK(cudaGraphExecDestroy(exec));
	CHECK(cudaGraphDestroy(graph));
}

/* The captured graph twice in another one, beside a kernel of its own. */
static void launch_children(void)
{
	cudaGraph_t child = capture(), graph;
	cudaGraphNode_t node;
	cudaGraphExec_t exec;

	CHECK(cudaGraphCreate(&graph, 0));
	CHECK(cudaGraphAddChildGraphNode(&node, graph, NULL, 0, child));
	CHECK(cudaGraphAddChildGraphNode(&node, graph, NULL, 0, child));
	add_kernel(graph, (const void *)third);
	exec = instantiate(graph);
	launch_graph(exec, 2, 2, 2, 1);
	CHECK(cudaGraphExecDestroy(exec));
	CHECK(cudaGraphDestroy(graph));
	CHECK(cudaGraphDestroy(child));
}

/* A node gets another kernel, is switched off, and on again. */
static void change_nodes(void)
{
	cudaKernelNodeParams params = {};
	void *arguments[] = { &value };
	cudaGraph_t graph;
	cudaGraphNode_t node;
	cudaGraphExec_t exec;

	CHECK(cudaGraphCreate(&graph, 0));
	node = add_kernel(graph, (const void *)first);
	add_kernel(graph, (const void *)second);
	exec = instantiate(graph);
	launch_graph(exec, 1, 1, 1, 0);
	params.func = (void *)third;
	params.gridDim = dim3(1);
	params.blockDim = dim3(1);
	params.kernelParams = arguments;
	CHECK(cudaGraphExecKernelNodeSetParams(exec, node, &params));
	launch_graph(exec, 2, 0, 1, 1);
	CHECK(cudaGraphNodeSetEnabled(exec, node, 0));
	launch_graph(exec, 2, 0, 1, 0);
	CHECK(cudaGraphNodeSetEnabled(exec, node, 1));
	launch_graph(exec, 1, 0, 1, 1);
	CHECK(cudaGraphExecDestroy(exec));
	CHECK(cudaGraphDestroy(graph));
}

/* An executable graph is brought up to another graph of the same shape. */
static void update_whole(void)
{
	cudaGraph_t graph, other;
	cudaGraphExec_t exec;

	CHECK(cudaGraphCreate(&graph, 0));
	CHECK(cudaGraphCreate(&other, 0));
	add_kernel(graph, (const void *)first);
	add_kernel(other, (const void *)third);
	exec = instantiate(graph);
	launch_graph(exec, 1, 1, 0, 0);
#if CUDART_VERSION >= 12000
	cudaGraphExecUpdateResultInfo info;
	CHECK(cudaGraphExecUpdate(exec, other, &info));
#else
	cudaGraphNode_t wrong;
	cudaGraphExecUpdateResult result;
	CHECK(cudaGraphExecUpdate(exec, other, &wrong, &result));
#endif
	launch_graph(exec, 2, 0, 0, 1);
	CHECK(cudaGraphExecDestroy(exec));
	CHECK(cudaGraphDestroy(graph));
	CHECK(cudaGraphDestroy(other));
}

int main(void)
{
	int sum = 0;

	need_device();
	CHECK(cudaStreamCreate(&stream));
	CHECK(cudaMalloc(&value, 3 * sizeof(int)));
	CHECK(cudaMemset(value, 0, 3 * sizeof(int)));
	launch_captured();
	launch_children();
	change_nodes();
	update_whole();
	CHECK(cudaMemcpy(&sum, value, sizeof(sum), cudaMemcpyDeviceToHost));
	CHECK_TRUE(sum == ran_first + 100 * ran_second + 10000 * ran_third);
	expect("launches", 0);
	expect("captured_launches", 4);
	expect("graph_launches", launched);
	expect("graph_kernels", ran_first + ran_second + ran_third);
	expect("confirmed_kernels", ran_first + ran_second + ran_third);
	expect("kernel.first", ran_first);
	expect("kernel.second", ran_second);
	expect("kernel.third", ran_third);
	expect_word("verdict", "gpu-work");
	return 0;
}
