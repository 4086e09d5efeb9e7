#include "threads.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../ground/fork.h"
#include "../ground/lock.h"
#include "../objects/elf.h"
#include "../segment/writer.h"
#include "../session/process.h"
#include "hooks.h"

/* In hooks.S: where the calls that it makes come back to. */
extern const char hook_status_return[], hook_after_only_return[], hook_observed_return[];

__thread struct thread thread_self __attribute__((tls_model("initial-exec")));

_Static_assert(offsetof(struct thread, frame) == 0, "hooks.S");
_Static_assert(offsetof(struct thread, entry) == 8, "hooks.S");
_Static_assert(sizeof(struct frame) == 128, "hooks.S");
_Static_assert(sizeof(struct thread_entry) == sizeof(void *), "a pointer of the fork page");
_Static_assert((int)SEGMENT_BLOCKS_MAX <= (int)FORK_POINTERS, "");

/* By number, made when first needed. All of this under LOCK_SEGMENT. */
static void *areas[SEGMENT_BLOCKS_MAX];
static struct segment_slot *blocks[SEGMENT_BLOCKS_MAX];
static uint16_t free_numbers[SEGMENT_BLOCKS_MAX];
static unsigned n_free, n_used; /* numbers below n_used are taken or in free_numbers */
/* Numbers below are the parent's, and one of them is still the thread's that forked. */
static unsigned n_inherited;

static pthread_key_t end_key;
static bool have_end_key;

/*
 * A frame area starts with its second frame: an address that is a multiple of its size means
 * "none". Free frames, and the one before the first, have a stack pointer above all others.
 */
static struct frame *first_frame(void *area)
{
	return (struct frame *)area + 1;
}

static void *area_of(const struct frame *frame)
{
	return (void *)(((uintptr_t)frame - 1) & ~(uintptr_t)(FRAME_AREA_SIZE - 1));
}

enum { FRAMES = FRAME_AREA_SIZE / sizeof(struct frame) };

/*
 * The room lies before the frames. Enough is mapped that an aligned part is inside, and what is
 * outside is given back.
 */
static void *make_area(void)
{
	enum { NEEDED = THREAD_ROOM + FRAME_AREA_SIZE };
	char *map = mmap(NULL, NEEDED + FRAME_AREA_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *area;

	if (map == MAP_FAILED)
		return NULL;
	area = map + THREAD_ROOM;
	area += -(uintptr_t)area & (FRAME_AREA_SIZE - 1);
	if (area - THREAD_ROOM > map)
		munmap(map, (size_t)(area - THREAD_ROOM - map));
	munmap(area + FRAME_AREA_SIZE,
		(size_t)(map + NEEDED + FRAME_AREA_SIZE - (area + FRAME_AREA_SIZE)));
	for (unsigned i = 0; i < FRAMES; i++)
		((struct frame *)area)[i].stack = UINTPTR_MAX;
	return area;
}

static struct thread_entry *entries(void)
{
	return (struct thread_entry *)fork_page->pointers;
}

static void thread_ends(void *entry)
{
	unsigned number = (unsigned)((struct thread_entry *)entry - entries());

	lock_take(LOCK_SEGMENT);
	/* In a child the numbers start anew; this thread's may be somebody else's there. */
	if (thread_self.entry == entry && thread_self.entry->block) {
		thread_self.entry->block = NULL;
		thread_self.entry = NULL;
		thread_self.frame = NULL;
		free_numbers[n_free++] = (uint16_t)number;
	}
	lock_give(LOCK_SEGMENT);
}

/* What the number stands for is there. */
static int equip(unsigned number)
{
	if (!blocks[number])
		blocks[number] = writer_block();
	if (!areas[number])
		areas[number] = make_area();
	return blocks[number] && areas[number] ? 0 : -1;
}

/* Under LOCK_SEGMENT. */
static int attach(void)
{
	unsigned number;

	if (!have_end_key) {
		if (pthread_key_create(&end_key, thread_ends))
			return -1;
		have_end_key = true;
	}
	if (!n_free && n_used == SEGMENT_BLOCKS_MAX)
		return -1;
	number = n_free ? free_numbers[n_free - 1] : n_used;
	if (thread_self.frame) /* the forker: its calls on their way have their frames there */
		areas[number] = area_of(thread_self.frame);
	if (equip(number))
		return -1;
	if (n_free)
		n_free--;
	else
		n_used++;
	if (thread_self.frame)
		for (; n_inherited; n_inherited--)
			free_numbers[n_free++] = (uint16_t)(n_inherited - 1);
	else
		thread_self.frame = first_frame(areas[number]);
	thread_self.room = (char *)areas[number] - THREAD_ROOM;
	thread_self.entry = &entries()[number];
	thread_self.entry->block = blocks[number];
	return 0;
}

int thread_attach(void)
{
	int saved = errno, status = -1;

	if (!process_touch()) {
		lock_take(LOCK_SEGMENT);
		status = attach();
		lock_give(LOCK_SEGMENT);
		if (!status)
			pthread_setspecific(end_key, thread_self.entry);
	}
	errno = saved;
	return status;
}

/* This thread's stack; asked for when first needed, which few threads ever do. */
static const struct range *own_stack(void)
{
	static __thread struct range stack __attribute__((tls_model("initial-exec")));
	pthread_attr_t attributes;
	void *low;
	size_t size;

	if (stack.high || pthread_getattr_np(pthread_self(), &attributes))
		return &stack;
	if (!pthread_attr_getstack(&attributes, &low, &size)) {
		stack.low = (uintptr_t)low;
		stack.high = stack.low + size;
	}
	pthread_attr_destroy(&attributes);
	return &stack;
}

/* An address to which a call that a hook made comes back. */
static bool is_return(uintptr_t address)
{
	return address == (uintptr_t)hook_status_return ||
	       address == (uintptr_t)hook_after_only_return ||
	       address == (uintptr_t)hook_observed_return;
}

/*
 * While a call is on its way, its return address into hooks.S stands where the caller's was. The
 * frame may be of a stack (a coroutine's) that is gone by now, so the kernel reads it.
 */
static bool is_on_its_way(const struct frame *frame)
{
	uintptr_t word;
	struct iovec to = { &word, sizeof(word) };
	struct iovec from = { (void *)frame->stack, sizeof(word) };

	if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)sizeof(word))
		return errno != EFAULT;
	return is_return(word);
}

/* On one stack, what is below a new call is gone. Of other stacks only the memory can tell. */
static bool is_dead(const struct frame *frame, uintptr_t stack)
{
	const struct range *own = own_stack();

	/* A function that was called through a hook may have ended in a jump to another one. */
	if (frame->stack == stack)
		return !is_return(*(const uintptr_t *)stack);
	if (range_has(own, stack) && range_has(own, frame->stack))
		return frame->stack < stack;
	return !is_on_its_way(frame);
}

bool thread_drop_dead_frames(uintptr_t stack)
{
	int saved = errno;
	struct frame *frame = thread_self.frame, *first = first_frame(area_of(frame));

	while (frame > first && is_dead(frame - 1, stack))
		(--frame)->stack = UINTPTR_MAX;
	errno = saved;
	if (frame == thread_self.frame)
		return false;
	thread_self.frame = frame;
	return true;
}

void threads_forget(void)
{
	/* One more: another thread of the parent may have been on its way to the next number. */
	for (unsigned i = 0; i <= n_used && i < SEGMENT_BLOCKS_MAX; i++) {
		areas[i] = NULL;
		blocks[i] = NULL;
	}
	n_inherited = n_used;
	n_free = 0;
}
