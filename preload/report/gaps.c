/* SPDX-License-Identifier: MIT */
#include "gaps.h"

#include "ranks.h"

#define ADVICE_FOLDER   "give GPUSPY_DIR a folder of your own on a file system with room"
#define ADVICE_REPORT   "please report it, with gpuspy report --json"
#define ADVICE_CAPTURES "have the thread that launches begin and end its captures itself"

const struct gap_kind gap_kinds[GAPS] = {
	[GAP_NO_SPACE] = { "no-space", NULL, "no space in the session's folder", NULL,
		"make room there (df /dev/shm), or " ADVICE_FOLDER },
	[GAP_READ_ONLY] = { "read-only", NULL, "the session's folder is on a read-only file system",
		NULL, ADVICE_FOLDER },
	[GAP_FOREIGN_FOLDER] = { "foreign-folder", NULL,
		"the session's folder belongs to somebody else, or is a link", NULL,
		ADVICE_FOLDER ", or remove the other one" },
	[GAP_NO_DESCRIPTORS] = { "no-descriptors", NULL,
		"no file descriptor was free for the session's file", NULL, "raise ulimit -n" },
	[GAP_NO_PERMISSION] = { "no-permission", NULL,
		"the session's folder is closed to the program (another user, umask, chroot)", NULL,
		ADVICE_FOLDER },
	[GAP_SIZE_LIMIT] = { "file-size-limit", NULL,
		"the limit on file sizes leaves no room for the session's file", NULL,
		"raise ulimit -f to 16 MiB or more" },
	[GAP_NO_FOLDER] = { "no-folder", NULL, "the session's folder cannot be made", NULL,
		ADVICE_FOLDER },
	[GAP_FILE_FAILED] = { "no-file", NULL, "the session's file could not be made", NULL,
		ADVICE_FOLDER },
	[GAP_NO_FILE] = { "no-record-kept", "no-record",
		"no record could be kept for others to read; what child processes did is not "
		"known here",
		NULL, ADVICE_FOLDER },
	[GAP_PRIVATE] = { "private-memory", "no-record", "not to be read from outside: ",
		" {byte|bytes} of counters, in the program's private memory", ADVICE_FOLDER },
	[GAP_PRIVATE_SHOWN] = { "private-memory-shown", NULL, "only in this report: ",
		" {byte|bytes} of counters that other readers will not find", ADVICE_FOLDER },
	[GAP_REMOVED] = { "record-removed", "no-record",
		"the session's file was removed while the program ran (logind's RemoveIPC, a wiped "
		"/dev/shm?): later readers will not find it",
		NULL, "give GPUSPY_DIR a folder that nobody empties" },
	[GAP_CHILD_NO_FILE] = { "child-without-record", "no-record",
		"a child process could keep no record, or its record was removed", NULL,
		ADVICE_FOLDER },
	[GAP_DOORS] = { "not-watching", "not-counted",
		"gpuspy could not begin its work in a process", NULL,
		"raise ulimit -v; " ADVICE_REPORT },
	[GAP_OBJECTS] = { "objects-not-looked-at", "not-counted",
		"more libraries were loaded than gpuspy looks at (4,096)", NULL, ADVICE_REPORT },
	[GAP_FUNCTIONS] = { "functions-not-watched", "not-counted", "not watched: ",
		" {function|functions} of the driver for which there was no room", ADVICE_REPORT },
	[GAP_FUNCTIONS_ABOVE] = { "library-functions-not-watched", NULL, "not counted: ",
		" {function|functions} of the libraries above the driver, for which there was no "
		"room",
		NULL },
	[GAP_SLOTS] = { "places-not-watched", "not-counted", "not watched: ",
		" {place that calls|places that call} the driver and could not be written, or not "
		"in time",
		"where the program protects its own code from changes, run it without that" },
	[GAP_SLOTS_ABOVE] = { "library-places-not-watched", NULL, "not counted: calls from ",
		" {place that calls|places that call} a CUDA library and could not be written, or "
		"not in time",
		NULL },
	[GAP_NAMESPACE] = { "other-namespace", "not-counted",
		"not watched: ", " {function|functions} of a driver that was loaded by dlmopen",
		"load the driver by dlopen" },
	[GAP_UNKNOWN_FUNCTION] = { "functions-not-known", "not-counted",
		"not known to this gpuspy: ",
		" {function|functions} of the driver that may launch or copy", "update gpuspy" },
	[GAP_ATTACHED_LATE] = { "attached-late", "attached-late",
		"the GPU's driver was loaded before gpuspy was there: what was done till then, or "
		"is called by addresses that were taken then, is not counted",
		NULL,
		"load gpuspy before the first use of the GPU (R: start anew, and gpu_watch() "
		"before "
		"library(keras3) or library(torch)), or start the program with it (gpuspy run, or "
		"LD_PRELOAD)" },
	[GAP_LATE_ABOVE] = { "libraries-before", NULL, "loaded before gpuspy was there: ",
		" CUDA {library|libraries} above the driver; some calls of {it|them} may not be "
		"counted, their "
		"kernels are",
		NULL },
	[GAP_NOT_PASSED_ON] = { "children-not-watched", "not-counted",
		"what the program started after gpuspy was loaded is not watched: the path of "
		"libgpuspy.so has a space or a colon",
		NULL, "install gpuspy in a folder without them" },
	[GAP_WORKERS_BEFORE] = { "workers-before", "not-counted", "not watched: ",
		" {worker|workers} that the program had started before gpuspy was loaded",
		"load gpuspy first, then start the workers" },
	[GAP_CALLS] = { "calls-not-counted", "not-counted",
		"not counted: ", " {call of a thread|calls of threads} for which there was no room",
		"raise ulimit -v" },
	[GAP_NOT_OBSERVED] = { "calls-not-looked-at", "not-counted", "only counted: of ",
		" {call|calls} of the driver it is not known what they did (nested too deep, or in "
		"a "
		"signal handler)",
		ADVICE_REPORT },
	[GAP_NO_STATUS] = { "calls-without-status", NULL, "nested too deep: of ",
		" {call|calls} only the number is known, not whether {it|they} failed", NULL },
	[GAP_CONTEXTS] = { "calls-without-context", "not-counted", "not counted: what ",
		" {call|calls} did in contexts for which there was no room", ADVICE_REPORT },
	[GAP_MANY_CONTEXTS] = { "contexts-not-told-apart", NULL, "of ",
		" {context|contexts} for which there was no room (512) it is not known whether "
		"{its|their} kernels "
		"finished",
		ADVICE_REPORT },
	[GAP_STREAMS] = { "streams-not-told-apart", NULL, "",
		" {time|times} a stream was one too many to be told from the others (1,024): the "
		"kernels "
		"in it count as finished only when their whole context was waited for",
		NULL },
	[GAP_GRAPHS] = { "graphs-of-unknown-size", "not-counted", "unknown size: of ",
		" {graph launch|graph launches}, or graphs that the device may launch, the kernels "
		"are not known; "
		"there may have been more than shown",
		NULL },
	[GAP_CAPTURES] = { "captures-uncertain", "not-counted", "not certain: ",
		" {piece of work was|pieces of work were} put into a stream just when another "
		"thread "
		"began or ended its capture, or the driver did not say whether it has one; {it "
		"is|they "
		"are} not among "
		"what ran",
		ADVICE_CAPTURES },
	[GAP_KERNEL_NAMES] = { "kernels-without-name", NULL, "counted without a name: ",
		" {kernel|kernels}, as the list of kernels was full or the driver did not name "
		"them",
		NULL },
	[GAP_NAMES] = { "names-cut", NULL, "cut or left out: ",
		" {name that was|names that were} too long or found no room", NULL },
	[GAP_LIBRARIES] = { "libraries-left-out", NULL,
		"left out: ", " {library|libraries} for which the list had no room", NULL },
	[GAP_DEVICES] = { "devices-left-out", NULL, "left out: figures of devices above 31, ",
		" {time|times}; they are in the totals", NULL },
	[GAP_ALLOCATIONS] = { "allocations-not-followed", NULL, "not followed: ",
		" {allocation|allocations}; the memory in use is less than shown", NULL },
	[GAP_ARRAYS] = { "arrays-of-unknown-size", NULL, "unknown size: ",
		" {array|arrays} of a format that is not known; more memory was in use than shown",
		NULL },
	[GAP_NO_WITNESS] = { "no-witness", "no-witness",
		"what the process had of the GPU at its end could not be looked at (a sandbox, no "
		"/proc, no descriptors)",
		NULL, "run it outside of the sandbox once" },
	[GAP_NO_END] = { "no-end", "no-witness",
		"ended without a word while it could use the GPU: ",
		" process {image|images} (killed, or replaced by exec)",
		"let the program end by itself" },
	[GAP_UNREADABLE] = { "records-unreadable", "no-record",
		"could not be read and are left out: ", " {file|files} of this session",
		"read it as the user who ran it" },
	[GAP_OTHER_VERSION] = { "records-of-other-version", "no-record",
		"left out: ", " {file|files} that another version of gpuspy wrote",
		"read them with that version's gpuspy" },
	[GAP_NO_RECORD] = { "no-record", "no-record", "no record was left by ",
		" {process|processes} of this session",
		"what it did is in its own report, if it could print one; " ADVICE_FOLDER },
	[GAP_NOT_BEGUN] = { "not-begun", "no-record",
		"gpuspy's library did not begin in the command, or not in the program that it "
		"became",
		NULL,
		"a static or setuid program, sudo and `env -i' do not take the library along: put "
		"gpuspy after them, as in `sudo -u USER gpuspy run COMMAND'; in LD_PRELOAD a "
		"libgpuspy.so of another version than gpuspy run is of no use to it" },
	[GAP_UNWATCHED] = { "unwatched-programs", "no-record",
		"gpuspy's library was not loaded into ",
		" {program|programs} that this session started (static, setuid, `env -i', another "
		"LD_PRELOAD or GPUSPY_DIR), and {it|they} could use a GPU",
		"start them with gpuspy, as in `sudo gpuspy run COMMAND'; leave LD_PRELOAD in "
		"their "
		"environment" },
	[GAP_STILL_RUNNING] = { "still-running", "still-running",
		"gone on after the command's end: ", " {process|processes} that it started",
		"let the command wait for what it starts; gpuspy report tells of kernels that "
		"they launch later" },
	[GAP_ELSEWHERE] = { "elsewhere", "no-record",
		"in another folder, if anywhere, is the record of ",
		" {process|processes} (another user, namespace, GPUSPY_DIR or session)",
		"gpuspy report, as that user or with that GPUSPY_DIR" },
	[GAP_LAUNCHED] = { "launched", "no-record",
		"what was started elsewhere is not known here: ",
		" {launcher|launchers} ran (srun, mpirun, ssh and their like)",
		"gpuspy report --job, or gpuspy report where it ran" },
	[GAP_AS_USER] = { "kept-as-another-user", NULL,
		"in another user's folder, which that user can "
		"change, is what ",
		" {process|processes} did after {it|they} had become that user", NULL },
	[GAP_GOES_ON] = { "launching-at-the-end", "not-counted", "not in this report: ",
		" {kernel|kernels} or more, of threads that went on while it was written",
		"gpuspy report has all, now that the process has ended" },
	[GAP_STARTS] = { "starts-not-seen", "not-counted",
		"not watched: what libraries do as they begin, for the program, or another library "
		"of LD_PRELOAD, has a __gmon_start__ of its own (gcc -pg), or a library that calls "
		"the driver has no _init of the usual start files (-nostartfiles, -init)",
		NULL, "build it without -pg, and with the usual start files" },
};

void gap_put(struct text *text, enum gap gap, uint64_t count)
{
	const struct gap_kind *kind = &gap_kinds[gap];

	text_put(text, kind->before);
	if (!kind->after)
		return;
	text_put_count(text, count);
	text_put_agreeing(text, kind->after, count);
}

static bool all_ranks_are_here(const struct session_snapshot *session)
{
	struct ranks ranks = ranks_find(session);

	return ranks.launchers && !ranks_launched(&ranks);
}

uint64_t gap_of_session(const struct session_snapshot *session, enum gap gap)
{
	uint64_t own = session->figures.gaps[gap];

	switch (gap) {
	case GAP_UNREADABLE:
		return own + session->unreadable;
	case GAP_OTHER_VERSION:
		return own + session->other_version;
	case GAP_NO_RECORD:
		return own + session->unrecorded;
	case GAP_NOT_BEGUN:
		return own + session->not_begun;
	case GAP_ELSEWHERE:
		return own + session->elsewhere;
	case GAP_UNWATCHED:
		return own + session->unwatched;
	case GAP_STILL_RUNNING:
		return own + session->still_running;
	case GAP_LAUNCHED:
		return own && all_ranks_are_here(session) ? 0 : own;
	default:
		return own;
	}
}
