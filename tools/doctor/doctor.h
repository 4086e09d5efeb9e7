/* SPDX-License-Identifier: MIT */
/*
 * gpuspy doctor: what on this machine would keep a program from the GPU. Each file looks at one
 * subject and adds its findings; none changes anything, and none loads a framework.
 */
#ifndef GPUSPY_DOCTOR_DOCTOR_H
#define GPUSPY_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "loader/search.h"

enum process_verdict {
	PROCESS_USES,
	PROCESS_IDLES,
	PROCESS_CANNOT,
	PROCESS_UNUSED,
	PROCESS_UNKNOWN,
};

enum level { LEVEL_OK, LEVEL_PROBLEM, LEVEL_NOTE };

struct finding {
	enum level level;
	const char *subject; /* constant */
	char *text, *fix;    /* fix: NULL: none */
	const char *reason;  /* the report's code, of what a program would meet; NULL: none */
};

struct doctor {
	const char *root; /* before all absolute paths: "", or a test's folder */
	const char *home; /* HOME, without the root */
	/* The program for which this is asked; NULLs: any. */
	const char *title;   /* as it was called */
	const char *program; /* its executable's path */
	const char *prefix;  /* of a Python */
	struct finding *findings;
	unsigned n_findings;
	struct loader_search search; /* where the loader looks from here */
	uint32_t access;             /* enum segment_access */
	bool usable, simulated;
	int driver_version; /* 12040 for CUDA 12.4; 0: there is no driver that works */
	/* Of a running process; the summary NULL: none was asked about. */
	enum process_verdict process;
	const char *code;
	char *summary;
	int64_t deadline; /* in milliseconds of CLOCK_MONOTONIC: look no further then */
};

/* One that looks at this machine, for any program. NULL: no memory. */
struct doctor *doctor_new(void);
/* Looks at all there is. */
void doctor_examine(struct doctor *doctor);
void doctor_free(struct doctor *doctor);

/* The fix NULL: none. */
void doctor_add(struct doctor *doctor, enum level level, const char *subject, const char *fix,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The latest finding is what a program would meet, under that code of the report. */
void doctor_reason(struct doctor *doctor, const char *reason);

/* ROOT/PATH; false: too long. */
bool doctor_path(const struct doctor *doctor, char to[PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool doctor_exists(const struct doctor *doctor, const char *path);
/* As people know the path: without the root. */
const char *doctor_shown(const struct doctor *doctor, const char *path);

int64_t doctor_now(void);
bool doctor_late(const struct doctor *doctor);

/* The subjects. */
struct probe;
void driver_findings(struct doctor *doctor, struct probe *probe);
void nvml_findings(struct doctor *doctor, struct probe *probe);
void machine_findings(struct doctor *doctor);
void variable_findings(struct doctor *doctor);
void library_findings(struct doctor *doctor);
void r_findings(struct doctor *doctor);
struct list;
void r_package_findings(struct doctor *doctor, const struct list *homes);
void python_findings(struct doctor *doctor);
void program_findings(struct doctor *doctor);
void config_findings(struct doctor *doctor);
/* Wheels of NVIDIA's there that are older than that metadata of a framework's requires. */
void python_wheel_findings(struct doctor *doctor, const char *site, const char *metadata,
	const char *framework, const char *told);
void python_site_findings(struct doctor *doctor, const char *kind, const char *site);

/* What a running process has of the GPU, with the summary. -1: there is none of that number. */
int process_findings(struct doctor *doctor, pid_t pid);

/* Is a library of that stem found by the loader? Its name, NULL: no. */
const char *library_found(struct doctor *doctor, const char *stem, char name[256]);

/* A framework by the path of its library, if it is there: "GPU build", ... NULL: not there. */
const char *framework_found(const struct doctor *doctor, const char *path);

/* The major version of the CUDA runtime that a library is linked to; 0: none. */
int runtime_needed(const char *library);
/* A framework for that major version, if the driver is too old for it; false: it is not. */
bool outdated_finding(struct doctor *doctor, const char *subject, const char *framework, int major,
	const char *told);

#endif
