/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <sys/auxv.h>
#include <unistd.h>

#include "config.h"
#include "variables.h"

void base_of_user(uid_t user, char base[PATHS_MAX])
{
	if (!config_folder(&config, user, base))
		paths_of_user(base, user);
}

bool base_now(char base[PATHS_MAX])
{
	if (geteuid() == getauxval(AT_EUID))
		return !paths_base(base, variables.folder);
	base_of_user(geteuid(), base);
	return true;
}

bool base_at_start(char base[PATHS_MAX])
{
	if (variables.folder[0])
		return !paths_base(base, variables.folder);
	base_of_user((uid_t)getauxval(AT_EUID), base);
	return true;
}
