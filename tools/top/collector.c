/* SPDX-License-Identifier: MIT */
#include "collector.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void free_all(struct sample *samples)
{
	while (samples) {
		struct sample *next = samples->next;

		sample_free(samples);
		samples = next;
	}
}

static void hand_over(struct collector *collector, struct sample *sample)
{
	uint64_t one = 1;

	if (!sample)
		return;
	if (collector->ready) { /* nobody came for it in time */
		collector->ready->next = collector->spent;
		collector->spent = collector->ready;
	}
	collector->ready = sample;
	/* It cannot be full: it is emptied before a sample is taken. */
	if (write(collector->ready_fd, &one, sizeof(one)) < 0)
		return;
}

static struct timespec after(uint64_t from, double seconds)
{
	uint64_t to = from + (uint64_t)(seconds * 1e9);

	return (struct timespec){ (time_t)(to / 1000000000u), (long)(to % 1000000000u) };
}

/* Until the time has come, also when what was waited for changes. */
static void wait_until_due(struct collector *collector, uint64_t last)
{
	while (!collector->stop) {
		struct timespec due = after(last, collector->delay);

		if (collector->paused) {
			pthread_cond_wait(&collector->changed, &collector->lock);
		} else if (sample_clock() >=
			   (uint64_t)due.tv_sec * 1000000000u + (uint64_t)due.tv_nsec) {
			return;
		} else {
			pthread_cond_timedwait(&collector->changed, &collector->lock, &due);
		}
	}
}

static void *collect(void *context)
{
	struct collector *collector = context;

	pthread_mutex_lock(&collector->lock);
	while (!collector->stop) {
		struct sample *spent = collector->spent, *sample;
		uint64_t began = sample_clock();

		collector->spent = NULL;
		pthread_mutex_unlock(&collector->lock);
		free_all(spent);
		sample = sample_take(collector->sampler);
		pthread_mutex_lock(&collector->lock);
		hand_over(collector, sample);
		wait_until_due(collector, began);
	}
	pthread_mutex_unlock(&collector->lock);
	return NULL;
}

int collector_start(struct collector *collector, struct sampler *sampler, double delay)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int error;

	*collector = (struct collector){ .sampler = sampler, .delay = delay };
	collector->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (collector->ready_fd < 0)
		return -1;
	pthread_mutex_init(&collector->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&collector->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	/* Signals are for the thread that draws. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&collector->thread, NULL, collect, collector);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		close(collector->ready_fd);
	return error ? -1 : 0;
}

void collector_stop(struct collector *collector)
{
	pthread_mutex_lock(&collector->lock);
	collector->stop = true;
	pthread_cond_signal(&collector->changed);
	pthread_mutex_unlock(&collector->lock);
	pthread_join(collector->thread, NULL);
	free_all(collector->spent);
	sample_free(collector->ready);
	close(collector->ready_fd);
}

struct sample *collector_take(struct collector *collector)
{
	struct sample *sample;
	uint64_t count;

	if (read(collector->ready_fd, &count, sizeof(count)) < 0)
		count = 0; /* nothing was there: then there is no sample either */
	pthread_mutex_lock(&collector->lock);
	sample = collector->ready;
	collector->ready = NULL;
	pthread_mutex_unlock(&collector->lock);
	return sample;
}

void collector_give_back(struct collector *collector, struct sample *sample)
{
	if (!sample)
		return;
	pthread_mutex_lock(&collector->lock);
	sample->next = collector->spent;
	collector->spent = sample;
	pthread_mutex_unlock(&collector->lock);
}

void collector_set(struct collector *collector, double delay, bool paused)
{
	pthread_mutex_lock(&collector->lock);
	collector->delay = delay;
	collector->paused = paused;
	pthread_cond_signal(&collector->changed);
	pthread_mutex_unlock(&collector->lock);
}
