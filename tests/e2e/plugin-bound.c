/* SPDX-License-Identifier: MIT */
/*
 * A plugin of client-bound's, which has loaded the driver before. BOUND_THREADS: it launches by a
 * variable that each thread has of its own, and that the threads that are there got with the
 * plugin. Else in a constructor, of which no _init tells: `begin` for ld's -init, an entry of
 * .init_array for -nostartfiles; BOUND_END: in a destructor; BOUND_WORK: when it is asked.
 */
#include "bound.h"

#ifdef BOUND_THREADS
static __thread launch_function *volatile own __attribute__((tls_model("initial-exec"))) =
	cuLaunchKernel;

void plugin_work(void);

void plugin_work(void)
{
	launch_by(own);
}
#elif defined(BOUND_WORK)
void plugin_work(void);

void plugin_work(void)
{
	launch_by(cuLaunchKernel);
}
#else
void begin(void);

#ifdef BOUND_ARRAY
__attribute__((constructor))
#elif defined(BOUND_END)
__attribute__((destructor))
#endif
void begin(void)
{
	launch_by(cuLaunchKernel);
}
#endif
