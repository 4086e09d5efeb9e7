/* SPDX-License-Identifier: MIT */
#include "run_terminal.h"

#include <fcntl.h>
#include <unistd.h>

pid_t run_terminal_group(pid_t command)
{
	pid_t self = getpid(), group = getpgid(command);

	if (getpgrp() != self || getsid(command) != getsid(0))
		return 0;
	return group > 0 && group != self ? group : 0;
}

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool run_terminal_is_lent(pid_t command)
{
	pid_t group = run_terminal_group(command);
	int terminal = group ? open_terminal() : -1;
	bool has = terminal >= 0 && tcgetpgrp(terminal) == group;

	if (terminal >= 0)
		close(terminal);
	return has;
}

void run_terminal_lend(pid_t command)
{
	pid_t group = run_terminal_group(command);
	int terminal = group ? open_terminal() : -1;

	if (terminal < 0)
		return;
	if (tcgetpgrp(terminal) == getpgrp())
		tcsetpgrp(terminal, group);
	close(terminal);
}
