#include "verdict.h"

#include "facts.h"
#include "sentences.h"

static const struct {
	const char *code, *headline;
} verdicts[] = {
	[VERDICT_WORK] = { "gpu-work", "YES" },
	[VERDICT_UNCONFIRMED] = { "gpu-work-unconfirmed", "UNCONFIRMED" },
	[VERDICT_FAULT] = { "gpu-fault", "FAILED" },
	[VERDICT_IDLE] = { "gpu-idle", "NO" },
	[VERDICT_UNAVAILABLE] = { "gpu-unavailable", "NO" },
	[VERDICT_UNUSED] = { "gpu-unused", "NO" },
};

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
		(facts_status(f) == STATUS_STUB || facts_driver_answered(f, STATUS_STUB));
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
	return f->driver.runtime_error == STATUS_DRIVER_TOO_OLD;
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

static bool init_failed(const struct figures *f)
{
	return !f->driver.init_ok &&
	       ((f->driver.init_calls && f->driver.init_status) || f->totals.errors);
}

static bool initialised(const struct figures *f)
{
	return f->driver.init_ok;
}

static bool library_missing(const struct figures *f)
{
	return facts_library_missing(f) != NULL;
}

static bool idle_for_library(const struct figures *f)
{
	return initialised(f) && library_missing(f);
}

static bool always(const struct figures *f)
{
	(void)f;
	return true;
}

/* The first that applies is the reason. */
static const struct rule {
	bool (*applies)(const struct figures *figures);
	enum verdict verdict;
	const char *reason;
	sentence *summary, *evidence, *advice; /* evidence, advice: NULL: none */
} rules[] = {
	{ faulted, VERDICT_FAULT, "device-fault", say_fault, show_fault, advise_fault },
	{ confirmed, VERDICT_WORK, "completed", say_completed, NULL, NULL },
	{ launched, VERDICT_UNCONFIRMED, "no-sync", say_no_sync, NULL, advise_sync },
	{ stub, VERDICT_UNAVAILABLE, "driver-stub", say_stub, show_status, advise_stub },
	{ driver_missing, VERDICT_UNAVAILABLE, "driver-missing", say_driver_missing,
		show_driver_missing, advise_driver },
	{ mismatch, VERDICT_UNAVAILABLE, "driver-too-old", say_mismatch, show_status,
		advise_mismatch },
	{ compat, VERDICT_UNAVAILABLE, "driver-too-old", say_compat, show_versions, advise_compat },
	{ too_old, VERDICT_UNAVAILABLE, "driver-too-old", say_too_old, show_versions,
		advise_too_old },
	{ hidden, VERDICT_UNAVAILABLE, "devices-hidden", say_hidden, show_status, advise_hidden },
	{ no_device, VERDICT_UNAVAILABLE, "no-device", say_no_device, show_status, advise_device },
	{ init_failed, VERDICT_UNAVAILABLE, "init-failed", say_init_failed, show_status,
		advise_init },
	{ idle_for_library, VERDICT_IDLE, "library-missing", say_library_missing,
		show_library_missing, advise_library },
	{ initialised, VERDICT_IDLE, "no-kernel", say_no_kernel, show_idle, advise_idle },
	{ library_missing, VERDICT_UNAVAILABLE, "library-missing", say_library_missing,
		show_library_missing, advise_library },
	{ always, VERDICT_UNUSED, "never-asked", say_never_asked, show_loaded, advise_unused },
};

static void write_sentence(
	char *to, size_t size, sentence *say, const struct session_snapshot *session)
{
	struct text text = text_in(to, size);

	if (say)
		say(&text, session);
}

void verdict_judge(struct judgement *out, const struct session_snapshot *session)
{
	const struct rule *rule = rules;

	while (!rule->applies(&session->figures))
		rule++;
	out->verdict = rule->verdict;
	out->code = verdicts[rule->verdict].code;
	out->headline = verdicts[rule->verdict].headline;
	out->reason = rule->reason;
	write_sentence(out->summary, sizeof(out->summary), rule->summary, session);
	write_sentence(out->evidence, sizeof(out->evidence), rule->evidence, session);
	write_sentence(out->advice, sizeof(out->advice), rule->advice, session);
}
