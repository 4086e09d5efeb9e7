/* SPDX-License-Identifier: MIT */
/*
 * left HOW SECONDS [FILE]: starts a process that goes on for so long, and ends at once; HOW it is
 * one that is hard to see. cuInit was called before, so that there is something to say.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static double seconds;

static void wait_us(long us)
{
	const struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

static void go_on(void)
{
	for (int i = 0; i < 3; i++)
		close(i);
	wait_us((long)(seconds * 1000000));
	_exit(0);
}

static void *go_on_in_thread(void *nothing)
{
	go_on();
	return nothing;
}

static void *end_in_thread(void *nothing)
{
	wait_us(20000);
	exit(0);
	return nothing;
}

static void leave_to(void *(*other)(void *))
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, other, NULL))
		pthread_exit(NULL);
	_exit(2);
}

/* Each starts the next and ends. */
static void chain(void)
{
	for (int i = 0; i < seconds * 70; i++) {
		wait_us(20000);
		if (fork())
			_exit(0);
	}
	_exit(0);
}

/* Another program, of which nothing is in memory yet: it is read from the disk in execve(2). */
static void become(char *file)
{
	char shell[64];
	int fd = open(file, O_RDONLY);

	snprintf(shell, sizeof(shell), "exec >/dev/null 2>&1; sleep %g; :", seconds);
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	if (!vfork()) {
		execl(file, file, "-c", shell, (char *)NULL);
		_exit(2);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	void *library = dlopen("libcuda.so.1", RTLD_NOW);
	int (*init)(unsigned) = NULL;

	if (!library || argc < 3)
		return 2;
	seconds = atof(argv[2]);
	*(void **)&init = dlsym(library, "cuInit");
	if (!init || init(0))
		return 2;
	if (!strcmp(how, "become") && argc > 3) {
		become(argv[3]);
		return 0;
	}
	if (!fork()) {
		if (!strcmp(how, "thread")) {
			setsid(); /* by its parent and its group it is not known */
			if (fork())
				_exit(0);
			leave_to(go_on_in_thread);
		}
		if (!strcmp(how, "hidden"))
			prctl(PR_SET_DUMPABLE, 0);
		if (!strcmp(how, "chain"))
			chain();
		go_on();
	}
	wait_us(20000);
	if (!strcmp(how, "owner"))
		leave_to(end_in_thread);
	return 0;
}
