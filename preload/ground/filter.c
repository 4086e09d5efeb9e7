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

struct machine {
	const struct seccomp_data *data;
	uint32_t a, x, memory[BPF_MEMWORDS];
};

static uint32_t load(const struct machine *of, const struct sock_filter *at)
{
	uint32_t word = 0;

	switch (BPF_MODE(at->code)) {
	case BPF_ABS:
		if (at->k <= sizeof(*of->data) - sizeof(word))
			memcpy(&word, (const char *)of->data + at->k, sizeof(word));
		return word;
	case BPF_LEN:
		return sizeof(*of->data);
	case BPF_MEM:
		return at->k < BPF_MEMWORDS ? of->memory[at->k] : 0;
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

/* What the filter says of a call; a program that the kernel would not take kills. */
static uint32_t answer(const struct sock_fprog *filter, const struct seccomp_data *data)
{
	struct machine m = { .data = data };

	for (uint32_t i = 0; i < filter->len; i++) {
		const struct sock_filter *at = &filter->filter[i];
		uint32_t by = BPF_SRC(at->code) == BPF_X ? m.x : at->k;

		switch (BPF_CLASS(at->code)) {
		case BPF_LD:
			m.a = load(&m, at);
			break;
		case BPF_LDX:
			m.x = load(&m, at);
			break;
		case BPF_ST:
		case BPF_STX:
			if (at->k < BPF_MEMWORDS)
				m.memory[at->k] = BPF_CLASS(at->code) == BPF_ST ? m.a : m.x;
			break;
		case BPF_ALU:
			m.a = compute(at->code, m.a, by);
			break;
		case BPF_JMP:
			if (BPF_OP(at->code) == BPF_JA)
				i += at->k;
			else
				i += holds(at->code, m.a, by) ? at->jt : at->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(at->code) == BPF_A ? m.a : at->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(at->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
		}
	}
	return SECCOMP_RET_KILL_THREAD;
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

/* The arguments of our calls are many, so both ends of what they can be are asked for. */
bool filter_would_kill(const struct sock_fprog *filter)
{
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		for (int ones = 0; ones < 2; ones++) {
			struct seccomp_data data = { .nr = asked[i], .arch = ARCH_AUDIT };

			memset(data.args, ones ? 0xff : 0, sizeof(data.args));
			if (is_deadly(answer(filter, &data)))
				return true;
		}
	return false;
}
