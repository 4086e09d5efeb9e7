/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <stddef.h>
#include <string.h>

#include "../cuda/functions.h"
#include "../ground/lock.h"
#include "../hooks/threads.h"
#include "../segment/writer.h"
#include "contexts.h"
#include "generation.h"
#include "handles.h"
#include "note.h"
#include "observers.h"
#include "own_call.h"
#include "remembered.h"

static unsigned changing; /* calls on their way that may begin or end a capture */

/*
 * Captures begun and not ended, as far as they are known; too high is slow, too low would be wrong.
 * It says only whether an event that a stream waits for may belong to one.
 */
static unsigned captures;
static bool unknown_captures; /* some may have been begun by functions that are not known */

/*
 * Streams whose work goes into a command list of a graphics API (cuStreamBeginCaptureToCig). No
 * header says whether the driver calls that capturing. Under LOCK_GRAPHS.
 */
static struct handle_table lists;
static unsigned n_lists;

static struct own_call is_capturing_call = { "cuStreamIsCapturing" };

struct answer {
	enum work_fate fate;
	uint32_t epoch;
	bool lasting; /* holds while the epoch does: no change was on its way */
};

/* The legacy stream cannot be captured, and asking about it is an error while others are. */
static bool is_legacy(const void *stream)
{
	return !stream || stream == CU_STREAM_HANDLE_LEGACY;
}

/* The thread's own stream is another one in each thread; which context's, is left aside. */
static uint64_t list_key(const void *stream)
{
	return stream == CU_STREAM_HANDLE_PER_THREAD ? (uintptr_t)thread_self.entry
						     : (uintptr_t)stream;
}

static bool has_list(const void *stream)
{
	bool found;

	if (!__atomic_load_n(&n_lists, __ATOMIC_ACQUIRE))
		return false;
	lock_take(LOCK_GRAPHS);
	found = handles_find(&lists, list_key(stream));
	lock_give(LOCK_GRAPHS);
	return found;
}

/* A capture that was broken counts too: what it had recorded does not run. */
static enum work_fate ask(void *stream)
{
	int (*is_capturing)(void *stream, int *status);
	int status;

	if (has_list(stream))
		return WORK_RECORDED;
	is_capturing = own_call(&is_capturing_call);
	if (!is_capturing) /* a driver from before captures */
		return WORK_RUNS;
	if (is_capturing(stream, &status))
		return WORK_UNKNOWN;
	return status == CU_CAPTURE_NONE ? WORK_RUNS : WORK_RECORDED;
}

static struct remembered_free *place_of(const void *stream)
{
	return &remembered()->free[((uintptr_t)stream >> 4) % REMEMBERED_STREAMS];
}

/* The thread's own stream is another one in each context. */
static const void *owner_of(const void *stream)
{
	return stream == CU_STREAM_HANDLE_PER_THREAD ? context_current() : NULL;
}

bool capture_known_free(void *stream, uint32_t *epoch)
{
	const struct remembered_free *place = place_of(stream);

	*epoch = capture_epoch_now();
	return is_legacy(stream) ||
	       (place->stream == stream && place->epoch == *epoch &&
		       place->generation == generation_now() && place->owner == owner_of(stream));
}

static struct answer look(void *stream)
{
	struct answer answer = { .fate = WORK_RUNS, .lasting = true };
	struct remembered_free *place = place_of(stream);
	uint32_t generation = generation_now();

	if (capture_known_free(stream, &answer.epoch))
		return answer;
	/* After the epoch was read: a change that begins later raises it, and is noticed. */
	answer.lasting = !__atomic_load_n(&changing, __ATOMIC_SEQ_CST);
	answer.fate = ask(stream);
	if (answer.fate == WORK_RUNS && answer.lasting)
		*place = (struct remembered_free){ stream, owner_of(stream), generation,
			answer.epoch };
	if (answer.fate == WORK_RECORDED)
		hooks_wake();
	return answer;
}

void capture_before_work(struct frame *frame, void *stream)
{
	struct answer answer;

	answer = look(stream);
	note_of(frame)->work.mark = WORK_MARK;
	note_of(frame)->work.lasting = answer.lasting;
	note_of(frame)->work.fate = answer.fate;
	note_of(frame)->work.epoch = answer.epoch;
}

static bool may_be_capturing(void)
{
	return __atomic_load_n(&captures, __ATOMIC_SEQ_CST) ||
	       __atomic_load_n(&unknown_captures, __ATOMIC_SEQ_CST);
}

/*
 * What was known before the call holds if nothing could have changed since. Else the driver is
 * asked again. Where the two answers differ another thread began or ended the capture meanwhile,
 * and nobody can say what came first: a kernel that is not certain is not claimed.
 */
bool capture_recorded(const struct frame *frame, void *stream)
{
	const union note *note = frame ? (const union note *)frame->note : NULL;
	enum work_fate before, after;

	if (is_legacy(stream))
		return false;
	before = note && note->work.mark == WORK_MARK ? (enum work_fate)note->work.fate
						      : WORK_UNKNOWN;
	if (before != WORK_UNKNOWN && note->work.lasting && note->work.epoch == capture_epoch_now())
		return before == WORK_RECORDED;
	after = look(stream).fate;
	if (before == WORK_UNKNOWN && after == WORK_UNKNOWN && may_be_capturing()) {
		gap(GAP_CAPTURES); /* the driver does not say */
		return true;
	}
	if (before != WORK_UNKNOWN && after != WORK_UNKNOWN && before != after)
		gap(GAP_CAPTURES);
	return before == WORK_RECORDED || after == WORK_RECORDED;
}

static void *stream_of(const struct frame *frame)
{
	uint8_t place = frame->hook->observer->stream;

	return place ? capture_stream(frame->hook, ARGUMENT(frame, place, void *)) : NULL;
}

void capture_before(struct frame *frame)
{
	capture_before_work(frame, stream_of(frame));
}

bool capture_has(const struct frame *frame)
{
	return capture_recorded(frame, stream_of(frame));
}

bool capture_is_on(const struct frame *frame)
{
	void *stream = stream_of(frame);

	return !is_legacy(stream) && look(stream).fate == WORK_RECORDED;
}

/*
 * The epoch is raised while `changing` says that the call is on its way: who reads the new epoch
 * before the change is made does not rely on it.
 */
static void change_begins(void)
{
	hooks_wake();
	__atomic_fetch_add(&changing, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&observers_now.capture_epoch, 1, __ATOMIC_SEQ_CST);
}

static void change_ends(void)
{
	__atomic_fetch_add(&observers_now.capture_epoch, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&changing, 1, __ATOMIC_SEQ_CST);
}

static void before_change(struct frame *frame)
{
	(void)frame;
	change_begins();
}

static void after_begin(struct frame *frame, int status)
{
	(void)frame;
	if (!status)
		__atomic_fetch_add(&captures, 1, __ATOMIC_SEQ_CST);
	change_ends();
}

static void one_less(unsigned *count)
{
	unsigned now = __atomic_load_n(count, __ATOMIC_RELAXED);

	while (now && !__atomic_compare_exchange_n(
			      count, &now, now - 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		continue;
}

/* cuStreamEndCapture(stream, graph *). A capture that went wrong ends with an error. */
static void after_end(struct frame *frame, int status)
{
	void *stream = capture_stream(frame->hook, ARGUMENT(frame, 0, void *));
	bool ended = !status || status == CU_ERROR_CAPTURE_INVALIDATED ||
		     status == CU_ERROR_CAPTURE_UNJOINED;

	if (ended && !is_legacy(stream) && ask(stream) == WORK_RUNS)
		one_less(&captures);
	change_ends();
}

/* cuStreamBeginCaptureToCig(stream, params *), cuStreamEndCaptureToCig(stream) */
static void after_begin_list(struct frame *frame, int status)
{
	void *stream = capture_stream(frame->hook, ARGUMENT(frame, 0, void *));

	lock_take(LOCK_GRAPHS);
	if (!status && !handles_put(&lists, list_key(stream)))
		gap(GAP_CAPTURES); /* no memory: what goes there counts as run */
	__atomic_store_n(&n_lists, (unsigned)lists.used, __ATOMIC_RELEASE);
	lock_give(LOCK_GRAPHS);
	change_ends();
}

static void forget_list(uint64_t key)
{
	struct handle_entry *entry;

	lock_take(LOCK_GRAPHS);
	entry = handles_find(&lists, key);
	if (entry)
		handles_remove(&lists, entry);
	__atomic_store_n(&n_lists, (unsigned)lists.used, __ATOMIC_RELEASE);
	lock_give(LOCK_GRAPHS);
}

static void after_end_list(struct frame *frame, int status)
{
	if (!status)
		forget_list(list_key(capture_stream(frame->hook, ARGUMENT(frame, 0, void *))));
	change_ends();
}

void capture_stream_ends(void *stream)
{
	if (__atomic_load_n(&n_lists, __ATOMIC_ACQUIRE))
		forget_list(list_key(stream));
}

bool capture_join_begins(void)
{
	if (!may_be_capturing())
		return false;
	change_begins();
	return true;
}

void capture_join_ends(void)
{
	change_ends();
}

/*
 * A function of an unknown name may begin captures, whatever it is called. Its arguments are not
 * known either, vector registers may be among them: it is looked at after the call only.
 */
static void after_unknown(struct frame *frame, int status)
{
	const char *name = frame->hook->name;

	if (!status && function_kind(name, (unsigned)strlen(name)) == UNDECLARED)
		gap(GAP_UNKNOWN_FUNCTION);
	__atomic_store_n(&unknown_captures, true, __ATOMIC_SEQ_CST);
	change_begins();
	change_ends();
}

const struct observer unknown_observer = { "", NULL, after_unknown };

/* Captures may be on, and any stream may be in one. */
void capture_come_late(void)
{
	unknown_captures = true;
	hooks_wake();
}

/* The child's driver knows no stream, and no other thread is there. */
void capture_forget(void)
{
	handles_forget(&lists);
	n_lists = captures = changing = 0;
	unknown_captures = false;
}

const struct observer capture_observers[] = {
	{ "cuStreamBeginCapture", before_change, after_begin },
	{ "cuStreamBeginCapture_v2", before_change, after_begin },
	{ "cuStreamBeginCaptureToGraph", before_change, after_begin },
	{ "cuStreamBeginRecaptureToGraph", before_change, after_begin },
	{ "cuStreamEndCapture", before_change, after_end },
	{ "cuStreamBeginCaptureToCig", before_change, after_begin_list },
	{ "cuStreamEndCaptureToCig", before_change, after_end_list },
	{ NULL },
};
