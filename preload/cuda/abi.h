/* SPDX-License-Identifier: MIT */
/*
 * Facts of the CUDA driver's binary interface, in our own declarations.
 *
 * gpuspy is built on machines without the CUDA toolkit, so nothing here includes cuda.h. The values
 * and layouts were read from cuda.h of CUDA 13.0 and hold for 11.x and 12.x too; where a version
 * differs, the comment says so. tests/sim/check_abi.c compares all of it with cuda.h where one is
 * installed. The names are ours and do not clash with those of cuda.h.
 *
 * All handles (context, stream, function, module, graph, ...) are pointers to what only the driver
 * knows: void * here. A CUdeviceptr is 64 bits, a CUdevice an int.
 */
#ifndef GPUSPY_CUDA_ABI_H
#define GPUSPY_CUDA_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t cu_pointer; /* CUdeviceptr since 3.2 */
typedef int cu_device;       /* CUdevice: an ordinal */

/* CUresult. */
enum cu_status {
	CU_OK = 0,
	CU_ERROR_INVALID_VALUE = 1,
	CU_ERROR_OUT_OF_MEMORY = 2,
	CU_ERROR_NOT_INITIALIZED = 3,
	CU_ERROR_DEINITIALIZED = 4,
	CU_ERROR_STUB_LIBRARY = 34,
	CU_ERROR_NEWER_DRIVER_NEEDED = 36, /* CALL_REQUIRES_NEWER_DRIVER */
	CU_ERROR_DEVICE_UNAVAILABLE = 46,
	CU_ERROR_MULTICAST_RESOURCE_FULL = 47,
	CU_ERROR_NO_DEVICE = 100,
	CU_ERROR_INVALID_DEVICE = 101,
	CU_ERROR_DEVICE_NOT_LICENSED = 102,
	CU_ERROR_INVALID_IMAGE = 200,
	CU_ERROR_INVALID_CONTEXT = 201,
	CU_ERROR_MAP_FAILED = 205,
	CU_ERROR_UNMAP_FAILED = 206,
	CU_ERROR_ALREADY_MAPPED = 208,
	CU_ERROR_NO_BINARY_FOR_GPU = 209,
	CU_ERROR_NOT_MAPPED = 211,
	CU_ERROR_ECC_UNCORRECTABLE = 214,
	CU_ERROR_UNSUPPORTED_LIMIT = 215,
	CU_ERROR_CONTEXT_IN_USE = 216,
	CU_ERROR_PEER_ACCESS_UNSUPPORTED = 217,
	CU_ERROR_INVALID_PTX = 218,
	CU_ERROR_NVLINK_UNCORRECTABLE = 220,
	CU_ERROR_JIT_COMPILER_NOT_FOUND = 221,
	CU_ERROR_UNSUPPORTED_PTX_VERSION = 222,
	CU_ERROR_JIT_COMPILATION_DISABLED = 223,
	CU_ERROR_CONTAINED = 226,
	CU_ERROR_INSUFFICIENT_LOADER_VERSION = 227,
	CU_ERROR_INVALID_SOURCE = 300,
	CU_ERROR_FILE_NOT_FOUND = 301,
	CU_ERROR_SHARED_OBJECT_INIT_FAILED = 303,
	CU_ERROR_OPERATING_SYSTEM = 304,
	CU_ERROR_INVALID_HANDLE = 400,
	CU_ERROR_ILLEGAL_STATE = 401,
	CU_ERROR_NOT_FOUND = 500,
	CU_ERROR_NOT_READY = 600,
	CU_ERROR_ILLEGAL_ADDRESS = 700,
	CU_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
	CU_ERROR_LAUNCH_TIMEOUT = 702,
	CU_ERROR_PEER_ACCESS_ALREADY_ENABLED = 704,
	CU_ERROR_PEER_ACCESS_NOT_ENABLED = 705,
	CU_ERROR_PRIMARY_CONTEXT_ACTIVE = 708,
	CU_ERROR_CONTEXT_IS_DESTROYED = 709,
	CU_ERROR_ASSERT = 710,
	CU_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712,
	CU_ERROR_HOST_MEMORY_NOT_REGISTERED = 713,
	CU_ERROR_HARDWARE_STACK = 714,
	CU_ERROR_ILLEGAL_INSTRUCTION = 715,
	CU_ERROR_MISALIGNED_ADDRESS = 716,
	CU_ERROR_INVALID_ADDRESS_SPACE = 717,
	CU_ERROR_INVALID_PC = 718,
	CU_ERROR_LAUNCH_FAILED = 719,
	CU_ERROR_COOPERATIVE_TOO_LARGE = 720,
	CU_ERROR_TENSOR_MEMORY_LEAK = 721,
	CU_ERROR_NOT_PERMITTED = 800,
	CU_ERROR_NOT_SUPPORTED = 801,
	CU_ERROR_SYSTEM_NOT_READY = 802,
	CU_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
	CU_ERROR_COMPAT_NOT_SUPPORTED = 804, /* COMPAT_NOT_SUPPORTED_ON_DEVICE */
	CU_ERROR_MPS_CONNECTION_FAILED = 805,
	CU_ERROR_MPS_RPC_FAILURE = 806,
	CU_ERROR_MPS_SERVER_NOT_READY = 807,
	CU_ERROR_MPS_MAX_CLIENTS = 808,
	CU_ERROR_MPS_MAX_CONNECTIONS = 809,
	CU_ERROR_MPS_CLIENT_TERMINATED = 810,
	CU_ERROR_CAPTURE_UNSUPPORTED = 900,
	CU_ERROR_CAPTURE_INVALIDATED = 901,
	CU_ERROR_CAPTURE_MERGE = 902,
	CU_ERROR_CAPTURE_UNMATCHED = 903,
	CU_ERROR_CAPTURE_UNJOINED = 904,
	CU_ERROR_CAPTURE_ISOLATION = 905,
	CU_ERROR_CAPTURE_IMPLICIT = 906,
	CU_ERROR_CAPTURED_EVENT = 907,
	CU_ERROR_CAPTURE_WRONG_THREAD = 908,
	CU_ERROR_TIMEOUT = 909,
	CU_ERROR_GRAPH_EXEC_UPDATE_FAILURE = 910,
	CU_ERROR_EXTERNAL_DEVICE = 911,
	CU_ERROR_INVALID_CLUSTER_SIZE = 912,
	CU_ERROR_FUNCTION_NOT_LOADED = 913,
	CU_ERROR_INVALID_RESOURCE_TYPE = 914,
	CU_ERROR_INVALID_RESOURCE_CONFIGURATION = 915,
	CU_ERROR_STREAM_DETACHED = 917,
	CU_ERROR_GRAPH_RECAPTURE_FAILURE = 918,
	CU_ERROR_FABRIC_NOT_READY = 919,
	CU_ERROR_UNKNOWN = 999,
};

/* Stream handles that are no pointers. Handle 0 is the default stream: the legacy one, or this
 * thread's in the _ptsz and _ptds entry points. */
#define CU_STREAM_HANDLE_LEGACY     ((void *)0x1)
#define CU_STREAM_HANDLE_PER_THREAD ((void *)0x2)
#define CU_STREAM_NON_BLOCKING      1u

/* cuGetProcAddress: flags, and what _v2 says through its last argument. */
enum cu_lookup_flags {
	CU_LOOKUP_DEFAULT = 0,
	CU_LOOKUP_LEGACY_STREAM = 1,
	CU_LOOKUP_PER_THREAD_STREAM = 2,
};
enum cu_lookup_result {
	CU_LOOKUP_FOUND = 0,
	CU_LOOKUP_NOT_FOUND = 1,
	CU_LOOKUP_VERSION_NOT_SUFFICIENT = 2,
};

/* The end, buffer and size marks in a launch's `extra` array. */
#define CU_EXTRA_END    ((void *)0x0)
#define CU_EXTRA_BUFFER ((void *)0x1)
#define CU_EXTRA_SIZE   ((void *)0x2)

enum cu_memory_type { /* CUmemorytype */
	CU_MEMORY_HOST = 1,
	CU_MEMORY_DEVICE = 2,
	CU_MEMORY_ARRAY = 3,
	CU_MEMORY_UNIFIED = 4,
};

enum cu_pointer_attribute {
	CU_POINTER_CONTEXT = 1,
	CU_POINTER_MEMORY_TYPE = 2,
	CU_POINTER_DEVICE_POINTER = 3,
	CU_POINTER_HOST_POINTER = 4,
	CU_POINTER_SYNC_MEMOPS = 6,
	CU_POINTER_BUFFER_ID = 7,
	CU_POINTER_IS_MANAGED = 8,
	CU_POINTER_DEVICE_ORDINAL = 9,
	CU_POINTER_RANGE_START = 11,
	CU_POINTER_RANGE_SIZE = 12,
	CU_POINTER_MAPPED = 13,
	CU_POINTER_MEMPOOL = 17,
};

enum cu_capture_mode { CU_CAPTURE_GLOBAL = 0, CU_CAPTURE_THREAD_LOCAL = 1, CU_CAPTURE_RELAXED = 2 };
enum cu_capture_status {
	CU_CAPTURE_NONE = 0,
	CU_CAPTURE_ACTIVE = 1,
	CU_CAPTURE_INVALIDATED = 2,
};

enum cu_node_type { /* CUgraphNodeType */
	CU_NODE_KERNEL = 0,
	CU_NODE_MEMCPY = 1,
	CU_NODE_MEMSET = 2,
	CU_NODE_HOST = 3,
	CU_NODE_GRAPH = 4,
	CU_NODE_EMPTY = 5,
	CU_NODE_WAIT_EVENT = 6,
	CU_NODE_EVENT_RECORD = 7,
	CU_NODE_SEMAPHORES_SIGNAL = 8,
	CU_NODE_SEMAPHORES_WAIT = 9,
	CU_NODE_MEM_ALLOC = 10,
	CU_NODE_MEM_FREE = 11,
	CU_NODE_BATCH_MEM_OP = 12,
	CU_NODE_CONDITIONAL = 13,
	CU_NODE_MEMCPY_BATCH = 14,
	/* 16 is reserved */
	CU_NODE_EXTERNAL_ENGINE = 17,
	CU_NODE_FABRIC_BATCH = 18,
};

enum cu_location_type { /* CUmemLocationType */
	CU_LOCATION_NONE = 0,
	CU_LOCATION_DEVICE = 1,
	CU_LOCATION_HOST = 2,
	CU_LOCATION_HOST_NUMA = 3,
	CU_LOCATION_HOST_NUMA_CURRENT = 4,
	CU_LOCATION_INVISIBLE = 5,
	CU_LOCATION_LOCALITY_DOMAIN = 6, /* of a device: `id` is two bytes, device and domain */
};

enum cu_allocation_type { /* CUmemAllocationType */
	CU_ALLOCATION_PINNED = 1,
	CU_ALLOCATION_MANAGED = 2, /* since 13.0 */
};

struct cu_uuid { /* CUuuid */
	unsigned char bytes[16];
};

struct cu_launch_config { /* CUlaunchConfig: cuLaunchKernelEx */
	unsigned grid[3], block[3];
	unsigned shared_bytes;
	void *stream;
	void *attributes;
	unsigned attribute_count;
};

/* CUlaunchAttribute: an id, padding to 8 bytes, a value of 64 bytes. */
enum cu_launch_attribute_id {
	CU_LAUNCH_ACCESS_POLICY_WINDOW = 1,
	CU_LAUNCH_COOPERATIVE = 2,
	CU_LAUNCH_PROGRAMMATIC_EVENT = 7,
	CU_LAUNCH_COMPLETION_EVENT = 12,
	CU_LAUNCH_DEVICE_UPDATABLE_NODE = 13,
	CU_LAUNCH_PORTABLE_CLUSTER_SIZE_MODE = 17, /* since 13.2 */
	CU_LAUNCH_SHARED_MEMORY_MODE = 18,         /* since 13.2 */
	CU_LAUNCH_ATTRIBUTE_LAST = CU_LAUNCH_SHARED_MEMORY_MODE,
};

struct cu_launch_attribute {
	int id;
	char padding[4];
	union {
		char bytes[64];
		int number;
		struct {
			void *event;
			int flags;
		} event; /* of both events */
		struct {
			int updatable;
			void *node; /* out */
		} device_node;
	};
};

struct cu_launch_params { /* CUDA_LAUNCH_PARAMS: cuLaunchCooperativeKernelMultiDevice, an array */
	void *function;
	unsigned grid[3], block[3];
	unsigned shared_bytes;
	void *stream;
	void **params;
};

/* CUDA_KERNEL_NODE_PARAMS: the first ten fields are v1 (cuGraphAddKernelNode and its like before
 * 12.0); v2 (the _v2 entry points) and v3 (in cu_node_params) have all twelve. */
struct cu_kernel_node_params {
	void *function; /* NULL in v2 and v3 when `kernel` is meant */
	unsigned grid[3], block[3];
	unsigned shared_bytes;
	void **params;
	void **extra;
	void *kernel;  /* v2 and v3 */
	void *context; /* v2 and v3 */
};
#define CU_GRAPH_DEVICE_LAUNCH        4 /* CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH */
#define CU_KERNEL_NODE_PARAMS_V1_SIZE offsetof(struct cu_kernel_node_params, kernel)

struct cu_memset_node_params { /* CUDA_MEMSET_NODE_PARAMS; `context` only in v2 */
	cu_pointer to;
	size_t pitch;
	unsigned value;
	unsigned element_size;
	size_t width, height; /* width in elements */
	void *context;
};
#define CU_MEMSET_NODE_PARAMS_V1_SIZE offsetof(struct cu_memset_node_params, context)

struct cu_host_node_params { /* CUDA_HOST_NODE_PARAMS, v1 and v2 */
	void (*function)(void *data);
	void *data;
};

/* One side of the descriptors of 2D and 3D copies. */
struct cu_copy_side_2d {
	size_t x, y; /* x in bytes */
	unsigned memory_type;
	void *host;
	cu_pointer device;
	void *array;
	size_t pitch;
};

struct cu_copy_2d { /* CUDA_MEMCPY2D_v2 */
	struct cu_copy_side_2d from, to;
	size_t width, height; /* width in bytes */
};

struct cu_copy_side_3d {
	size_t x, y, z, level; /* x in bytes */
	unsigned memory_type;
	void *host;
	cu_pointer device;
	void *array;
	void *context; /* of CUDA_MEMCPY3D_PEER; reserved, NULL, in CUDA_MEMCPY3D_v2 */
	size_t pitch, height;
};

struct cu_copy_3d { /* CUDA_MEMCPY3D_v2 and CUDA_MEMCPY3D_PEER */
	struct cu_copy_side_3d from, to;
	size_t width, height, depth; /* width in bytes */
};

struct cu_memcpy_node_params { /* CUDA_MEMCPY_NODE_PARAMS */
	int flags, reserved;
	void *context;
	struct cu_copy_3d copy;
};

struct cu_location { /* CUmemLocation; by value in cuMemAdvise_v2 and cuMemPrefetchAsync_v2 */
	int type;    /* enum cu_location_type */
	int id;
};

/*
 * Batches (the _ptsz twins take the same):
 *   cuMemcpyBatchAsync     12.8: (to[], from[], sizes[], count, attributes[], attribute_indices[],
 *                          attribute_count, size_t *fail_index, stream)
 *   cuMemcpyBatchAsync_v2  13.0: the same without fail_index
 *   cuMemcpy3DBatchAsync   12.8: (count, operations[], size_t *fail_index, u64 flags, stream)
 *   cuMemcpy3DBatchAsync_v2 13.0: the same without fail_index
 */
struct cu_copy_attributes { /* CUmemcpyAttributes */
	int source_order;
	struct cu_location from_hint, to_hint;
	unsigned flags;
};

enum cu_operand_type { CU_OPERAND_POINTER = 1, CU_OPERAND_ARRAY = 2 };

struct cu_copy_operand { /* CUmemcpy3DOperand */
	int type;
	union {
		struct {
			cu_pointer address;
			size_t row_length, layer_height; /* in elements; 0: tight */
			struct cu_location hint;
		} pointer;
		struct {
			void *array;
			size_t offset[3];
		} array;
	};
};

struct cu_copy_3d_operation { /* CUDA_MEMCPY3D_BATCH_OP */
	struct cu_copy_operand from, to;
	size_t width, height, depth; /* in bytes between pointers, in elements with an array */
	int source_order;
	unsigned flags;
};

/*
 * Copies with attributes, since 13.2 (the _ptsz twins take the same):
 *   cuMemcpyWithAttributesAsync    (to, from, bytes, attributes *, stream)
 *   cuMemcpy3DWithAttributesAsync  (operation *, u64 flags, stream)
 * and over a fabric, since 13.5:
 *   cuFabricCpyBatchAsync          (count, operations[], u64 flags, stream)
 */
enum cu_fabric_type { CU_FABRIC_POINTER = 1, CU_FABRIC_ENDPOINT = 2 };

struct cu_fabric_operand { /* CUfabricCpyOperand */
	int type;          /* enum cu_fabric_type */
	union {
		struct {
			cu_pointer address;
			struct cu_location hint;
		} pointer;
		struct {
			uint32_t id;
			uint64_t offset;
		} endpoint;
	};
};

struct cu_fabric_operation { /* CUDA_FABRIC_COPY_BATCH_OP */
	struct cu_fabric_operand from, to;
	size_t bytes;
	unsigned flags;
};

struct cu_array_2d {          /* CUDA_ARRAY_DESCRIPTOR_v2 */
	size_t width, height; /* in elements; a 0 counts as 1 */
	unsigned format;      /* enum cu_array_format */
	unsigned channels;
};

struct cu_array_3d { /* CUDA_ARRAY3D_DESCRIPTOR_v2 */
	size_t width, height, depth;
	unsigned format;
	unsigned channels;
	unsigned flags;
};

enum cu_array_format { /* CUarray_format: the plain ones, with the bytes of a channel beside */
	CU_FORMAT_UINT8 = 0x01,  /* 1 */
	CU_FORMAT_UINT16 = 0x02, /* 2 */
	CU_FORMAT_UINT32 = 0x03, /* 4 */
	CU_FORMAT_INT8 = 0x08,   /* 1 */
	CU_FORMAT_INT16 = 0x09,  /* 2 */
	CU_FORMAT_INT32 = 0x0a,  /* 4 */
	CU_FORMAT_HALF = 0x10,   /* 2 */
	CU_FORMAT_FLOAT = 0x20,  /* 4 */
	/* UNORM_INT8X1, X2, X4, UNORM_INT16X1, X2, X4, and the same SNORM. */
	CU_FORMAT_NORMALISED_FIRST = 0xc0,
	CU_FORMAT_NORMALISED_LAST = 0xcb,
};

struct cu_allocation_properties { /* CUmemAllocationProp: cuMemCreate */
	int type;                 /* enum cu_allocation_type */
	int handle_types;
	struct cu_location location;
	void *win32;
	struct {
		unsigned char compression, rdma;
		unsigned short usage;
		unsigned char reserved[4];
	} flags;
};

struct cu_access { /* CUmemAccessDesc */
	struct cu_location location;
	int flags; /* 1: read, 3: read and write */
};

struct cu_pool_properties { /* CUmemPoolProps */
	int type;           /* enum cu_allocation_type */
	int handle_types;
	struct cu_location location;
	void *win32;
	size_t max_size;
	unsigned short usage;
	unsigned char reserved[54];
};

struct cu_alloc_node_params { /* CUDA_MEM_ALLOC_NODE_PARAMS */
	struct cu_pool_properties pool;
	const struct cu_access *access;
	size_t access_count;
	size_t bytes;
	cu_pointer address; /* out */
};

struct cu_child_graph_params { /* CUDA_CHILD_GRAPH_NODE_PARAMS; `ownership` since 12.9 */
	void *graph;
	int ownership;
};

struct cu_conditional_params { /* CUDA_CONDITIONAL_NODE_PARAMS */
	uint64_t handle;
	int type;
	unsigned size;
	void **graphs; /* out */
	void *context;
};

struct cu_batch_params { /* CUDA_MEMCPY_BATCH_NODE_PARAMS */
	size_t count;
	cu_pointer *to, *from;
	size_t *sizes;
	struct cu_copy_attributes *attributes;
	size_t *indices;
	size_t attribute_count;
	void *context;
};

struct cu_fabric_params { /* CUDA_FABRIC_CPY_BATCH_NODE_PARAMS */
	size_t count;
	struct cu_fabric_operation *operations;
	unsigned long long flags;
	void *context;
};

struct cu_node_params { /* CUgraphNodeParams: cuGraphAddNode, 256 bytes */
	int type;       /* enum cu_node_type */
	int reserved0[3];
	union {
		int64_t reserved1[29];
		struct cu_kernel_node_params kernel;
		struct cu_memcpy_node_params copy;
		struct cu_memset_node_params set;
		struct cu_host_node_params host;
		struct cu_child_graph_params child;
		void *event; /* of event record and wait nodes */
		struct cu_alloc_node_params alloc;
		cu_pointer free;
		struct cu_conditional_params conditional;
		struct cu_batch_params batch;   /* since 13.4 */
		struct cu_fabric_params fabric; /* since 13.5 */
	};
	int64_t reserved2;
};

/* cuStreamBeginCaptureToCig(stream, cu_cig_capture *): the work goes to a graphics API, since 13.1.
 */
enum cu_cig_type { CU_CIG_D3D12_LIST = 1, CU_CIG_VULKAN_BUFFER = 2 };

struct cu_cig {   /* CUstreamCigParam */
	int type; /* enum cu_cig_type */
	void *data;
};

struct cu_cig_capture { /* CUstreamCigCaptureParams */
	struct cu_cig *cig;
};

/* What cuStreamBeginRecaptureToGraph's callback is told of a node whose parameters differ. */
enum cu_recapture_status { CU_RECAPTURE_UPDATABLE, CU_RECAPTURE_NOT_UPDATABLE, CU_RECAPTURE_ERROR };

struct cu_edge { /* CUgraphEdgeData */
	unsigned char from_port, to_port, type, reserved[5];
};

struct cu_instantiate_params { /* CUDA_GRAPH_INSTANTIATE_PARAMS */
	uint64_t flags;
	void *upload_stream;
	void *error_node; /* out */
	int result;       /* out */
};

struct cu_update_result { /* CUgraphExecUpdateResultInfo: cuGraphExecUpdate_v2 */
	int result;
	void *error_node, *error_from;
};

struct cu_ipc_handle { /* CUipcMemHandle, CUipcEventHandle: passed by value */
	char bytes[64];
};

#endif
