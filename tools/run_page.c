/* SPDX-License-Identifier: MIT */
/*
 * The page in which the command's processes leave their marks (segment/run_page.h).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

/* Out of the way of the numbers that scripts use; open for the command, and its children. */
enum { DESCRIPTOR = 100 };

/* Memory counts as a file here, and more of it than allowed would be a SIGXFSZ. */
static bool is_allowed(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
	       (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= sizeof(struct run_page));
}

static int make_file(void)
{
	int fd = !is_allowed() ? -1 : memfd_create("gpuspy-run", MFD_CLOEXEC | MFD_ALLOW_SEALING),
	    high = -1;

	if (fd < 0)
		return -1;
	if (!ftruncate(fd, sizeof(struct run_page)) &&
		!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		high = fcntl(fd, F_DUPFD, DESCRIPTOR);
		if (high < 0)
			high = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	}
	close(fd);
	return high;
}

static int name_page(int fd)
{
	char value[128];
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	snprintf(value, sizeof(value), RUN_PAGE_FORMAT, (int)getpid(), fd,
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return setenv(RUN_PAGE_VARIABLE, value, 1);
}

void run_make_page(struct run *run)
{
	struct run_page *page = MAP_FAILED;
	struct stat error;
	char folder[PATHS_MAX + SESSION_NAME_MAX + 1];
	int fd;

	/* That of a gpuspy above this one is not for this command. */
	unsetenv(RUN_PAGE_VARIABLE);
	fd = make_file();
	if (fd >= 0)
		page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || name_page(fd)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(folder, sizeof(folder), "%s/%s", run->base, run->session);
	page->folder = run_page_folder(folder);
	if (!fstat(STDERR_FILENO, &error)) {
		page->error_device = error.st_dev;
		page->error_inode = error.st_ino;
	}
	memcpy(page->magic, RUN_PAGE_MAGIC, sizeof(page->magic));
	run->page = page;
}
