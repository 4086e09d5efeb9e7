/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { HEADERS_MAX = 64, DYNAMIC_MAX = 512 };

static int read_at(int fd, void *to, size_t size, uint64_t offset)
{
	return pread(fd, to, size, (off_t)offset) == (ssize_t)size ? 0 : -1;
}

static const unsigned char ident[] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
	sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32,
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB };

/* The header of the object that this is in (made by the linker): its machine is this one. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static int read_header(int fd, ElfW(Ehdr) * header)
{
	return read_at(fd, header, sizeof(*header), 0) ||
			       memcmp(header->e_ident, ident, sizeof(ident))
		       ? -1
		       : 0;
}

/* One whose end was lost: the loader maps it, and the program is killed by SIGBUS. */
static bool is_cut(int fd, const ElfW(Ehdr) * header)
{
	ElfW(Phdr) part;
	struct stat status;

	if (fstat(fd, &status) || header->e_phentsize != sizeof(part))
		return false;
	for (unsigned i = 0; i < header->e_phnum && i < HEADERS_MAX; i++)
		if (read_at(fd, &part, sizeof(part), header->e_phoff + i * sizeof(part)) ||
			(part.p_type == PT_LOAD &&
				part.p_offset + part.p_filesz > (uint64_t)status.st_size))
			return true;
	return false;
}

static enum loader_fit fits(int fd)
{
	ElfW(Ehdr) header;
	ssize_t n = pread(fd, &header, sizeof(header), 0);

	if (n < 0)
		return FILE_UNREADABLE;
	if ((size_t)n < SELFMAG)
		return FILE_SHORT;
	if (memcmp(header.e_ident, ELFMAG, SELFMAG))
		return FILE_NONE;
	if ((size_t)n < sizeof(header))
		return FILE_SHORT;
	if (memcmp(header.e_ident, ident, sizeof(ident)) ||
		header.e_machine != __ehdr_start.e_machine)
		return FILE_FOREIGN;
	return is_cut(fd, &header) ? FILE_SHORT : FILE_FITS;
}

enum loader_fit loader_file_fits(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum loader_fit fit = fd < 0 ? FILE_UNREADABLE : fits(fd);

	if (fd >= 0)
		close(fd);
	return fit;
}

struct image {
	int fd;
	ElfW(Phdr) headers[HEADERS_MAX];
	unsigned n_headers;
	ElfW(Dyn) dynamic[DYNAMIC_MAX];
	size_t n_dynamic;
	uint64_t strings; /* offset of the string table in the file */
};

/* Where in the file an address is. */
static int offset_of(const struct image *image, uint64_t address, uint64_t *offset)
{
	for (unsigned i = 0; i < image->n_headers; i++) {
		const ElfW(Phdr) *header = &image->headers[i];

		if (header->p_type != PT_LOAD || address < header->p_vaddr ||
			address - header->p_vaddr >= header->p_filesz)
			continue;
		*offset = header->p_offset + (address - header->p_vaddr);
		return 0;
	}
	return -1;
}

static int read_dynamic(struct image *image)
{
	for (unsigned i = 0; i < image->n_headers; i++) {
		const ElfW(Phdr) *header = &image->headers[i];
		size_t count = header->p_filesz / sizeof(ElfW(Dyn));

		if (header->p_type != PT_DYNAMIC)
			continue;
		image->n_dynamic = count < DYNAMIC_MAX ? count : DYNAMIC_MAX;
		return read_at(image->fd, image->dynamic, image->n_dynamic * sizeof(ElfW(Dyn)),
			header->p_offset);
	}
	return -1;
}

static int read_image(struct image *image)
{
	ElfW(Ehdr) header;

	if (read_header(image->fd, &header) || header.e_phnum > HEADERS_MAX ||
		header.e_phentsize != sizeof(ElfW(Phdr)))
		return -1;
	image->n_headers = header.e_phnum;
	if (read_at(image->fd, image->headers, header.e_phnum * sizeof(ElfW(Phdr)),
		    header.e_phoff) ||
		read_dynamic(image))
		return -1;
	for (size_t i = 0; i < image->n_dynamic; i++)
		if (image->dynamic[i].d_tag == DT_STRTAB)
			return offset_of(image, image->dynamic[i].d_un.d_ptr, &image->strings);
	return -1;
}

/* A string of the string table, kept in the file's own room. Most are short. */
static const char *keep(struct loader_file *file, const struct image *image, uint64_t string)
{
	enum { PIECE = 4096 };
	char *to = file->strings + file->used;
	size_t room = LOADER_STRINGS_MAX - file->used, got = 0;

	while (got < room) {
		ssize_t n = pread(image->fd, to + got, room - got < PIECE ? room - got : PIECE,
			(off_t)(image->strings + string + got));
		const char *end = n > 0 ? memchr(to + got, 0, (size_t)n) : NULL;

		if (n <= 0)
			return NULL;
		got += (size_t)n;
		if (end) {
			file->used += (size_t)(end - to) + 1;
			return to;
		}
	}
	return NULL;
}

static void read_entry(struct loader_file *file, const struct image *image, const ElfW(Dyn) * entry)
{
	const char *text;

	if (entry->d_tag == DT_NEEDED && file->n_needed < LOADER_NEEDED_MAX) {
		text = keep(file, image, entry->d_un.d_val);
		if (text)
			file->needed[file->n_needed++] = text;
	} else if (entry->d_tag == DT_SONAME) {
		file->soname = keep(file, image, entry->d_un.d_val);
	} else if (entry->d_tag == DT_RUNPATH) {
		file->runpath = keep(file, image, entry->d_un.d_val);
	} else if (entry->d_tag == DT_RPATH) {
		file->rpath = keep(file, image, entry->d_un.d_val);
	}
}

int loader_file_read(struct loader_file *file, const char *path)
{
	struct image image = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	int status;

	file->n_needed = 0;
	file->soname = file->rpath = file->runpath = NULL;
	file->used = 0;
	if (image.fd < 0)
		return -1;
	status = fits(image.fd) == FILE_FITS ? read_image(&image) : -1;
	for (size_t i = 0; !status && i < image.n_dynamic; i++) {
		if (image.dynamic[i].d_tag == DT_NULL)
			break;
		read_entry(file, &image, &image.dynamic[i]);
	}
	if (file->runpath)
		file->rpath = NULL;
	close(image.fd);
	return status;
}

static int find_section(int fd, const char *wanted)
{
	ElfW(Shdr) section, names;
	char name[16] = "";
	ElfW(Ehdr) header;

	if (read_header(fd, &header) || header.e_shentsize != sizeof(section) ||
		header.e_shstrndx >= header.e_shnum ||
		read_at(fd, &names, sizeof(names),
			header.e_shoff + header.e_shstrndx * sizeof(names)))
		return -1;
	for (unsigned i = 0; i < header.e_shnum; i++) {
		if (read_at(fd, &section, sizeof(section), header.e_shoff + i * sizeof(section)))
			return -1;
		if (pread(fd, name, sizeof(name) - 1, (off_t)(names.sh_offset + section.sh_name)) >
				0 &&
			!strcmp(name, wanted))
			return 1;
	}
	return 0;
}

int loader_file_has_gpu_code(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int found = fd < 0 ? -1 : find_section(fd, ".nv_fatbin");

	if (fd >= 0)
		close(fd);
	return found;
}
