/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/path.h"
#include "../segment/own_program.h"
#include "config.h"
#include "imports.h"

/* Where the kernel put the number of arguments, and then those (ld.so). */
extern void *__libc_stack_end __attribute__((weak));

/* Read at the start, when the program has not written there yet. */
struct arguments {
	char **at;
};

static bool read_arguments(struct arguments *arguments)
{
	if (!&__libc_stack_end || !__libc_stack_end)
		return false;
	arguments->at = (char **)__libc_stack_end + 1;
	return true;
}

static const char *next_argument(struct arguments *arguments)
{
	return *arguments->at ? *arguments->at++ : NULL;
}

static bool prints_only(const char *option)
{
	return !strcmp(option, "--version") || !strcmp(option, "--help");
}

static bool is_system_script(const char *script)
{
	static const char folders[][12] = { "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/share/",
		"/bin/", "/sbin/", "/etc/" };

	for (unsigned i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (after_start(script, folders[i]))
			return true;
	return false;
}

/* Of this process, "" when it cannot be had. */
static const char *program_path(void)
{
	LARGE static char path[PATHS_MAX];
	ssize_t n = path[0] ? 0 : readlink("/proc/self/exe", path, sizeof(path) - 1);

	return n < 0 ? "" : path;
}

/* Options of Python that end in a letter of these have their value in the next argument. */
static bool has_value(const char *option)
{
	return option[1] != '-' && strchr("WX", option[strlen(option) - 1]);
}

static bool python_is_asked_about(struct arguments *arguments)
{
	const char *argument;

	while ((argument = next_argument(arguments))) {
		if (argument[0] != '-')
			return !is_system_script(argument);
		if (prints_only(argument) || !strcmp(argument, "-V") || !strcmp(argument, "-VV") ||
			!strcmp(argument, "-h"))
			return false;
		if (!argument[1] || !strcmp(argument, "--") || argument[1] == 'c' ||
			argument[1] == 'm')
			return true;
		if (has_value(argument))
			next_argument(arguments);
	}
	return true;
}

/*
 * R CMD sets R_CMD for all that it starts: INSTALL and its like feed a line to an R, which starts
 * some more. R CMD BATCH, which is for people's programs, says -f.
 */
static bool r_is_asked_about(struct arguments *arguments)
{
	bool file = false;
	const char *argument;

	while ((argument = next_argument(arguments)) && strcmp(argument, "--args")) {
		if (prints_only(argument))
			return false;
		file |= !strcmp(argument, "-f");
	}
	return file || !getenv("R_CMD");
}

static bool julia_is_asked_about(struct arguments *arguments)
{
	const char *argument = next_argument(arguments);

	return !argument || (!prints_only(argument) && strcmp(argument, "-v") != 0);
}

static const struct interpreter {
	const char *name;
	bool versioned; /* what follows the name does not matter: python3.11 */
	bool (*is_asked_about)(struct arguments *arguments);
} interpreters[] = {
	{ "R", false, r_is_asked_about },
	{ "python", true, python_is_asked_about },
	{ "julia", false, julia_is_asked_about },
};

static const struct interpreter *find_interpreter(const char *program)
{
	for (unsigned i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
		const struct interpreter *one = &interpreters[i];

		if (one->versioned ? after_start(program, one->name) != NULL
				   : !strcmp(program, one->name))
			return one;
	}
	return NULL;
}

/*
 * Programs that have an interpreter inside, whatever their name: RStudio's rsession, Positron's
 * ark. Python is in many tools of the system, too (gdb, vim), and nobody asks about those.
 */
bool program_library_is_asked_about(const char *path)
{
	static const char always[][12] = { "libR.so", "libjulia.so" };
	const char *name = program_invocation_short_name, *file = path_file(path);

	if (name && find_interpreter(name)) /* its arguments say more */
		return false;
	for (unsigned i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (after_start(file, always[i]))
			return true;
	return after_start(file, "libpython") && strstr(file, ".so") &&
	       !is_system_script(program_path());
}

static bool is_libr(const char *path)
{
	return after_start(path_file(path), "libR.so") != NULL;
}

bool program_has_r(void)
{
	const char *name = program_invocation_short_name;

	return (name && !strcmp(name, "R")) || imports_any_object(is_libr);
}

bool program_is_asked_about(void)
{
	const char *name = program_invocation_short_name;
	const struct interpreter *found = name ? find_interpreter(name) : NULL;
	struct arguments arguments;

	if (!found)
		return imports_any_object(program_library_is_asked_about);
	if (!read_arguments(&arguments) || !next_argument(&arguments))
		return true;
	return found->is_asked_about(&arguments);
}

typedef const char program_name[24];

/* The last one is "". */
static bool is_one_of(const char *name, program_name *names)
{
	for (; **names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* bash(1) takes its long options with one dash, too. Those with a value have it behind them. */
static bool is_long_option(const char *argument, bool *has_value_behind)
{
	static program_name names[] = { "debugger", "dump-po-strings", "dump-strings", "help",
		"login", "noediting", "noprofile", "norc", "posix", "pretty-print", "protected",
		"restricted", "verbose", "version", "wordexp", "" };
	static program_name with_value[] = { "init-file", "rcfile", "" };
	const char *name = argument + 1 + (argument[1] == '-');

	*has_value_behind = is_one_of(name, with_value);
	return *has_value_behind || argument[1] == '-' || is_one_of(name, names);
}

/* sh(1): with neither a command nor a script, what comes from a terminal is typed. */
static bool shell_is_interactive(void)
{
	struct arguments arguments;
	const char *argument;
	bool command = false, told = false, value;

	if (!read_arguments(&arguments) || !next_argument(&arguments))
		return false;
	while ((argument = next_argument(&arguments)) && (*argument == '-' || *argument == '+')) {
		if (!argument[1]) /* that ends the options, as -- does; what follows is none */
			continue;
		if (is_long_option(argument, &value)) {
			if (value)
				next_argument(&arguments);
			continue;
		}
		told |= strchr(argument, 'i') != NULL;
		command |= strchr(argument, 'c') != NULL;
		if (argument[1] == 'o' || argument[1] == 'O')
			next_argument(&arguments);
	}
	return !command && !argument && (told || (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)));
}

bool program_is_typed_in(void)
{
	static program_name shells[] = { "sh", "bash", "dash", "zsh", "fish", "ksh", "ksh93",
		"mksh", "ash", "busybox", "csh", "tcsh", "rbash", "xonsh", "nu", "" };
	const char *name = program_invocation_short_name;

	/* "-bash" is the name of a login shell. */
	return name && is_one_of(name + (*name == '-'), shells) && shell_is_interactive();
}

bool program_is_for_others(void)
{
	static program_name names[] = { "tmux", "tmux: server", "screen", "SCREEN", "dtach",
		"abduco", "zellij", "sshd", "sshd-session", "mosh-server", "dropbear", "login",
		"script", "systemd", "cron", "crond", "atd", "slurmd", "slurmstepd", "pbs_mom",
		"sbatchd", "xterm", "konsole", "gnome-terminal-server", "gnome-terminal-",
		"alacritty", "kitty", "foot", "wezterm-gui", "gnome-session-b", "gdm-x-session",
		"gdm-wayland-session", "gnome-shell", "plasmashell", "startplasma-x11",
		"startplasma-wayland", "xfce4-session", "code-server", "" };
	const char *name = program_invocation_short_name;

	return name && (is_one_of(name, names) || program_is_typed_in());
}

bool program_waits_for_others(void)
{
	static program_name names[] = { "script", "" };
	const char *name = program_invocation_short_name;

	return name && is_one_of(name, names);
}

/* Its notes are mapped, for they are in what the loader maps. */
static bool has_own_note(void)
{
	const ElfW(Phdr) *segments = (const void *)getauxval(AT_PHDR),
			 *last = segments + getauxval(AT_PHNUM);
	uintptr_t base = (uintptr_t)segments;

	for (const ElfW(Phdr) *one = segments; one < last; one++)
		if (one->p_type == PT_PHDR)
			base -= one->p_vaddr;
	for (const ElfW(Phdr) *one = segments; one < last; one++)
		if (one->p_type == PT_NOTE && base != (uintptr_t)segments &&
			memmem((const void *)(base + one->p_vaddr), one->p_memsz, OWN_PROGRAM_NAME,
				sizeof(OWN_PROGRAM_NAME)))
			return true;
	return false;
}

bool program_is_gpuspy(void)
{
	static program_name names[] = { "gpuspy", "gpuspy-top", "gpuspy-doctor", "" };
	const char *name = program_invocation_short_name;

	return name && is_one_of(name, names) && has_own_note();
}

bool program_is_watched(void)
{
	const struct config_pattern *by;

	return !config.n_patterns || config_watches(&config, program_path(), &by);
}

/* What Python was told to run by name: a script's file, or a module; NULL: neither. */
static const char *python_runs(struct arguments *arguments)
{
	const char *argument;

	while ((argument = next_argument(arguments))) {
		if (argument[0] != '-')
			return path_file(argument);
		if (argument[1] == 'm')
			return argument[2] ? argument + 2 : next_argument(arguments);
		if (!argument[1] || argument[1] == 'c' || !strcmp(argument, "--"))
			return NULL;
		if (has_value(argument))
			next_argument(arguments);
	}
	return NULL;
}

/* Launchers that are scripts have their interpreter's name. */
static bool script_is_launcher(void)
{
	static program_name scripts[] = { "ray", "ray.scripts.scripts", "dask", "dask-ssh",
		"dask.__main__", "sky", "modal", "docker-compose", "" };
	struct arguments arguments;
	const char *script;

	if (!after_start(program_invocation_short_name, "python") || !read_arguments(&arguments) ||
		!next_argument(&arguments))
		return false;
	script = python_runs(&arguments);
	return script && is_one_of(script, scripts);
}

bool program_launches(const char *name)
{
	static program_name names[] = { "srun", "sbatch", "mpirun", "mpiexec", "mpiexec.hydra",
		"mpirun.openmpi", "mpiexec.openmpi", "mpirun.mpich", "mpiexec.mpich", "orterun",
		"prun", "prterun", "jsrun", "aprun", "palsrun", "pbsdsh", "pbs_tmrsh", "qsub",
		"qrsh", "blaunch", "bsub", "flux", "condor_submit", "condor_run", "oarsub", "msub",
		"ssh", "rsh", "rexec", "dbclient", "mosh", "mosh-client", "pdsh", "clush", "docker",
		"docker-compose", "podman", "podman-remote", "nerdctl", "ctr", "crictl", "runc",
		"crun", "youki", "buildah", "apptainer", "singularity", "kubectl", "oc", "k3s",
		"microk8s", "minikube", "nomad", "flatpak", "flatpak-spawn", "snap", "lxc",
		"lxc-start", "lxc-execute", "lxc-attach", "lxc-unpriv-exec", "incus", "toolbox",
		"systemd-run", "systemd-nspawn", "run0", "machinectl", "at", "pueue", "tmux",
		"screen", "salloc", "ollama", "" };

	return is_one_of(name, names);
}

bool program_becomes_user(const char *name)
{
	static program_name names[] = { "gosu", "su-exec", "setuidgid", "s6-setuidgid",
		"s6-applyuidgid", "chpst", "" };

	return is_one_of(name, names);
}

/* ssh -V, docker --version: with that alone it starts nothing. To qsub -V is something else. */
static bool tells_of_itself_only(const char *name)
{
	static program_name with_v[] = { "ssh", "tmux", "srun", "sbatch", "salloc", "at", "mpirun",
		"mpiexec", "mpirun.openmpi", "mpiexec.openmpi", "orterun", "" };
	struct arguments arguments;
	const char *option;

	return read_arguments(&arguments) && next_argument(&arguments) &&
	       (option = next_argument(&arguments)) && !next_argument(&arguments) &&
	       (prints_only(option) || (!strcmp(option, "-V") && is_one_of(name, with_v)));
}

bool program_is_launcher(void)
{
	const char *name = program_invocation_short_name;

	return name && (program_launches(name) || script_is_launcher()) &&
	       !tells_of_itself_only(name);
}
