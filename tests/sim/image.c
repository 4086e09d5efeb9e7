/* SPDX-License-Identifier: MIT */
/*
 * Reading images: PTX as text, of which the kernels' names and parameters and the global variables
 * are taken; "sim:NAME,NAME,...", our own short form; and cubins, of which only names are read.
 */
#include "module.h"

#include <ctype.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct image_kernel *find(const struct image *image, const char *name, size_t length)
{
	for (unsigned i = 0; i < image->kernel_count; i++)
		if (!strncmp(image->kernels[i].name, name, length) &&
			!image->kernels[i].name[length])
			return &image->kernels[i];
	return NULL;
}

/* The parts of a fat binary have the same ones. */
static struct image_kernel *add_kernel(struct image *image, const char *name, size_t length)
{
	struct image_kernel *all = find(image, name, length);
	const struct kernel_code *code;

	if (all)
		return all;
	all = realloc(image->kernels, (image->kernel_count + 1) * sizeof(*all));
	if (!all)
		return NULL;
	image->kernels = all;
	all += image->kernel_count;
	memset(all, 0, sizeof(*all));
	all->name = strndup(name, length);
	if (!all->name)
		return NULL;
	image->kernel_count++;
	code = kernel_code(all->name);
	if (code)
		kernel_code_params(code, all);
	return all;
}

static size_t word_length(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == '$' || at[n] == '%')
		n++;
	return n;
}

static const char *skip_space(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n");
		if (at[0] == '/' && at[1] == '/') {
			at += strcspn(at, "\n");
		} else if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");

			at = end ? end + 2 : at + strlen(at);
		} else {
			return at;
		}
	}
}

/* "u64" or "f32" or "b8": its size in bytes. */
static unsigned type_size(const char *type)
{
	unsigned bits = *type ? (unsigned)strtoul(type + 1, NULL, 10) : 0;

	return bits >= 8 ? bits / 8 : 4;
}

/*
 * A declaration behind .param or .global: [.align N] .TYPE NAME [ '[' COUNT ']' ]. Its name, size
 * and alignment, and where it ends.
 */
struct declaration {
	const char *name;
	size_t length, bytes;
	unsigned align;
};

static const char *read_declaration(const char *at, struct declaration *made)
{
	unsigned element = 0;

	memset(made, 0, sizeof(*made));
	for (at = skip_space(at); *at == '.'; at = skip_space(at)) {
		size_t length = word_length(++at);

		if (length == 5 && strncmp(at, "align", 5) == 0) {
			made->align = (unsigned)strtoul(at + 5, NULL, 10);
			at = skip_space(at + 5);
			length = word_length(at);
		} else if (length > 1 && isdigit((unsigned char)at[1])) {
			element = type_size(at);
		} /* else: .ptr, .const and the like */
		at += length;
	}
	made->name = at;
	made->length = word_length(at);
	at = skip_space(at + made->length);
	made->bytes = element;
	if (*at == '[') {
		size_t count = strtoul(at + 1, NULL, 10);

		made->bytes *= count ? count : 1;
		at += strcspn(at, "]");
	}
	if (!made->align)
		made->align = element ? element : 1;
	return at;
}

static bool read_params(struct image_kernel *kernel, const char *at)
{
	struct declaration made;
	unsigned count = 0, bytes = 0;

	for (at = skip_space(at); *at && *at != ')'; at = skip_space(at)) {
		unsigned offset;

		if (strncmp(at, ".param", 6) != 0) {
			at++;
			continue;
		}
		at = read_declaration(at + 6, &made);
		if (!made.length || !made.bytes || count == KERNEL_PARAMS_MAX)
			return false;
		offset = (bytes + made.align - 1) / made.align * made.align;
		kernel->params[count++] = (struct image_param){ offset, (unsigned)made.bytes };
		bytes = offset + (unsigned)made.bytes;
	}
	kernel->param_count = count;
	kernel->param_bytes = bytes;
	return true;
}

static bool read_entry(struct image *image, const char *at)
{
	const char *name = skip_space(at), *open;
	size_t length = word_length(name);
	struct image_kernel *kernel;

	if (!length)
		return false;
	kernel = add_kernel(image, name, length);
	open = skip_space(name + length);
	return kernel && (*open != '(' || read_params(kernel, open + 1));
}

static bool read_global(struct image *image, const char *at)
{
	struct image_global *all;
	struct declaration made;

	read_declaration(at, &made);
	if (!made.length || !made.bytes)
		return true; /* an address space on an instruction, as in ld.global.f32 */
	all = realloc(image->globals, (image->global_count + 1) * sizeof(*all));
	if (!all)
		return false;
	image->globals = all;
	all[image->global_count].bytes = made.bytes;
	all[image->global_count].name = strndup(made.name, made.length);
	return all[image->global_count++].name != NULL;
}

/* The driver knows PTX up to a version: 13.0 up to 9.0, 13.1 up to 9.1, and so on. */
static double last_ptx(void)
{
	int version = driver_version();

	return version < 13000 ? 9.0 : 9.0 + (version - 13000) / 100.0;
}

static enum cu_status read_ptx(struct image *image, const char *text)
{
	const char *version = strstr(text, ".version");
	int depth = 0;

	if (!version)
		return CU_ERROR_INVALID_IMAGE;
	if (strtod(version + 8, NULL) > last_ptx() + 0.01)
		return CU_ERROR_UNSUPPORTED_PTX_VERSION;
	for (const char *at = text; *(at = skip_space(at)); at++) {
		bool good = true;

		if (*at == '{')
			depth++;
		else if (*at == '}')
			depth--;
		else if (!depth && strncmp(at, ".entry", 6) == 0)
			good = read_entry(image, at + 6);
		else if (!depth && strncmp(at, ".global", 7) == 0)
			good = read_global(image, at + 7);
		else if (!depth && strncmp(at, ".const", 6) == 0)
			good = read_global(image, at + 6);
		if (!good || depth < 0)
			return CU_ERROR_INVALID_PTX;
	}
	return depth ? CU_ERROR_INVALID_PTX : CU_OK;
}

static enum cu_status read_names(struct image *image, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, ",\n");

		if (length && !add_kernel(image, text, length))
			return CU_ERROR_OUT_OF_MEMORY;
		text += length + (text[length] != '\0');
	}
	return CU_OK;
}

/*
 * Code of a real device (an ELF file for EM_CUDA): each kernel has a section .text.NAME. What is in
 * it cannot be run here, so such a kernel does nothing.
 */
enum { MACHINE_CUDA = 190 };

static bool is_cubin(const void *data)
{
	const Elf64_Ehdr *header = data;

	return !memcmp(header->e_ident, ELFMAG, SELFMAG) &&
	       header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_machine == MACHINE_CUDA &&
	       header->e_shentsize == sizeof(Elf64_Shdr) && header->e_shstrndx < header->e_shnum;
}

static enum cu_status read_cubin(struct image *image, const char *data)
{
	static const char text[] = ".text.";
	const Elf64_Ehdr *header = (const void *)data;
	const Elf64_Shdr *sections = (const void *)(data + header->e_shoff);
	const char *names = data + sections[header->e_shstrndx].sh_offset;

	for (unsigned i = 0; i < header->e_shnum; i++) {
		const char *name = names + sections[i].sh_name;

		if (strncmp(name, text, sizeof(text) - 1) != 0)
			continue;
		name += sizeof(text) - 1;
		if (!add_kernel(image, name, strlen(name)))
			return CU_ERROR_OUT_OF_MEMORY;
	}
	return CU_OK;
}

enum cu_status image_add(struct image *image, const void *data)
{
	const char *text = data;

	if (*text == ELFMAG0 && is_cubin(data))
		return read_cubin(image, data);
	if (fatbin_is(data))
		return fatbin_add(image, data);
	if (!isprint((unsigned char)*text) && !isspace((unsigned char)*text))
		return CU_ERROR_INVALID_IMAGE;
	return strncmp(text, "sim:", 4) ? read_ptx(image, text) : read_names(image, text + 4);
}

enum cu_status image_read(const void *data, struct image **image)
{
	enum cu_status status;

	if (!data)
		return CU_ERROR_INVALID_VALUE;
	*image = calloc(1, sizeof(**image));
	if (!*image)
		return CU_ERROR_OUT_OF_MEMORY;
	status = image_add(*image, data);
	if (status != CU_OK)
		image_free(*image);
	return status;
}

char *image_file(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat about = { 0 };
	char *data = NULL;
	ssize_t got = -1;

	if (fd >= 0 && !fstat(fd, &about))
		data = malloc((size_t)about.st_size + 1);
	if (data)
		got = read(fd, data, (size_t)about.st_size);
	if (fd >= 0)
		close(fd);
	if (got < 0) {
		free(data);
		return NULL;
	}
	data[got] = 0;
	*bytes = (size_t)got;
	return data;
}

enum cu_status image_read_file(const char *path, struct image **image)
{
	size_t bytes;
	char *data = path ? image_file(path, &bytes) : NULL;
	enum cu_status status;

	if (!data)
		return path ? CU_ERROR_FILE_NOT_FOUND : CU_ERROR_INVALID_VALUE;
	status = image_read(data, image);
	free(data);
	return status;
}

static void free_asked(struct asked *asked)
{
	while (asked) {
		struct asked *next = asked->next;

		free(asked->kernel.name);
		free(asked);
		asked = next;
	}
}

void image_free(struct image *image)
{
	for (unsigned i = 0; i < image->kernel_count; i++)
		free(image->kernels[i].name);
	for (unsigned i = 0; i < image->global_count; i++)
		free(image->globals[i].name);
	free_asked(image->asked);
	free(image->kernels);
	free(image->globals);
	free(image);
}

static const struct image_kernel *ask(struct image *image, const char *name)
{
	struct asked *asked = image->asked;

	while (asked && strcmp(asked->kernel.name, name) != 0)
		asked = asked->next;
	if (asked)
		return &asked->kernel;
	asked = calloc(1, sizeof(*asked));
	if (!asked)
		return NULL;
	asked->kernel.name = strdup(name);
	asked->next = image->asked;
	image->asked = asked;
	return &asked->kernel;
}

const struct image_kernel *image_find(struct image *image, const char *name)
{
	const struct image_kernel *found = find(image, name, strlen(name));

	return found || !image->has_all ? found : ask(image, name);
}
