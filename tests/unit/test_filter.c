/* SPDX-License-Identifier: MIT */
/* Each filter is put in place, too, in a child that makes the call: the kernel says what is right.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"
#include "ground/filter.h"
#include "harness.h"

enum { CALL = SYS_uname, LONGEST = 12, SOME = 0x1234, LINKS = 500 };

#define NUMBER             BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ARCH               BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch))
#define FIRST              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]))
#define ALU(op, k)         BPF_STMT(BPF_ALU | BPF_##op | BPF_K, k)
#define ALU_X(op)          BPF_STMT(BPF_ALU | BPF_##op | BPF_X, 0)
#define DO(class, mode, k) BPF_STMT(BPF_##class | BPF_##mode, k)
#define IF(op, k, yes, no) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, k, yes, no)
#define ANSWER(what)       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)
/* The end: deadly where the last comparison holds. */
#define WHERE(op, k, what) IF(op, k, 0, 1), ANSWER(what), ANSWER(ALLOW)

/* Whatever else decides, only for our call. */
#define OF_CALL(...) NUMBER, IF(JEQ, CALL, 1, 0), ANSWER(ALLOW), __VA_ARGS__

static const struct row {
	bool kills;
	struct sock_filter code[LONGEST];
} rows[] = {
	{ true, { NUMBER, WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, WHERE(JEQ, CALL, TRAP) } },
	{ false, { NUMBER, WHERE(JEQ, CALL, ERRNO) } },
	{ false, { NUMBER, WHERE(JEQ, CALL, ALLOW) } },
	{ false, { NUMBER, WHERE(JEQ, 0xffff, KILL) } },
	{ true, { NUMBER, ALU(SUB, CALL), WHERE(JEQ, 0, KILL) } },
	{ true, { NUMBER, ALU(ADD, 1), WHERE(JEQ, CALL + 1, KILL) } },
	{ true, { NUMBER, ALU(XOR, CALL), WHERE(JEQ, 0, KILL) } },
	{ true, { NUMBER, ALU(OR, 0x1000), WHERE(JEQ, CALL | 0x1000, KILL) } },
	{ true, { NUMBER, ALU(AND, 0xfff), WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, ALU(LSH, 2), WHERE(JEQ, CALL << 2, KILL) } },
	{ true, { NUMBER, ALU(LSH, 8), ALU(RSH, 8), WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, ALU(MUL, 3), WHERE(JEQ, CALL * 3, KILL) } },
	{ true, { NUMBER, ALU(MUL, 3), ALU(DIV, 3), WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, ALU(NEG, 0), ALU(NEG, 0), WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, DO(MISC, TAX, 0), DO(LD, IMM, 1), ALU_X(ADD),
			WHERE(JEQ, CALL + 1, KILL) } },
	{ true, { NUMBER, DO(ST, IMM, 3), DO(LD, IMM, 0), DO(LDX, MEM, 3), DO(MISC, TXA, 0),
			WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, DO(MISC, TAX, 0), DO(STX, IMM, 15), DO(LD, MEM, 15),
			WHERE(JEQ, CALL, KILL) } },
	{ true, { NUMBER, IF(JGT, CALL - 1, 0, 2), IF(JGE, CALL + 1, 1, 0), ANSWER(KILL),
			ANSWER(ALLOW) } },
	{ false, { ARCH, IF(JEQ, ARCH_AUDIT, 1, 0), ANSWER(KILL), ANSWER(ALLOW) } },
	{ true, { ARCH, WHERE(JSET, ARCH_AUDIT & -ARCH_AUDIT, KILL) } },
	{ false,
		{ BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), IF(JEQ, sizeof(struct seccomp_data), 1, 0),
			ANSWER(KILL), ANSWER(ALLOW) } },
	{ true, { NUMBER, IF(JEQ, CALL, 1, 0), ANSWER(ALLOW), FIRST, WHERE(JEQ, 0, KILL) } },
	{ true, { NUMBER, IF(JEQ, CALL, 1, 0), ANSWER(ALLOW), FIRST,
			WHERE(JEQ, 0xffffffff, KILL) } },
	{ true, { OF_CALL(FIRST, WHERE(JEQ, SOME, KILL)) } },
	{ false, { OF_CALL(FIRST, WHERE(JEQ, SOME, ERRNO)) } },
	{ true, { OF_CALL(FIRST, ALU(AND, 0xf), DO(ST, IMM, 2), DO(LD, IMM, 0), DO(LD, MEM, 2),
			WHERE(JEQ, SOME & 0xf, KILL)) } },
	{ true, { OF_CALL(FIRST, DO(MISC, TAX, 0), DO(LD, IMM, SOME),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1), ANSWER(KILL),
			ANSWER(ALLOW)) } },
	{ true, { NUMBER, IF(JEQ, CALL, 0, 1), DO(JMP, JA, 1), ANSWER(ALLOW), ANSWER(KILL) } },
	{ true, { NUMBER, IF(JEQ, CALL, 1, 0), ANSWER(ALLOW), DO(LD, IMM, SECCOMP_RET_TRAP),
			BPF_STMT(BPF_RET | BPF_A, 0) } },
};

/* The kernel only reads it, whatever its structure says. */
static struct sock_fprog program_of(const struct row *row)
{
	unsigned short length = 0;

	while (length < LONGEST && (row->code[length].code || row->code[length].k))
		length++;
	return (struct sock_fprog){ length, (struct sock_filter *)(uintptr_t)row->code };
}

/* -1: no filter can be made here. */
static int kernel_kills(const struct sock_fprog *program, long first)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program))
			_exit(77);
		syscall(CALL, first);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		return -1;
	return WIFSIGNALED(status);
}

START_TEST(answers_as_the_kernel)
{
	const struct row *row = &rows[_i];
	struct sock_fprog program = program_of(row);
	static const long firsts[] = { 0, -1, SOME };
	int killed = 0;

	ck_assert(filter_would_kill(&program) == row->kills);
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]) && killed >= 0; i++) {
		int once = kernel_kills(&program, firsts[i]);

		killed = once < 0 ? once : killed | once;
	}
	if (killed >= 0)
		ck_assert_int_eq(killed, row->kills);
}
END_TEST

/* As libseccomp makes them of lists of arguments: each test leads to the next one on */
static struct sock_fprog chain(struct sock_filter *code, bool by_true, unsigned last)
{
	unsigned short n = 0;

	code[n++] = (struct sock_filter)FIRST;
	for (unsigned i = 0; i < LINKS; i++) {
		code[n++] = (struct sock_filter)IF(JEQ, i, (by_true), (!by_true));
		code[n++] = (struct sock_filter)ANSWER(ERRNO);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, last);
	return (struct sock_fprog){ n, code };
}

START_TEST(long_lists_of_arguments)
{
	struct sock_filter code[2 * LINKS + 2];

	for (int by_true = 0; by_true < 2; by_true++) {
		struct sock_fprog program = chain(code, by_true, SECCOMP_RET_ALLOW);

		ck_assert(!filter_would_kill(&program));
		program = chain(code, by_true, SECCOMP_RET_KILL);
		ck_assert(filter_would_kill(&program));
	}
}
END_TEST

START_TEST(what_has_no_end_kills)
{
	struct sock_filter code[] = { NUMBER, IF(JEQ, CALL, 250, 250), ANSWER(ALLOW) };
	struct sock_fprog program = { 3, code };

	ck_assert(filter_would_kill(&program));
	program.len = 1;
	ck_assert(filter_would_kill(&program));
	program.len = 0;
	ck_assert(filter_would_kill(&program));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tcase = tcase_create("filter");

	tcase_add_loop_test(tcase, answers_as_the_kernel, 0, sizeof(rows) / sizeof(rows[0]));
	ADD(tcase, long_lists_of_arguments);
	ADD(tcase, what_has_no_end_kills);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
