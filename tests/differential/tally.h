/* SPDX-License-Identifier: MIT */
/*
 * What a random program knows that it did: the third account, beside gpuspy's and the ledger's.
 * It is in memory that all processes of the program share.
 */
#ifndef DIFFERENTIAL_TALLY_H
#define DIFFERENTIAL_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "driver.h"
#include "layers.h"

/* The names are those of the ledger's totals. */
#define TALLY_TOTALS(X)                                            \
	X(LAUNCHES, "launches")                                    \
	X(CAPTURED_LAUNCHES, "captured_launches")                  \
	X(GRAPH_LAUNCHES, "graph_launches")                        \
	X(GRAPH_KERNELS, "graph_kernels")                          \
	X(CONFIRMED, "confirmed_kernels")                          \
	X(ALLOCATIONS, "allocations")                              \
	X(FREES, "frees")                                          \
	X(ALLOCATED_BYTES, "allocated_bytes")                      \
	X(LIVE_BYTES, "live_bytes")                                \
	X(PEAK_BYTES, "peak_bytes")                                \
	X(HOST_ALLOCATIONS, "host_allocations")                    \
	X(HOST_FREES, "host_frees")                                \
	X(HOST_LIVE_BYTES, "host_live_bytes")                      \
	X(HOST_PEAK_BYTES, "host_peak_bytes")                      \
	X(REGISTERED, "registered")                                \
	X(UNREGISTERED, "unregistered")                            \
	X(REGISTERED_BYTES, "registered_live_bytes")               \
	X(HOST_TO_DEVICE, "copies.host_to_device.calls")           \
	X(HOST_TO_DEVICE_BYTES, "copies.host_to_device.bytes")     \
	X(DEVICE_TO_HOST, "copies.device_to_host.calls")           \
	X(DEVICE_TO_HOST_BYTES, "copies.device_to_host.bytes")     \
	X(DEVICE_TO_DEVICE, "copies.device_to_device.calls")       \
	X(DEVICE_TO_DEVICE_BYTES, "copies.device_to_device.bytes") \
	X(PEER, "copies.peer.calls")                               \
	X(PEER_BYTES, "copies.peer.bytes")                         \
	X(UNIFIED, "copies.unified.calls")                         \
	X(UNIFIED_BYTES, "copies.unified.bytes")                   \
	X(MEMSET, "copies.memset.calls")                           \
	X(MEMSET_BYTES, "copies.memset.bytes")

#define TALLY_ID(id, name) TALLY_##id,
enum tally_total { TALLY_TOTALS(TALLY_ID) TALLY_COUNT };

/* The kernels that there are: PLAIN_KERNELS are in every image, the others in some. */
enum { KERNEL_FAULT, KERNEL_FIRST, KERNEL_LAST = KERNEL_FIRST + 11, KERNEL_LAYERS, KERNELS = 24 };
extern const char *const kernel_names[KERNELS];

enum { TALLY_DEVICES = 16 };

/* The file descriptor of a tally that another image of this program began, or -1. */
bool tally_open(int file);
int tally_file(void); /* to be given to the next image */

int tally_driver(enum driver_id id, int status);
int tally_layer(enum layer_library library, enum layer_function function, int status);
void tally_add(enum tally_total total, int64_t n);
void tally_copy(enum tally_total direction, uint64_t bytes);
void tally_kernel(int kernel, int device, uint64_t n);
/* Device memory; n: -1 a call that freed it, 0 it went with its context, 1 a call that took it. */
void tally_memory(int device, int64_t bytes, int n);
void tally_host(int64_t bytes, int n);
/* The program's own memory, pinned, and cuMemCreate's of the host: gpuspy has them among the
 * host's, the ledger has not. */
void tally_registered(int64_t bytes, int n);
/* Who else ran: for the figures that are known only if nobody did. */
void tally_process(void);
void tally_print(uint64_t seed, unsigned threads, bool exact_driver);

#endif
