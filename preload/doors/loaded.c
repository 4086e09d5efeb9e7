#include "loaded.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

#include "../loader/search.h"
#include "../objects/elf.h"
#include "../objects/real.h"

struct wanted {
	const char *name;
	struct stat file; /* of a name that is a path, once `by_file` */
	bool is_path, by_file;
};

/* The program itself has no name there; the vDSO's is no file. */
static bool is_same_file(const struct wanted *wanted, const char *loaded)
{
	struct stat file;

	return *loaded && !stat(loaded, &file) && file.st_dev == wanted->file.st_dev &&
	       file.st_ino == wanted->file.st_ino;
}

static int is_wanted(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct wanted *wanted = data;
	const char *loaded = info->dlpi_name ? info->dlpi_name : "";
	struct elf_image image;

	(void)size;
	if (wanted->by_file)
		return is_same_file(wanted, loaded);
	if (wanted->is_path)
		return !strcmp(loaded, wanted->name);
	if (!strcmp(loader_file_name(loaded), wanted->name))
		return 1;
	elf_read(&image, info);
	return image.soname && !strcmp(image.soname, wanted->name);
}

bool library_is_loaded(const char *name)
{
	struct wanted wanted = { .name = name, .is_path = strchr(name, '/') != NULL };

	if (dl_iterate_phdr(is_wanted, &wanted))
		return true;
	/* By another name; asking for the file of every object is slow where they are many. */
	wanted.by_file = wanted.is_path && !stat(name, &wanted.file);
	return wanted.by_file && dl_iterate_phdr(is_wanted, &wanted);
}

const char *library_words(const char *name)
{
	void *handle;

	dlerror();
	handle = real_dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
	if (handle)
		dlclose(handle); /* another thread has loaded it just now */
	return handle ? NULL : dlerror();
}
