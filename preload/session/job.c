/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../ground/large.h"
#include "../ground/number.h"
#include "../segment/writer.h"
#include "variables.h"

/* Names stand in the tables: pointers would cost every sed and uname a relocation each. */
typedef char name[28];

static const struct scheduler_signs {
	enum scheduler scheduler;
	name present, and; /* both are set; and: "": the first is enough */
	char none[12];     /* the index of what is no element of an array */
} signs[] = {
	{ SCHEDULER_SLURM, "SLURM_JOB_ID", "", "" },
	{ SCHEDULER_PBS, "PBS_JOBID", "", "" },
	{ SCHEDULER_LSF, "LSB_JOBID", "", "0" },
	{ SCHEDULER_SGE, "JOB_ID", "SGE_ROOT", "undefined" },
	{ SCHEDULER_FLUX, "FLUX_JOB_ID", "", "" },
	{ SCHEDULER_COBALT, "COBALT_JOBID", "", "" },
	/* A pod knows its job only if it is told (downward API). */
	{ SCHEDULER_KUBERNETES, "KUBERNETES_SERVICE_HOST", "JOB_NAME", "" },
};

/* Of several variables for one thing the first that is set counts. */
static const struct source {
	enum scheduler scheduler;
	enum job_text text;
	name variable;
} texts[] = {
	{ SCHEDULER_SLURM, JOB_ID, "SLURM_JOB_ID" },
	{ SCHEDULER_SLURM, JOB_LEADER, "SLURM_HET_JOB_ID" },
	{ SCHEDULER_SLURM, JOB_LEADER, "SLURM_JOB_ID_HET_GROUP_0" },
	{ SCHEDULER_SLURM, JOB_ARRAY, "SLURM_ARRAY_JOB_ID" },
	{ SCHEDULER_SLURM, JOB_INDEX, "SLURM_ARRAY_TASK_ID" },
	{ SCHEDULER_SLURM, JOB_STEP, "SLURM_STEP_ID" },
	{ SCHEDULER_SLURM, JOB_NODES, "SLURM_JOB_NODELIST" },
	{ SCHEDULER_SLURM, JOB_NODES, "SLURM_NODELIST" },
	{ SCHEDULER_SLURM, JOB_NODE, "SLURMD_NODENAME" },
	{ SCHEDULER_SLURM, JOB_GPUS, "SLURM_JOB_GPUS" },
	{ SCHEDULER_SLURM, JOB_GPUS, "SLURM_STEP_GPUS" },
	{ SCHEDULER_PBS, JOB_ID, "PBS_JOBID" },
	{ SCHEDULER_PBS, JOB_INDEX, "PBS_ARRAY_INDEX" },
	{ SCHEDULER_PBS, JOB_INDEX, "PBS_ARRAYID" },
	{ SCHEDULER_LSF, JOB_ID, "LSB_JOBID" },
	{ SCHEDULER_LSF, JOB_INDEX, "LSB_JOBINDEX" },
	{ SCHEDULER_LSF, JOB_NODES, "LSB_HOSTS" },
	{ SCHEDULER_SGE, JOB_ID, "JOB_ID" },
	{ SCHEDULER_SGE, JOB_INDEX, "SGE_TASK_ID" },
	{ SCHEDULER_FLUX, JOB_ID, "FLUX_JOB_ID" },
	{ SCHEDULER_FLUX, JOB_INDEX, "FLUX_JOB_CC" },
	{ SCHEDULER_COBALT, JOB_ID, "COBALT_JOBID" },
	{ SCHEDULER_KUBERNETES, JOB_ID, "JOB_NAME" },
	{ SCHEDULER_KUBERNETES, JOB_INDEX, "JOB_COMPLETION_INDEX" },
	{ SCHEDULER_KUBERNETES, JOB_NODE, "NODE_NAME" },
};

static const struct number_source {
	enum scheduler scheduler;
	enum job_number number;
	name variable;
} numbers[] = {
	{ SCHEDULER_SLURM, JOB_TASK, "SLURM_PROCID" },
	{ SCHEDULER_SLURM, JOB_LOCAL_TASK, "SLURM_LOCALID" },
	{ SCHEDULER_SLURM, JOB_TASKS, "SLURM_STEP_NUM_TASKS" },
	{ SCHEDULER_SLURM, JOB_TASKS, "SLURM_NTASKS" },
	{ SCHEDULER_SLURM, JOB_RESTARTS, "SLURM_RESTART_COUNT" },
	{ SCHEDULER_PBS, JOB_TASK, "PBS_TASKNUM" },
	{ SCHEDULER_LSF, JOB_TASK, "LSF_PM_TASKID" },
	{ SCHEDULER_SGE, JOB_RESTARTS, "RESTARTED" },
	{ SCHEDULER_FLUX, JOB_TASK, "FLUX_TASK_RANK" },
	{ SCHEDULER_FLUX, JOB_LOCAL_TASK, "FLUX_TASK_LOCAL_ID" },
	{ SCHEDULER_FLUX, JOB_TASKS, "FLUX_JOB_SIZE" },
};

/* Ranks of launchers. What an mpirun starts has the scheduler's variables of its daemon. */
static const struct ranks {
	name needs; /* "": nothing else */
	name numbers[JOB_TASKS + 1];
} ranks[] = {
	{ "", { "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_SIZE" } },
	{ "", { "PMIX_RANK", "", "" } },
	{ "", { "PMI_RANK", "PMI_LOCAL_RANK", "PMI_SIZE" } },
	{ "", { "PALS_RANKID", "PALS_LOCAL_RANKID", "" } },
	{ "", { "JSM_NAMESPACE_RANK", "JSM_NAMESPACE_LOCAL_RANK", "JSM_NAMESPACE_SIZE" } },
	{ "TORCHELASTIC_RUN_ID", { "RANK", "LOCAL_RANK", "WORLD_SIZE" } },
};

#define LENGTH(table) (sizeof(table) / sizeof(*(table)))

/* As it stands in a segment: one more, or 0. */
static uint32_t number(const char *text)
{
	const char *end;
	uint64_t value;

	if (!text || *text < '0' || *text > '9')
		return 0;
	value = number_read(text, 10, &end);
	return *end || value >= INT32_MAX ? 0 : (uint32_t)value + 1;
}

static const struct scheduler_signs *find_scheduler(void)
{
	for (size_t i = 0; i < LENGTH(signs); i++)
		if (variable(signs[i].present) && (!signs[i].and[0] || variable(signs[i].and)))
			return &signs[i];
	return NULL;
}

bool job_is_there(void)
{
	return find_scheduler() != NULL;
}

static uint32_t keep(const char *text, size_t length)
{
	char value[JOB_TEXT_MAX];

	if (length >= sizeof(value))
		length = sizeof(value) - 1;
	memcpy(value, text, length);
	value[length] = 0;
	return writer_string(value);
}

static void note_texts(struct segment_job *job, const struct scheduler_signs *of)
{
	for (size_t i = 0; i < LENGTH(texts); i++) {
		enum job_text text = texts[i].text;
		const char *value = texts[i].scheduler == of->scheduler && !job->texts[text]
					    ? variable(texts[i].variable)
					    : NULL;

		if (value && !(text == JOB_INDEX && !strcmp(value, of->none)))
			job->texts[text] = keep(value, strlen(value));
	}
	/* The script has a node and no step; the shell of salloc has neither. */
	if (of->scheduler == SCHEDULER_SLURM && !job->texts[JOB_STEP] && job->texts[JOB_NODE])
		job->texts[JOB_STEP] = writer_string("batch");
}

static void note_numbers(struct segment_job *job, const struct scheduler_signs *of)
{
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		uint32_t *to = &job->numbers[numbers[i].number];

		if (numbers[i].scheduler == of->scheduler && !*to)
			*to = number(variable(numbers[i].variable));
	}
}

static void note_rank(struct segment_job *job)
{
	for (const struct ranks *one = ranks; one < ranks + LENGTH(ranks); one++) {
		if (!variable(one->numbers[JOB_TASK]) || (one->needs[0] && !variable(one->needs)))
			continue;
		for (int i = JOB_TASK; i <= JOB_TASKS; i++)
			job->numbers[i] =
				number(one->numbers[i][0] ? variable(one->numbers[i]) : NULL);
		return;
	}
}

/* What stands between `before` and the next slash, the last time; false: nothing. */
static bool keep_part(uint32_t *to, const char *text, const char *before)
{
	const char *found = NULL;

	for (const char *at = text; (at = strstr(at, before)); at++)
		found = at + strlen(before);
	if (!found)
		return false;
	*to = keep(found, strcspn(found, "/\n"));
	return *to != 0;
}

/*
 * Of a process that lost its variables (env -i), Slurm's cgroup still says what it is:
 * .../job_1234/step_0/task_3, with either version of cgroups.
 */
static void note_cgroup(struct segment_job *job)
{
	int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	LARGE static char text[2048]; /* a thread's stack is small */
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	text[n] = 0;
	if (!keep_part(&job->texts[JOB_ID], text, "/job_"))
		return;
	job->scheduler = SCHEDULER_SLURM;
	keep_part(&job->texts[JOB_STEP], text, "/step_");
}

void job_note(void)
{
	const struct scheduler_signs *found = find_scheduler();
	struct segment_job *job = &segment->job;
	int saved = errno;

	if (found) {
		job->scheduler = found->scheduler;
		note_texts(job, found);
		note_numbers(job, found);
	} else {
		note_cgroup(job);
	}
	note_rank(job);
	errno = saved;
}
