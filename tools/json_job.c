/* SPDX-License-Identifier: MIT */
#include <jansson.h>

#include "json.h"
#include "json_parts.h"
#include "report/job.h"

json_t *json_element(const struct job_figures *job)
{
	char id[2 * JOB_TEXT_MAX];
	struct text text = text_in(id, sizeof(id));

	if (!job->texts[JOB_INDEX])
		return json_null();
	job_put_id(&text, job);
	return json_foreign(id);
}

static json_t *scheduler(const struct job_figures *job)
{
	const char *name = scheduler_name(job->scheduler);

	return name ? json_string(name) : json_null();
}

json_t *json_job(const struct job_figures *job)
{
	const int *numbers = job->numbers;

	if (!job->texts[JOB_ID] && numbers[JOB_TASK] < 0)
		return json_null();
	return json_pack("{so so so so so so so so so so so so}", "scheduler", scheduler(job), "id",
		json_foreign(job->texts[JOB_ID]), "leader", json_foreign(job->texts[JOB_LEADER]),
		"array", json_element(job), "step", json_foreign(job->texts[JOB_STEP]), "task",
		json_number(numbers[JOB_TASK]), "local_task", json_number(numbers[JOB_LOCAL_TASK]),
		"tasks", json_number(numbers[JOB_TASKS]), "restarts",
		json_number(numbers[JOB_RESTARTS]), "node", json_foreign(job->texts[JOB_NODE]),
		"nodes", json_foreign(job->texts[JOB_NODES]), "gpus",
		json_foreign(job->texts[JOB_GPUS]));
}
