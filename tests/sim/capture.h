/* SPDX-License-Identifier: MIT */
/* Stream capture: work that is recorded into a graph and not run. */
#ifndef SIM_CAPTURE_H
#define SIM_CAPTURE_H

#include "state.h"

struct work;

/*
 * A call that is unsafe while a stream is captured (cuMemAlloc, ...): refused, and the capture
 * spoiled, unless the capture's mode or this thread's lets it pass.
 */
enum cu_status capture_forbids(void);
/* A call that waits for a stream, or for all (NULL): refused if it is being captured. */
enum cu_status capture_forbids_waiting(struct stream *stream);
/* Work for the legacy default stream, which waits for others: not while those are captured. */
enum cu_status capture_forbids_legacy(struct stream *stream);
/* Record work of a capturing stream. */
enum cu_status capture_add(struct stream *stream, const struct work *work);

bool nodes_set(struct node_list *list, struct node *const *nodes, size_t count);
bool nodes_add(struct node_list *list, struct node *node);
void nodes_clear(struct node_list *list);

#endif
