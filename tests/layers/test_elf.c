/* SPDX-License-Identifier: MIT */
/* What is read from objects in memory, against what dlsym says of libc and of this program. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../preload/objects/elf.h"
#include "../unit/harness.h"

struct wanted {
	const char *file; /* the end of its name; "": the program */
	struct elf_image image;
	bool found;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
	struct wanted *wanted = data;
	const char *slash = strrchr(info->dlpi_name, '/');

	(void)size;
	if (strcmp(slash ? slash + 1 : info->dlpi_name, wanted->file) != 0)
		return 0;
	elf_read(&wanted->image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum);
	wanted->found = true;
	return 1;
}

static struct elf_image image_of(const char *file)
{
	struct wanted wanted = { .file = file };

	dl_iterate_phdr(look_at, &wanted);
	ck_assert_msg(wanted.found, "there is no %s", file);
	return wanted.image;
}

/* Functions of libc that are no IFUNCs on any machine. */
static const char *const functions[] = { "malloc", "free", "qsort", "printf", "getenv", "fopen",
	"abort", "dl_iterate_phdr", "strtoull", "setenv" };

START_TEST(functions_are_where_dlsym_finds_them)
{
	struct elf_image libc = image_of("libc.so.6");

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *address = dlsym(RTLD_DEFAULT, functions[i]);
		const ElfW(Sym) *symbol = elf_symbol(&libc, functions[i], 0);
		const char *name = elf_name_at(&libc, (uintptr_t)address);

		ck_assert_ptr_nonnull(address);
		ck_assert_ptr_eq(elf_function(&libc, functions[i]), address);
		ck_assert_ptr_nonnull(symbol);
		ck_assert_uint_eq(libc.base + symbol->st_value, (uintptr_t)address);
		ck_assert_ptr_nonnull(elf_symbol(&libc, functions[i], (uintptr_t)address));
		ck_assert_ptr_null(elf_symbol(&libc, functions[i], (uintptr_t)address + 1));
		/* One address may have several names; any of them leads back to it. */
		ck_assert_ptr_nonnull(name);
		ck_assert_ptr_eq(elf_function(&libc, name), address);
		ck_assert(elf_in_code(&libc, (uintptr_t)address));
		ck_assert(range_has(&libc.all, (uintptr_t)address));
	}
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	struct elf_image libc = image_of("libc.so.6");
	int here;

	ck_assert_ptr_null(elf_symbol(&libc, "cuInit", 0));
	ck_assert_ptr_null(elf_symbol(&libc, "", 0));
	ck_assert_ptr_null(elf_function(&libc, "mallo"));
	ck_assert_ptr_null(elf_function(&libc, "mallocc"));
	ck_assert_ptr_null(elf_name_at(&libc, (uintptr_t)&here));
	ck_assert(!elf_in_code(&libc, (uintptr_t)&here));
	ck_assert(!range_has(&libc.all, (uintptr_t)&here));
	ck_assert(!elf_in_code(&libc, (uintptr_t)stdout)); /* data */
	ck_assert(!elf_is_canonical_plt(&libc, "malloc", (uintptr_t)malloc));
}
END_TEST

START_TEST(a_library_says_its_name)
{
	struct elf_image libc = image_of("libc.so.6");
	struct elf_image program = image_of("");

	ck_assert_str_eq(libc.soname, "libc.so.6");
	ck_assert_str_eq(elf_version_base(&libc), "libc.so.6");
	ck_assert_ptr_null(program.soname);
	ck_assert_ptr_null(elf_version_base(&program));
}
END_TEST

START_TEST(a_program_asks_for_versions)
{
	struct elf_image program = image_of("");
	bool asks = false;

	for (size_t i = 0; i < program.n_plt + program.n_relocations; i++) {
		const ElfW(Rela) *r = i < program.n_plt ? &program.plt[i]
							: &program.relocations[i - program.n_plt];
		uint32_t symbol = (uint32_t)ELF64_R_SYM(r->r_info);
		const char *version = symbol ? elf_wanted_version(&program, symbol) : NULL;

		asks = asks || (version && strncmp(version, "GLIBC_", 6) == 0);
	}
	ck_assert(asks);
}
END_TEST

START_TEST(every_object_has_a_return)
{
	struct elf_image libc = image_of("libc.so.6");
	const void *at = elf_return_instruction(&libc);

	ck_assert_ptr_nonnull(at);
	ck_assert(elf_in_code(&libc, (uintptr_t)at));
#ifdef __x86_64__
	ck_assert_int_eq(*(const unsigned char *)at, 0xc3);
#endif
}
END_TEST

/* Odd ones as well: the vDSO, ld.so. */
static int read_it(struct dl_phdr_info *info, size_t size, void *data)
{
	struct elf_image image;

	(void)size;
	elf_read(&image, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum);
	ck_assert_ptr_null(elf_symbol(&image, "no such function", 0));
	++*(int *)data;
	return 0;
}

START_TEST(all_objects_can_be_read)
{
	int n = 0;

	dl_iterate_phdr(read_it, &n);
	ck_assert_int_ge(n, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("elf");
	TCase *tcase = tcase_create("elf");

	ADD(tcase, functions_are_where_dlsym_finds_them);
	ADD(tcase, what_is_not_there_is_not_found);
	ADD(tcase, a_library_says_its_name);
	ADD(tcase, a_program_asks_for_versions);
	ADD(tcase, every_object_has_a_return);
	ADD(tcase, all_objects_can_be_read);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
