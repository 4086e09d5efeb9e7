/* SPDX-License-Identifier: MIT */
/*
 * The layout of a segment: the file in which one process image keeps its counts.
 *
 * This header is the only place that knows the layout. Two halves share it: libgpuspy.so, the only
 * writer, and everything that reads (the report at the end, gpuspy, gpuspy-top). A reader trusts
 * nothing in a segment: segment/pieces.c checks every figure used as an index, offset or length.
 *
 * One file for each process image (an exec starts another), mode 0600:
 *
 *     GPUSPY_DIR/SESSION/PID-START-N.seg     START: field 22 of /proc/PID/stat, in clock ticks
 *                                            N: 0, 1, ... for the images of one process
 *
 *     header | devices | libraries | rows | strings | block 0 | block 1 | ...
 *
 * A row says what is counted, a slot is a pair of counters, and a block is an array with one slot
 * for each row. Every thread that calls has a block of its own; when it ends, the next new thread
 * goes on with the same block, so a count never moves. The figure of row r is the sum of slot r
 * over all blocks. All offsets are from the start of the file, all sizes are in bytes, times are in
 * nanoseconds, integers are in the machine's own byte order.
 *
 * The file is sparse: what is not yet used is a hole. A reader looks at no more than `rows` rows,
 * `blocks` blocks and so on; those counts are stored (release) after what they cover is in place.
 */
#ifndef GPUSPY_SEGMENT_LAYOUT_H
#define GPUSPY_SEGMENT_LAYOUT_H

#include <stdint.h>

#include "gaps.h"
#include "job.h"

#define SEGMENT_MAGIC   "GPUSPYSG"
#define SEGMENT_VERSION 3u

enum {
	SEGMENT_DEVICES_MAX = 32,
	SEGMENT_LIBRARIES_MAX = 256,
	SEGMENT_ROWS_MAX = 8192,
	SEGMENT_STRINGS_SIZE = 1 << 20,
	SEGMENT_BLOCKS_MAX = 4096,
	SEGMENT_STRING_MAX = 1024, /* longer names are cut; with the terminating 0 */
};

enum segment_layer {
	LAYER_DRIVER,
	LAYER_RUNTIME,
	LAYER_CUDNN,
	LAYER_CUBLAS,
	LAYER_CUFFT,
	LAYER_CURAND,
	LAYER_CUSOLVER,
	LAYER_CUSPARSE,
	LAYER_NCCL,
	LAYER_CUTENSOR,
	LAYER_TENSORRT,
	LAYERS,
};

enum segment_row_kind {
	ROW_UNUSED,
	ROW_FUNCTION, /* slot: calls, errors */
	ROW_KERNEL,   /* slot: launches, launches captured (recorded, not run) */
	/* For each context, eight rows in this order. */
	ROW_LAUNCHES,       /* slot: launches, captured launches; row: confirmed, abandoned */
	ROW_GRAPHS,         /* slot: graph launches, graph kernels */
	ROW_HOST_TO_DEVICE, /* this and the rest: calls, bytes */
	ROW_DEVICE_TO_HOST,
	ROW_DEVICE_TO_DEVICE,
	ROW_PEER,
	ROW_UNIFIED,
	ROW_MEMSET,
	ROW_KINDS,
	CONTEXT_ROWS = ROW_MEMSET - ROW_LAUNCHES + 1,
	COPY_KINDS = ROW_MEMSET - ROW_HOST_TO_DEVICE + 1,
};

struct segment_row {
	uint8_t kind;       /* enum segment_row_kind */
	uint8_t layer;      /* enum segment_layer, of a function */
	int16_t device;     /* ordinal as the program sees it (CUDA_VISIBLE_DEVICES), -1: unknown */
	uint32_t name;      /* string: function or kernel, raw */
	uint32_t library;   /* string: file name of the library, of a function */
	int32_t last_error; /* of a function: the last status that was not success; 0: none */
	/* of a driver function: calls that gpuspy made for itself, not the program */
	uint64_t own_calls;
	uint64_t confirmed; /* of ROW_LAUNCHES: kernels (graph kernels too) seen finished */
	/* of ROW_LAUNCHES: kernels whose context ended before they were confirmed */
	uint64_t abandoned;
	uint64_t reserved[3];
};

/* Two counters. What they count is said by the kind of the row. */
struct segment_slot {
	union {
		uint64_t first;
		uint64_t calls;    /* of functions, copies and memsets */
		uint64_t launches; /* of kernels and of graphs */
	};
	union {
		uint64_t second;
		uint64_t errors;   /* of functions */
		uint64_t bytes;    /* of copies and memsets */
		uint64_t captured; /* launches that were recorded and not run */
		uint64_t kernels;  /* that graphs ran */
	};
};

struct segment_memory { /* device memory, or pinned host memory; shared by the threads, atomic */
	uint64_t allocations, frees;     /* calls that succeeded */
	uint64_t allocated_bytes;        /* all that was ever allocated */
	uint64_t live_bytes, peak_bytes; /* not yet freed; the most that ever was */
};

struct segment_device {
	uint8_t uuid[16];
	uint8_t has_uuid, has_name, reserved[6];
	uint64_t total_bytes; /* 0: unknown */
	struct segment_memory memory;
	char name[96]; /* as cuDeviceGetName gives it */
	uint64_t padding[11];
};

/* A library of NVIDIA's that the process asked the loader for, or that was loaded. */
struct segment_library {
	uint32_t name; /* string: as asked for, or its file name */
	/* string: where it was loaded from, or lies without being loaded; 0: not known */
	uint32_t path;
	uint32_t error; /* string: the loader's words; 0: none known */
	uint32_t asker; /* string: path, or file name, of the object whose code asked; 0: unknown */
	uint32_t asked; /* times asked for by dlopen, or needed by what could not be loaded */
	uint32_t loaded;  /* 1: seen loaded */
	uint32_t layer;   /* enum segment_layer, LAYERS for NVIDIA's other libraries */
	uint32_t version; /* as the library itself says, 0: unknown */
};

/* The kernel's side of the driver, as this process could see it. */
enum segment_access {
	ACCESS_KNOWN = 1,   /* somebody looked */
	ACCESS_DRIVER = 2,  /* the kernel has NVIDIA's driver */
	ACCESS_CONTROL = 4, /* /dev/nvidiactl is there */
	ACCESS_CONTROL_OPENS = 8,
	ACCESS_DEVICE = 16, /* a /dev/nvidiaN is there */
	ACCESS_DEVICE_OPENS = 32,
	ACCESS_CONTAINER = 64,  /* in a container */
	ACCESS_OTHER = 128,     /* WSL or Jetson: the GPU is reached by other files */
	ACCESS_MIG_EMPTY = 256, /* all GPUs are in MIG mode, and none has an instance */
};

/* Has a framework's build code for GPUs? */
enum segment_build { BUILD_UNKNOWN, BUILD_CPU, BUILD_GPU };

/* Where a process runs, segment/alive.h; zeros: unknown. */
struct segment_place {
	uint8_t boot[16];       /* of the machine, random(4) */
	uint64_t pid_namespace; /* pid_namespaces(7) */
	char host[72];          /* uname(2), ended by zeros */
};

enum segment_state { STATE_RUNNING, STATE_EXITED };

/* Other ways to use a GPU than those that are counted, by the libraries that are loaded. */
enum segment_interface {
	INTERFACE_OPENCL = 1, /* with an ICD for GPUs */
	INTERFACE_VULKAN = 2, /* the loader; it is at work when an ICD for GPUs is there too */
	INTERFACE_VULKAN_ICD = 4,
	INTERFACE_VIDEO = 8, /* NVENC, NVDEC */
	INTERFACE_OPTIX = 16,
	INTERFACE_ROCM = 32,
	INTERFACE_LEVEL_ZERO = 64,
	INTERFACE_NVML = 128,     /* opens device files, and computes nothing */
	INTERFACE_GRAPHICS = 256, /* NVIDIA's OpenGL: it opens device files to draw */
};

/* Device files that were open or mapped. */
enum segment_seen_file {
	FILE_CONTROL = 1,     /* /dev/nvidiactl */
	FILE_DEVICE = 2,      /* /dev/nvidiaN */
	FILE_UVM = 4,         /* /dev/nvidia-uvm: CUDA alone opens it */
	FILE_OTHER = 8,       /* other files of NVIDIA's in /dev */
	FILE_WSL = 16,        /* /dev/dxg */
	FILE_TEGRA = 32,      /* /dev/nvhost-*, /dev/nvgpu*, /dev/nvmap */
	FILE_KFD = 64,        /* /dev/kfd, AMD's */
	FILE_SIMULATED = 128, /* the simulated driver's */
	FILE_OPENED = 256,    /* by the program itself, without a library of the GPU's */
};

enum segment_looked {
	LOOKED_AT_LIBRARIES = 1, /* the loader's list; it needs no system call */
	LOOKED_AT_KERNEL = 2,    /* /proc/self/maps and /proc/self/fd */
	LOOKED_AT_DRIVER = 4,    /* the driver was asked for its primary contexts */
	LOOKED_AT_ANY = LOOKED_AT_LIBRARIES | LOOKED_AT_KERNEL | LOOKED_AT_DRIVER,
	LOOK_IS_OWED = 8, /* dlmopen was called: what it brought only a look can tell */
};

enum segment_fold {
	FOLD_SUM = 0,      /* whoever comes, into a sum alone */
	FOLD_ANYBODY = -1, /* the session has another owner: also into a number */
};

/* The second witness: what the process looked like at its end, when no kernel had been counted. */
struct segment_witness {
	uint32_t looked;         /* enum segment_looked, 0: it was not asked, or could not look */
	uint32_t interfaces;     /* enum segment_interface, since the start */
	uint32_t files;          /* enum segment_seen_file */
	uint32_t drivers;        /* libcuda's, mapped for running */
	uint32_t drivers_hidden; /* of these, such as the loader's list of this namespace has not */
	uint32_t contexts;       /* devices whose primary context was active */
};

/* Came by fork from a process that was counted, or not; and that one had initialised the driver. */
enum segment_forked { NOT_FORKED, FORKED_BEFORE_INIT, FORKED_AFTER_INIT };

struct segment_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t device_size, library_size, row_size, slot_size;
	uint64_t devices_offset, libraries_offset, rows_offset, strings_offset, blocks_offset;
	uint64_t block_stride;

	/* The process image. */
	int32_t pid, parent; /* in the process's own pid namespace */
	uint32_t uid;
	uint32_t image;       /* N of the file's name */
	uint64_t start_ticks; /* field 22 of /proc/PID/stat */
	uint64_t started_ns;  /* CLOCK_REALTIME when counting began */
	uint64_t ended_ns;    /* CLOCK_REALTIME at the end, 0: unknown */
	uint32_t command;     /* string: arguments joined by spaces, cut */
	uint32_t program;     /* string: path of the executable */
	uint32_t forked;      /* enum segment_forked */
	uint32_t state;       /* enum segment_state */
	int32_t exit_status;  /* when STATE_EXITED; -1: unknown */
	uint32_t nvidia_code; /* 1: some library of NVIDIA's was loaded or asked for */

	/* Counts of what is in place (stored with release). */
	uint32_t devices, libraries, rows, strings_size, blocks;
	uint32_t block_slots; /* slots of each block that are in place */

	/* The driver. */
	uint32_t init_calls;     /* cuInit calls that returned */
	int32_t init_status;     /* of the last cuInit; meaningless with init_calls 0 */
	uint32_t init_ok;        /* 1: some cuInit succeeded */
	int32_t device_count;    /* as the driver says, -1: unknown */
	uint32_t driver_version; /* cuDriverGetVersion, e.g. 13000; 0: unknown */
	uint32_t driver_path;    /* string: where libcuda was loaded from */
	uint32_t simulated;      /* 1: the driver says that it is a simulated one */
	uint32_t stub;           /* 1: it imports nothing, so it can do nothing */
	/*
	 * 1: CUDA_VISIBLE_DEVICES was set when counting began, or when the driver was
	 * initialised; 2: by the program itself
	 */
	uint32_t visible_set;
	uint32_t visible;      /* string: its value */
	int32_t runtime_error; /* first error of a runtime function, 0: none */
	int32_t fault_status;  /* first device fault (sticky error), 0: none */
	uint32_t fault_name;   /* string: the function that returned it */
	uint64_t faults;       /* calls that returned a device fault */

	struct segment_memory memory;    /* device memory, all devices together */
	struct segment_memory host;      /* pinned host memory */
	uint64_t gaps[SEGMENT_GAPS_MAX]; /* by enum gap */
	struct segment_witness witness;
	/*
	 * Who may make a number or a sum of it when it has ended: enum segment_fold, or forked
	 * children of that process, and it itself, for it looks for their records.
	 */
	int32_t fold_by;
	uint32_t run; /* a number of the page of `gpuspy run`, 0: none: who may do it */
	/*
	 * By dlopen: tenths of a second after the process began, at least 1; 0: from the start. And
	 * what local time was ahead of UTC then, in seconds.
	 */
	uint32_t attached_tenths;
	int32_t attached_offset;

	/* What helps to say why not. */
	uint32_t access;          /* enum segment_access, as it was when something failed */
	uint32_t framework;       /* string: path of a framework's library that was loaded */
	uint32_t build;           /* enum segment_build, of the framework */
	uint32_t missing_entry;   /* string: the first entry that the driver has not */
	uint64_t missing_entries; /* look-ups of such entries */
	uint32_t asked_version;   /* the newest version asked for by cuGetProcAddress, 0: none */

	struct segment_place place;
	/*
	 * CLOCK_MONOTONIC, for durations: the other clock may be set. 0: unknown. From the start of
	 * the process; where this library was loaded late, from then.
	 */
	struct segment_times {
		uint64_t started_ns, ended_ns;
		uint64_t first_kernel_ns; /* when the first launch had returned */
	} monotonic;

	struct segment_job job;
};

/*
 * Where the parts stand: the same in every segment of this version, on every machine. Parts that
 * are mapped or replaced by themselves begin at a page of any size that Linux has (64 KiB on some).
 */
#define SEGMENT_PAGE             65536ull
#define SEGMENT_DEVICES_OFFSET   4096ull
#define SEGMENT_LIBRARIES_OFFSET (SEGMENT_DEVICES_OFFSET + SEGMENT_DEVICES_MAX * 256ull)
#define SEGMENT_LIBRARIES_END    (SEGMENT_LIBRARIES_OFFSET + SEGMENT_LIBRARIES_MAX * 32ull)
#define SEGMENT_ROWS_OFFSET      SEGMENT_PAGE
#define SEGMENT_STRINGS_OFFSET   (SEGMENT_ROWS_OFFSET + SEGMENT_ROWS_MAX * 64ull)
#define SEGMENT_BLOCKS_OFFSET    (SEGMENT_STRINGS_OFFSET + SEGMENT_STRINGS_SIZE)
#define SEGMENT_BLOCK_STRIDE     (SEGMENT_ROWS_MAX * 16ull)

_Static_assert(sizeof(struct segment_row) == 64, "rows are one cache line");
_Static_assert(sizeof(struct segment_slot) == 16, "");
_Static_assert(sizeof(struct segment_device) == 256, "");
_Static_assert(sizeof(struct segment_library) == 32, "");
_Static_assert(
	sizeof(struct segment_header) == 1080, "SEGMENT_VERSION is a new one with each change");
_Static_assert(sizeof(struct segment_header) <= SEGMENT_DEVICES_OFFSET, "");
_Static_assert(SEGMENT_LIBRARIES_END <= SEGMENT_ROWS_OFFSET, "");
_Static_assert(SEGMENT_STRINGS_OFFSET % SEGMENT_PAGE == 0, "");
_Static_assert(SEGMENT_BLOCKS_OFFSET % SEGMENT_PAGE == 0, "");
_Static_assert(SEGMENT_BLOCK_STRIDE % SEGMENT_PAGE == 0, "");

#endif
