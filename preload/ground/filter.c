/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "arch.h"

/*
 * What a program may be killed for that would not have called it itself: what the library's libc
 * functions come to (nm -D --undefined-only), and those that it calls by number.
 */
static const short asked[] = {
	SYS_openat,
	SYS_read,
	SYS_write,
	SYS_close,
	SYS_fstat,
	SYS_lseek,
	SYS_pread64,
	SYS_mmap,
	SYS_munmap,
	SYS_mprotect,
	SYS_madvise,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_getdents64,
	SYS_mkdirat,
	SYS_unlinkat,
	SYS_renameat,
	SYS_readlinkat,
	SYS_faccessat,
	SYS_utimensat,
	SYS_statfs,
	SYS_fcntl,
	SYS_dup,
	SYS_flock,
	SYS_ppoll,
	SYS_uname,
	SYS_futex,
	SYS_kill,
	SYS_getpid,
	SYS_getppid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_getpgid,
	SYS_getsid,
	SYS_prctl,
	SYS_prlimit64,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_sigaltstack,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigpending,
	SYS_rt_sigtimedwait,
	SYS_getxattr,
	SYS_getcwd,
	SYS_ioctl,
	SYS_mremap,
	SYS_pwrite64,
	SYS_brk,
	SYS_fchmod,
	SYS_wait4,
	SYS_mknodat,
	SYS_sched_getaffinity,
	SYS_getsockopt,
	SYS_getsockname,
	SYS_getpeername,
	SYS_sched_yield,
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_stat /* libc's calls on the older processors */
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_mkdir,
	SYS_rename,
	SYS_unlink,
	SYS_open,
	SYS_poll,
	SYS_chmod,
#endif
};

enum { STEPS_MAX = 100000, PENDING_MAX = 16 };

struct machine {
	const struct sock_fprog *filter;
	const struct seccomp_data *data;
	uint32_t at, a, x, memory[BPF_MEMWORDS];
	/* Made from what a call gives, its arguments and where it is: that may be anything. */
	bool a_any, x_any, memory_any[BPF_MEMWORDS];
};

static uint32_t load(const struct machine *of, const struct sock_filter *at, bool *any)
{
	uint32_t word = 0;

	*any = false;
	switch (BPF_MODE(at->code)) {
	case BPF_ABS:
		*any = at->k >= offsetof(struct seccomp_data, instruction_pointer);
		if (!*any)
			memcpy(&word, (const char *)of->data + (at->k & ~3U), sizeof(word));
		return word;
	case BPF_LEN:
		return sizeof(*of->data);
	case BPF_MEM:
		*any = of->memory_any[at->k % BPF_MEMWORDS];
		return of->memory[at->k % BPF_MEMWORDS];
	default:
		return at->k;
	}
}

static uint32_t compute(uint16_t code, uint32_t a, uint32_t by)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + by;
	case BPF_SUB:
		return a - by;
	case BPF_MUL:
		return a * by;
	case BPF_DIV:
		return by ? a / by : 0;
	case BPF_OR:
		return a | by;
	case BPF_AND:
		return a & by;
	case BPF_XOR:
		return a ^ by;
	case BPF_LSH:
		return by < 32 ? a << by : 0;
	case BPF_RSH:
		return by < 32 ? a >> by : 0;
	default: /* BPF_NEG */
		return 0U - a;
	}
}

static bool holds(uint16_t code, uint32_t a, uint32_t than)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == than;
	case BPF_JGT:
		return a > than;
	case BPF_JGE:
		return a >= than;
	default: /* BPF_JSET */
		return (a & than) != 0;
	}
}

/* A signal for it is as good: its handler does not outlive the program. */
static bool is_deadly(uint32_t answer)
{
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_ALLOW:
	case 0x7fc00000: /* SECCOMP_RET_USER_NOTIF, Linux 5.0 */
	case 0x7ffc0000: /* SECCOMP_RET_LOG, Linux 4.14 */
		return false;
	default:
		return true;
	}
}

static void store(struct machine *m, const struct sock_filter *at)
{
	const bool of_a = BPF_CLASS(at->code) == BPF_ST;

	m->memory[at->k % BPF_MEMWORDS] = of_a ? m->a : m->x;
	m->memory_any[at->k % BPF_MEMWORDS] = of_a ? m->a_any : m->x_any;
}

/* All but jumps and returns. */
static void compute_next(struct machine *m, const struct sock_filter *at)
{
	const bool by_x = BPF_SRC(at->code) == BPF_X;

	switch (BPF_CLASS(at->code)) {
	case BPF_LD:
		m->a = load(m, at, &m->a_any);
		break;
	case BPF_LDX:
		m->x = load(m, at, &m->x_any);
		break;
	case BPF_ST:
	case BPF_STX:
		store(m, at);
		break;
	case BPF_ALU:
		m->a = compute(at->code, m->a, by_x ? m->x : at->k);
		m->a_any |= by_x && m->x_any;
		break;
	default: /* BPF_MISC */
		if (BPF_MISCOP(at->code) == BPF_TAX) {
			m->x = m->a;
			m->x_any = m->a_any;
		} else {
			m->a = m->x;
			m->a_any = m->x_any;
		}
	}
}

/* The machines that are still to be followed: threads may have small stacks, so there is no
 * recursion. */
struct ways {
	struct machine pending[PENDING_MAX];
	unsigned n, steps;
	bool deadly;
};

static void end_way(struct ways *ways, const struct machine *m, const struct sock_filter *at)
{
	bool of_a = BPF_RVAL(at->code) == BPF_A;

	ways->deadly |= (of_a && m->a_any) || is_deadly(of_a ? m->a : at->k);
}

/* Most ends of a branch are ends of the filter; only others take room. What has none can kill. */
static void follow(struct ways *ways, const struct machine *from, uint32_t at)
{
	const struct sock_fprog *filter = from->filter;

	if (at < filter->len && BPF_CLASS(filter->filter[at].code) == BPF_RET) {
		end_way(ways, from, &filter->filter[at]);
	} else if (at >= filter->len || ways->n == PENDING_MAX) {
		ways->deadly = true;
	} else {
		ways->pending[ways->n] = *from;
		ways->pending[ways->n++].at = at;
	}
}

/* One instruction; false: the way ends here, or goes on as others. */
static bool step(struct ways *ways, struct machine *m)
{
	const struct sock_filter *at = &m->filter->filter[m->at++];
	const bool by_x = BPF_SRC(at->code) == BPF_X;

	if (BPF_CLASS(at->code) == BPF_RET) {
		end_way(ways, m, at);
		return false;
	}
	if (BPF_CLASS(at->code) != BPF_JMP) {
		compute_next(m, at);
	} else if (BPF_OP(at->code) == BPF_JA) {
		m->at += at->k;
	} else if (m->a_any || (by_x && m->x_any)) {
		follow(ways, m, m->at + at->jt);
		follow(ways, m, m->at + at->jf);
		return false;
	} else {
		m->at += holds(at->code, m->a, by_x ? m->x : at->k) ? at->jt : at->jf;
	}
	return true;
}

/* Can it come to a deadly end, whatever the arguments are? What takes too long to tell can. */
static bool can_kill(const struct sock_fprog *filter, const struct seccomp_data *data)
{
	struct ways ways = { .n = 0 };
	struct machine m = { .filter = filter, .data = data };

	follow(&ways, &m, 0);
	while (ways.n && !ways.deadly) {
		m = ways.pending[--ways.n];
		do
			ways.deadly |= m.at >= filter->len || ++ways.steps > STEPS_MAX;
		while (!ways.deadly && step(&ways, &m));
	}
	return ways.deadly;
}

static bool kills_for_one(const struct sock_fprog *filter, const short *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct seccomp_data data = { .nr = calls[i], .arch = ARCH_AUDIT };

		if (can_kill(filter, &data))
			return true;
	}
	return false;
}

bool filter_would_kill(const struct sock_fprog *filter)
{
	return kills_for_one(filter, asked, sizeof(asked) / sizeof(asked[0]));
}

bool filter_would_kill_counting(const struct sock_fprog *filter)
{
	static const short counting[] = { SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect,
		SYS_madvise, SYS_rt_sigprocmask, SYS_futex, SYS_getpid, SYS_gettid };

	return kills_for_one(filter, counting, sizeof(counting) / sizeof(counting[0]));
}
