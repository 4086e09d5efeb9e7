/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <string.h>

#include "doubts.h"
#include "facts.h"
#include "missing.h"
#include "sentences.h"

static const struct {
	char code[24], headline[12];
} verdicts[] = {
	[VERDICT_WORK] = { "gpu-work", "YES" },
	[VERDICT_UNCONFIRMED] = { "gpu-work-unconfirmed", "UNCONFIRMED" },
	[VERDICT_FAULT] = { "gpu-fault", "FAILED" },
	[VERDICT_IDLE] = { "gpu-idle", "NO" },
	[VERDICT_UNAVAILABLE] = { "gpu-unavailable", "NO" },
	[VERDICT_UNUSED] = { "gpu-unused", "NO" },
	[VERDICT_UNKNOWN] = { "unknown", "UNKNOWN" },
};

const char *verdict_code(enum verdict verdict)
{
	return verdicts[verdict].code;
}

const char *verdict_headline(enum verdict verdict)
{
	return verdicts[verdict].headline;
}

static bool faulted(const struct figures *f)
{
	return f->totals.kernels && f->driver.fault_status;
}

static bool confirmed(const struct figures *f)
{
	return f->totals.kernels && f->totals.confirmed;
}

static bool launched(const struct figures *f)
{
	return f->totals.kernels != 0;
}

static bool stub(const struct figures *f)
{
	/* The stub answers so to every call, cuGetProcAddress too, which comes before cuInit. */
	return !f->driver.init_ok &&
	       (facts_status(f) == STATUS_STUB || facts_driver_answered(f, STATUS_STUB) ||
		       (facts_gave_up(f) && f->driver.stub));
}

static bool driver_missing(const struct figures *f)
{
	int status = facts_status(f);

	return facts_driver_missing(f) ||
	       (!facts_driver_loaded(f) &&
		       (status == STATUS_DRIVER_TOO_OLD || status == STATUS_NO_DEVICE));
}

static bool too_old(const struct figures *f)
{
	return f->driver.runtime_error == STATUS_DRIVER_TOO_OLD || facts_static_too_old(f) ||
	       facts_gave_up(f);
}

static bool mismatch(const struct figures *f)
{
	return facts_status(f) == STATUS_DRIVER_MISMATCH;
}

static bool compat(const struct figures *f)
{
	return facts_status(f) == STATUS_COMPAT;
}

static bool no_device(const struct figures *f)
{
	return facts_status(f) == STATUS_NO_DEVICE ||
	       (f->driver.init_ok && f->driver.device_count == 0);
}

static bool hidden(const struct figures *f)
{
	return no_device(f) && facts_devices_hidden(f);
}

/* The simulated driver needs no kernel's side; WSL and Jetsons have another one. */
static bool access_matters(const struct figures *f)
{
	return (f->driver.access & ACCESS_KNOWN) && !(f->driver.access & ACCESS_OTHER) &&
	       !f->driver.simulated && !f->driver.init_ok && f->driver.init_calls &&
	       f->driver.init_status;
}

static bool not_in_kernel(const struct figures *f)
{
	const unsigned any = ACCESS_DRIVER | ACCESS_CONTROL | ACCESS_DEVICE;

	return access_matters(f) && !(f->driver.access & any);
}

static bool files_closed(const struct figures *f)
{
	const unsigned open = ACCESS_CONTROL_OPENS | ACCESS_DEVICE_OPENS;

	return access_matters(f) && (f->driver.access & open) != open;
}

static bool mig_empty(const struct figures *f)
{
	return access_matters(f) && no_device(f) && (f->driver.access & ACCESS_MIG_EMPTY);
}

static bool init_failed(const struct figures *f)
{
	return !f->driver.init_ok &&
	       ((f->driver.init_calls && f->driver.init_status) || facts_failing(f));
}

/* The parent has initialised it, and the child called all the same. */
static bool after_fork(const struct figures *f)
{
	return f->driver.init_ok && f->driver.fork_error;
}

/* The same of the child's figures alone. */
static bool after_fork_alone(const struct figures *f)
{
	return !f->driver.init_ok && f->driver.fork_error && f->driver.forked_late;
}

static bool initialised(const struct figures *f)
{
	return f->driver.init_ok;
}

static bool no_image(const struct figures *f)
{
	return initialised(f) && facts_no_image(f);
}

static bool out_of_memory(const struct figures *f)
{
	return initialised(f) && facts_out_of_memory(f);
}

static bool launch_failed(const struct figures *f)
{
	return initialised(f) && facts_failing_launch(f);
}

static bool reserved(const struct figures *f)
{
	return initialised(f) && facts_reserved(f);
}

static bool only_copies(const struct figures *f)
{
	return initialised(f) && facts_copies(f);
}

static bool library_missing(const struct figures *f)
{
	return missing_library(f, MISSING_PERHAPS) != NULL;
}

static bool idle_for_library(const struct figures *f)
{
	return initialised(f) && missing_library(f, MISSING_SURELY);
}

static bool cpu_build(const struct figures *f)
{
	return f->driver.framework && f->driver.build == BUILD_CPU;
}

/* Told also where something else kept the program from finding out. */
static bool all_hidden(const struct figures *f)
{
	return !initialised(f) && facts_all_hidden(f);
}

static bool never(const struct figures *f)
{
	(void)f;
	return false;
}

static bool always(const struct figures *f)
{
	(void)f;
	return true;
}

/*
 * The first that applies is the reason. What else `also` applies is told beside a NO: these are
 * causes of their own, which come to light when the first one is gone.
 */
static const struct rule {
	bool (*applies)(const struct figures *figures);
	enum verdict verdict;
	const char *reason;
	sentence *summary, *evidence, *advice; /* evidence, advice: NULL: none */
	bool (*also)(const struct figures *figures);
} rules[] = {
	{ faulted, VERDICT_FAULT, "device-fault", say_fault, show_fault, advise_fault, NULL },
	{ confirmed, VERDICT_WORK, "completed", say_completed, show_children, NULL, NULL },
	{ launched, VERDICT_UNCONFIRMED, "no-sync", say_no_sync, show_children, advise_sync, NULL },
	{ stub, VERDICT_UNAVAILABLE, "driver-stub", say_stub, show_status, advise_stub, NULL },
	{ driver_missing, VERDICT_UNAVAILABLE, "driver-missing", say_driver_missing,
		show_driver_missing, advise_driver, NULL },
	{ mismatch, VERDICT_UNAVAILABLE, "driver-too-old", say_mismatch, show_status,
		advise_mismatch, NULL },
	{ compat, VERDICT_UNAVAILABLE, "driver-too-old", say_compat, show_versions, advise_compat,
		NULL },
	{ too_old, VERDICT_UNAVAILABLE, "driver-too-old", say_too_old, show_versions,
		advise_too_old, NULL },
	{ after_fork_alone, VERDICT_UNAVAILABLE, "after-fork", say_fork, show_fork, advise_fork,
		NULL },
	{ not_in_kernel, VERDICT_UNAVAILABLE, "driver-not-loaded", say_not_in_kernel, show_status,
		advise_not_in_kernel, NULL },
	{ files_closed, VERDICT_UNAVAILABLE, "device-access", say_files_closed, show_files,
		advise_files, NULL },
	{ hidden, VERDICT_UNAVAILABLE, "devices-hidden", say_hidden, show_status, advise_hidden,
		all_hidden },
	{ mig_empty, VERDICT_UNAVAILABLE, "mig-no-instance", say_mig, show_status, advise_mig,
		mig_empty },
	{ no_device, VERDICT_UNAVAILABLE, "no-device", say_no_device, show_status, advise_device,
		NULL },
	{ init_failed, VERDICT_UNAVAILABLE, "init-failed", say_init_failed, show_status,
		advise_init, NULL },
	{ after_fork, VERDICT_UNAVAILABLE, "after-fork", say_fork, show_fork, advise_fork,
		after_fork },
	{ no_image, VERDICT_IDLE, "no-kernel-image", say_no_image, show_no_image, advise_no_image,
		no_image },
	{ out_of_memory, VERDICT_IDLE, "out-of-memory", say_out_of_memory, show_out_of_memory,
		advise_out_of_memory, out_of_memory },
	{ launch_failed, VERDICT_IDLE, "launch-failed", say_launch_failed, show_idle,
		advise_launch_failed, launch_failed },
	{ idle_for_library, VERDICT_IDLE, "library-missing", say_library_missing,
		show_library_missing, advise_library, NULL },
	{ reserved, VERDICT_IDLE, "memory-reserved", say_reserved, show_idle, advise_idle, NULL },
	{ only_copies, VERDICT_IDLE, "only-copies", say_only_copies, show_idle, advise_idle, NULL },
	{ initialised, VERDICT_IDLE, "no-kernel", say_no_kernel, show_idle, advise_idle, NULL },
	{ library_missing, VERDICT_UNAVAILABLE, "library-missing", say_library_missing,
		show_library_missing, advise_library, library_missing },
	{ cpu_build, VERDICT_UNUSED, "cpu-build", say_cpu_build, show_framework, advise_cpu_build,
		cpu_build },
	{ always, VERDICT_UNUSED, "never-asked", say_never_asked, show_loaded, advise_unused,
		never },
};

enum { RULES = sizeof(rules) / sizeof(*rules) };

/* A YES that is hardly one. Not among the rules: it asks how long the session lasted. */
static const struct rule few_kernels = { NULL, VERDICT_WORK, "few-kernels", say_few, show_few,
	advise_few, NULL };

bool verdict_pair(unsigned number, enum verdict *verdict, const char **reason)
{
	const struct rule *rule = number < RULES ? &rules[number] : &few_kernels;

	if (number > RULES) {
		*verdict = VERDICT_UNKNOWN;
		*reason = doubts_reason(number - RULES - 1);
		return *reason != NULL;
	}
	*verdict = rule->verdict;
	*reason = rule->reason;
	return true;
}

static void write_sentence(
	char *to, size_t size, sentence *say, const struct session_snapshot *session)
{
	struct text text = text_in(to, size);

	if (say)
		say(&text, session);
}

static void add_other_causes(
	struct judgement *out, const struct rule *reason, const struct session_snapshot *session)
{
	for (const struct rule *rule = rules; rule < rules + RULES; rule++) {
		struct other_cause *other = &out->also[out->n_also];

		if (!rule->also || !strcmp(rule->reason, reason->reason) ||
			!rule->also(&session->figures))
			continue;
		other->reason = rule->reason;
		write_sentence(other->summary, sizeof(other->summary), rule->summary, session);
		if (++out->n_also == OTHER_CAUSES_MAX)
			return;
	}
}

bool verdict_is_no(enum verdict verdict)
{
	return verdict == VERDICT_IDLE || verdict == VERDICT_UNAVAILABLE ||
	       verdict == VERDICT_UNUSED;
}

static void say_rule(
	struct judgement *out, const struct rule *rule, const struct session_snapshot *session)
{
	struct text text;

	out->thin = rule->verdict == VERDICT_WORK && facts_few_kernels(session);
	if (out->thin)
		rule = &few_kernels;
	out->verdict = rule->verdict;
	out->reason = rule->reason;
	out->at_least = session->figures.totals.kernels && doubts_more(session);
	text = text_in(out->summary, sizeof(out->summary));
	text_put(&text, !out->thin      ? ""
			: out->at_least ? "barely, as far as was seen: "
					: "barely: ");
	text_put(&text, out->at_least && rule->verdict != VERDICT_FAULT ? "at least " : "");
	rule->summary(&text, session);
	write_sentence(out->evidence, sizeof(out->evidence), rule->evidence, session);
	write_sentence(out->advice, sizeof(out->advice), rule->advice, session);
}

/* In place of a NO that is not proved. What keeps a program from the GPU is worth knowing still. */
static void say_doubt(struct judgement *out, const struct doubt *doubt, const struct rule *rule,
	const struct session_snapshot *session)
{
	out->verdict = VERDICT_UNKNOWN;
	out->reason = doubt->reason;
	write_sentence(out->summary, sizeof(out->summary), doubt->summary, session);
	write_sentence(out->evidence, sizeof(out->evidence), doubt->evidence, session);
	write_sentence(out->advice, sizeof(out->advice), doubt->advice, session);
	if (rule->verdict != VERDICT_UNAVAILABLE)
		return;
	out->also[0].reason = rule->reason;
	write_sentence(out->also[0].summary, sizeof(out->also[0].summary), rule->summary, session);
	out->n_also = 1;
}

void verdict_judge(struct judgement *out, const struct session_snapshot *session)
{
	const struct doubt *doubt = NULL;
	const struct rule *rule = rules;

	while (!rule->applies(&session->figures))
		rule++;
	out->n_also = 0;
	out->at_least = out->thin = false;
	if (verdict_is_no(rule->verdict))
		doubt = doubt_of(session);
	if (doubt)
		say_doubt(out, doubt, rule, session);
	else
		say_rule(out, rule, session);
	if (verdict_is_no(out->verdict))
		add_other_causes(out, rule, session);
	out->code = verdicts[out->verdict].code;
	out->headline = verdicts[out->verdict].headline;
}
