/* SPDX-License-Identifier: MIT */
#include "program_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "symbols.h"

enum { HEAD = 320, SCRIPTS_MAX = 5 }; /* the kernel follows so many, of lines of 256 bytes */

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

struct head {
	char bytes[HEAD] __attribute__((aligned(8)));
	size_t size;
	int fd; /* -1: it cannot be read */
	struct stat st;
};

/* To be closed in any case. Who starts programs may have a small stack. */
static bool open_head(const char *path, struct head *head)
{
	ssize_t n = -1;

	head->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (head->fd >= 0 && !fstat(head->fd, &head->st) && S_ISREG(head->st.st_mode))
		n = read(head->fd, head->bytes, HEAD - 1);
	head->size = n > 0 ? (size_t)n : 0;
	head->bytes[head->size] = 0;
	return n > 0;
}

static void close_head(struct head *head)
{
	if (head->fd >= 0)
		close(head->fd);
	head->fd = -1;
}

/* Permitted ones, the second and fourth word behind the version (linux/capability.h). */
static bool gains_capabilities(const char *path)
{
	uint32_t words[6] = { 0 };

	return getxattr(path, "security.capability", words, sizeof(words)) > 0 &&
	       (words[1] || words[3]);
}

/*
 * ld.so(8): then LD_PRELOAD takes no library of a path. Nor where the file has capabilities, which
 * root does not gain by them (capabilities(7)).
 */
static bool changes_rights(const char *path, const struct stat *st)
{
	return ((st->st_mode & S_ISUID) && st->st_uid != geteuid()) ||
	       ((st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP) && st->st_gid != getegid()) ||
	       (getuid() && gains_capabilities(path));
}

static bool is_elf(const struct head *head)
{
	return head->size > sizeof(ElfW(Ehdr)) && !memcmp(head->bytes, ELFMAG, SELFMAG);
}

/* Most are near the beginning of the file; patchelf and bolt put them at its end. */
static bool read_segment(const struct head *head, uint64_t at, ElfW(Phdr) * segment)
{
	if (at <= head->size && sizeof(*segment) <= head->size - at) {
		memcpy(segment, head->bytes + at, sizeof(*segment));
		return true;
	}
	return pread(head->fd, segment, sizeof(*segment), (off_t)at) == (ssize_t)sizeof(*segment);
}

static bool elf_takes_preload(const struct head *head)
{
	const ElfW(Ehdr) *header = (const void *)head->bytes;
	ElfW(Phdr) segment;

	if (header->e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
		header->e_machine != __ehdr_start.e_machine)
		return false;
	for (unsigned i = 0; i < header->e_phnum; i++)
		if (!read_segment(head, header->e_phoff + i * sizeof(segment), &segment))
			return false;
		else if (segment.p_type == PT_INTERP)
			return true;
	return false;
}

/* "#!/bin/sh -e": the interpreter's path, within the head; NULL: it is no script. */
static char *interpreter(struct head *head)
{
	char *path, *end;

	if (head->size < 3 || memcmp(head->bytes, "#!", 2) != 0)
		return NULL;
	path = head->bytes + 2 + strspn(head->bytes + 2, " \t");
	end = path + strcspn(path, " \t\n");
	*end = 0;
	return *path ? path : NULL;
}

static void real_path(const struct head *head, char *real, size_t size)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", head->fd);
	n = readlink(link, real, size - 1);
	real[n > 0 ? n : 0] = 0;
}

bool program_takes_preload(const char *path, char *real, size_t size)
{
	struct head head;
	char *next;
	bool takes = false;
	int scripts = 0;

	/* An interpreter may be a script itself. */
	while (open_head(path, &head) && (next = interpreter(&head)) && scripts++ < SCRIPTS_MAX) {
		char *copy = __builtin_alloca(strlen(next) + 1);

		path = strcpy(copy, next);
		close_head(&head);
	}
	/* One that may be run and not be read is perhaps static. */
	if (head.size)
		takes = !is_elf(&head) ||
			(elf_takes_preload(&head) && !changes_rights(path, &head.st));
	if (real)
		real_path(&head, real, size);
	close_head(&head);
	return takes;
}

struct text {
	const char *bytes;
	size_t size;
};

/* By which a program, static or not, would reach a GPU, or have others do it. */
static const char gpu_words[][16] = { "libcuda", "/dev/nvidia", "/dev/dxg", "/dev/kfd",
	"/dev/nvhost", "/dev/dri", "libOpenCL", "libvulkan", "libamdhip", "libze_loader", "libnv",
	"/docker.sock" };

enum { GPU_WORDS = sizeof(gpu_words) / sizeof(gpu_words[0]), SHORTEST = 5 };

static bool is_gpu_word(const struct text *text, size_t at)
{
	for (size_t i = 0; i < GPU_WORDS; i++) {
		size_t n = strlen(gpu_words[i]);

		if (n <= text->size - at && !memcmp(text->bytes + at, gpu_words[i], n))
			return true;
	}
	return false;
}

/*
 * All words in one pass, which looks at every fourth byte (Horspool): somebody waits for the
 * program to start, and one of Go has 100 MB. memmem(3) for each word took 2.3 s of that.
 */
static bool names_gpu(const struct text *text)
{
	unsigned char step[256]; /* by the last byte of five: how far on a word could begin */

	memset(step, SHORTEST, sizeof(step));
	for (size_t i = 0; i < GPU_WORDS; i++)
		for (unsigned k = 0; k < SHORTEST; k++) {
			unsigned char *of = &step[(unsigned char)gpu_words[i][k]];
			unsigned char far = (unsigned char)(SHORTEST - 1 - k);

			*of = *of < far ? *of : far;
		}
	for (size_t end = SHORTEST - 1; end < text->size;) {
		unsigned char far = step[(unsigned char)text->bytes[end]];
		size_t at = end - (SHORTEST - 1);
		bool begins = !far && (text->bytes[at] == 'l' || text->bytes[at] == '/');

		if (begins && is_gpu_word(text, at))
			return true;
		end += far ? far : 1;
	}
	return false;
}

static const ElfW(Phdr) * segments_of(const struct text *text, unsigned *n)
{
	const ElfW(Ehdr) *header = (const void *)text->bytes;

	*n = header->e_phnum;
	if (text->size < sizeof(*header) || header->e_phoff % 8 ||
		header->e_phoff > text->size - sizeof(*header) ||
		*n > (text->size - header->e_phoff) / sizeof(ElfW(Phdr)))
		*n = 0;
	return (const void *)(text->bytes + header->e_phoff);
}

/* Linkers put constants beside the code or into a part of their own (-z separate-code). */
static bool has_constants_apart(const ElfW(Phdr) * segments, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (segments[i].p_type == PT_LOAD && segments[i].p_flags == PF_R &&
			segments[i].p_offset)
			return true;
	return false;
}

/*
 * Words are constants: code that lies apart from them is passed over. It is most of a program, and
 * somebody waits: of a static one with 10 MB, 7 of them code, the look took 12.7 ms, and takes 4.
 */
static bool data_names_gpu(const struct text *text)
{
	unsigned n;
	const ElfW(Phdr) *segments = segments_of(text, &n);
	size_t at = 0;

	for (unsigned i = 0; has_constants_apart(segments, n) && i < n; i++) {
		const ElfW(Phdr) *part = &segments[i];
		struct text before = { text->bytes + at, part->p_offset - at };

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		if (part->p_offset < at || part->p_offset > text->size ||
			part->p_filesz > text->size - part->p_offset)
			return true; /* it is not what it says */
		if (names_gpu(&before))
			return true;
		at = part->p_offset + part->p_filesz;
	}
	return names_gpu(&(struct text){ text->bytes + at, text->size - at });
}

static bool is_one_of(const char *name, const char (*names)[20], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

#define IS_ONE_OF(name, names) is_one_of(name, names, sizeof(names) / sizeof(*(names)))

/* A function that loads libraries, or starts programs. "crosscall2": Go calls the kernel itself. */
static bool is_no_starter(const char *name, void *unused)
{
	static const char starters[][20] = { "dlopen", "dlmopen", "execve", "execv", "execvp",
		"execvpe", "execl", "execlp", "execle", "fexecve", "execveat", "posix_spawn",
		"posix_spawnp", "pidfd_spawn", "pidfd_spawnp", "system", "popen", "_IO_popen",
		"_IO_proc_open", "fork", "__fork", "vfork", "__vfork", "_Fork", "clone", "__clone",
		"syscall", "wordexp", "forkpty", "daemon", "crosscall2" };

	(void)unused;
	return !IS_ONE_OF(name, starters);
}

/* What a program needs may do what it does not do itself; these do not. */
static bool is_quiet_library(const char *name, void *has_libc)
{
	static const char quiet[][20] = { "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2",
		"librt.so.1", "libtinfo.so.6", "libacl.so.1", "libattr.so.1", "libcap.so.2",
		"libresolv.so.2", "libselinux.so.1", "libpcre2-8.so.0", "libz.so.1",
		"libbz2.so.1.0", "liblzma.so.5", "libzstd.so.1", "libgmp.so.10", "libcrypt.so.1",
		"libreadline.so.8", "libmpfr.so.6" };

	*(bool *)has_libc |= !strcmp(name, quiet[0]);
	return IS_ONE_OF(name, quiet) || !strncmp(name, "ld-linux", 8);
}

/* One without libc calls the kernel itself, as Go does. */
static bool asks_others(const struct text *text)
{
	struct loader_symbols symbols;
	bool has_libc = false;

	loader_symbols_read(&symbols, text->bytes, text->size);
	return !loader_symbols_brings(&symbols, is_quiet_library, &has_libc) || !has_libc ||
	       !loader_symbols_names(&symbols, is_no_starter, NULL);
}

static bool is_harmless(const struct text *text, bool loads, bool hands_on)
{
	return !data_names_gpu(text) && (loads ? !asks_others(text) : hands_on);
}

/*
 * A large file is no more of a program than what is loaded of it: the rest is an AppImage's
 * contents, or for debuggers. Else the words may stand anywhere.
 */
static size_t size_of_program(const struct text *text)
{
	enum { LARGE_FILE = 16 << 20 };
	const ElfW(Phdr) * segments;
	size_t end = 0;
	unsigned n;

	if (text->size < LARGE_FILE)
		return text->size;
	segments = segments_of(text, &n);
	for (unsigned i = 0; i < n; i++) {
		const ElfW(Phdr) *part = &segments[i];

		if (part->p_type != PT_LOAD)
			continue;
		if (part->p_offset > text->size || part->p_filesz > text->size - part->p_offset)
			return text->size; /* it is not what it says */
		if (part->p_offset + part->p_filesz > end)
			end = part->p_offset + part->p_filesz;
	}
	return end ? end : text->size;
}

/*
 * libc's own: static, starts nothing, and is run by Python's ctypes.util.find_library with an
 * environment of two variables. Ubuntu has a script in its place, which runs it.
 */
static bool is_ldconfig(const char *path)
{
	static const char paths[][24] = { "/sbin/ldconfig", "/usr/sbin/ldconfig",
		"/sbin/ldconfig.real", "/usr/sbin/ldconfig.real" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

bool program_is_harmless(const char *path, bool hands_on)
{
	struct head head;
	struct text text;
	bool harmless = false;
	void *map = MAP_FAILED;

	if (is_ldconfig(path))
		return true;
	if (open_head(path, &head) && is_elf(&head))
		map = mmap(NULL, (size_t)head.st.st_size, PROT_READ, MAP_PRIVATE, head.fd, 0);
	if (map != MAP_FAILED) {
		text = (struct text){ map, (size_t)head.st.st_size };
		text.size = size_of_program(&text);
		harmless = is_harmless(&text, elf_takes_preload(&head), hands_on);
		munmap(map, (size_t)head.st.st_size);
	}
	close_head(&head);
	return harmless;
}
