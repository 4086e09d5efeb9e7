#include "sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "procstat.h"
#include "segment/figures.h"

/* Processes whose end is watched by a descriptor; the ends of more are not known exactly. */
enum { PINNED_MAX = 512, IMAGES_MAX = 4096 };

/* One image of one process, as it was found. */
struct found {
	struct image *image;
	const char *session;
	uid_t uid;
	char run_state;
	int wait_status;
};

struct taking {
	struct sampler *sampler;
	struct found *found;
	unsigned n_found, unreadable;
};

uint64_t sample_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool wanted(const struct sampler *sampler, pid_t pid)
{
	for (unsigned i = 0; i < sampler->n_pids; i++)
		if (sampler->pids[i] == pid)
			return true;
	return !sampler->n_pids;
}

static struct image *read_image(int directory, const char *name)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->users = 1;
	if (snapshot_read_file(&image->process, &image->arena, directory, name) == 0)
		return image;
	image_release(image);
	return NULL;
}

static void unpin(struct sampler *sampler, struct segment_file *file)
{
	if (file->pidfd < 0)
		return;
	close(file->pidfd);
	file->pidfd = -1;
	sampler->pinned--;
}

/* Is the process there? Looked at before its segment is read: what is gone counts no more. */
static char look_at_process(struct sampler *sampler, struct segment_file *file)
{
	struct procstat stat;

	if (procstat_alive(file->pidfd))
		return 'R'; /* or stopped: see look_closer */
	if (procstat_read(&stat, file->pid) && stat.start_ticks == file->start_ticks) {
		if (stat.wait_status >= 0)
			file->wait_status = stat.wait_status;
		if (file->pidfd < 0 && sampler->pinned < PINNED_MAX && stat.state != 'Z') {
			file->pidfd = procstat_pin(file->pid, file->start_ticks);
			sampler->pinned += file->pidfd >= 0;
		}
		return stat.state;
	}
	if (file->pidfd >= 0) {
		int status = procstat_ended(file->pidfd);

		if (status >= 0)
			file->wait_status = status;
		unpin(sampler, file);
	}
	return 0;
}

/* One that makes no calls may be stopped. */
static char look_closer(struct segment_file *file, const struct process_snapshot *process)
{
	struct procstat stat;
	uint64_t calls = process->figures.totals.kernels;
	bool still;

	for (int i = 0; i < LAYERS; i++)
		calls += process->figures.totals.calls[i];
	still = calls == file->calls;
	file->calls = calls;
	if (still && procstat_read(&stat, file->pid) && stat.start_ticks == file->start_ticks)
		return stat.state;
	return 'R';
}

static void add_found(struct taking *taking, const struct found *found)
{
	struct found *more;

	more = realloc(taking->found, (taking->n_found + (size_t)1) * sizeof(*more));
	if (!more) {
		image_release(found->image);
		return;
	}
	taking->found = more;
	more[taking->n_found++] = *found;
}

static void visit_file(struct taking *taking, const struct user_folder *user,
	const struct session_folder *session, int directory, struct segment_file *file)
{
	struct found found = { .session = session->name, .uid = user->uid };

	if (!wanted(taking->sampler, file->pid))
		return;
	if (taking->n_found >= IMAGES_MAX) {
		taking->unreadable++;
		return;
	}
	if (file->last) {
		found.image = file->last;
		found.image->users++;
	} else {
		found.run_state = look_at_process(taking->sampler, file);
		errno = 0;
		found.image = read_image(directory, file->name);
		if (!found.image) {
			taking->unreadable += errno != ENOENT; /* removed meanwhile */
			return;
		}
		if (found.run_state == 'R')
			found.run_state = look_closer(file, &found.image->process);
		if (!found.run_state) {
			file->last = found.image;
			found.image->users++;
		}
	}
	found.wait_status = file->wait_status;
	if (user->any_owner)
		found.uid = found.image->process.uid;
	add_found(taking, &found);
}

static void visit(void *context, const struct user_folder *user, struct session_folder *session,
	int directory)
{
	for (unsigned i = 0; i < session->n_files; i++)
		visit_file(context, user, session, directory, &session->files[i]);
}

static int compare_found(const void *a, const void *b)
{
	const struct found *l = a, *r = b;
	const struct process_snapshot *left = &l->image->process, *right = &r->image->process;
	int order = strcmp(l->session, r->session);

	if (order)
		return order;
	if (l->uid != r->uid)
		return l->uid < r->uid ? -1 : 1;
	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->start_ticks != right->start_ticks)
		return left->start_ticks < right->start_ticks ? -1 : 1;
	return left->image < right->image ? -1 : left->image > right->image;
}

static bool same_process(const struct found *a, const struct found *b)
{
	return a->uid == b->uid && a->image->process.pid == b->image->process.pid &&
	       a->image->process.start_ticks == b->image->process.start_ticks &&
	       !strcmp(a->session, b->session);
}

/* How it ended, where the kernel told. What the process itself said stays. */
static void set_end(struct process_snapshot *process, const struct found *found)
{
	int status = found->wait_status;

	if (found->run_state && found->run_state != 'Z')
		return;
	if (process->state == PROCESS_EXITED || status < 0)
		return;
	if (WIFSIGNALED(status)) {
		process->state = PROCESS_KILLED;
		process->signal = WTERMSIG(status);
	} else {
		process->state = PROCESS_EXITED;
		process->exit_status = WEXITSTATUS(status);
	}
}

/* The newest image says what the process is, the oldest when and whence it came. */
static int join(struct sampled_process *out, struct arena *arena, const struct found *images,
	unsigned count, const char *session)
{
	const struct found *newest = &images[count - 1];
	const struct figures **parts;

	*out = (struct sampled_process){ .process = newest->image->process,
		.session = session,
		.uid = newest->uid,
		.run_state = newest->run_state };
	out->process.images = count;
	out->process.started_ns = images[0].image->process.started_ns;
	out->process.parent = images[0].image->process.parent;
	out->process.forked = images[0].image->process.forked;
	set_end(&out->process, newest);
	if (count == 1)
		return 0;
	parts = arena_take(arena, count * sizeof(const struct figures *));
	if (!parts)
		return -1;
	for (unsigned i = 0; i < count; i++)
		parts[i] = &images[i].image->process.figures;
	return figures_add_up(&out->process.figures, arena, parts, count, true);
}

static int fill(struct sample *sample, struct taking *taking)
{
	const char *session = NULL;
	unsigned next;

	if (taking->n_found)
		qsort(taking->found, taking->n_found, sizeof(*taking->found), compare_found);
	sample->processes =
		arena_take(&sample->arena, taking->n_found * sizeof(*sample->processes));
	if (!sample->processes)
		return -1;
	for (unsigned i = 0; i < taking->n_found; i = next) {
		const struct found *first = &taking->found[i];

		for (next = i + 1; next < taking->n_found && same_process(first, first + next - i);)
			next++;
		/* The folder's own copy goes when the folder does. */
		if (!session || strcmp(session, first->session) != 0)
			session =
				arena_copy(&sample->arena, first->session, strlen(first->session));
		if (!session || join(&sample->processes[sample->n_processes++], &sample->arena,
					first, next - i, session))
			return -1;
	}
	return 0;
}

static void hold_images(struct sample *sample, struct taking *taking)
{
	sample->images = arena_take(&sample->arena, taking->n_found * sizeof(*sample->images));
	for (unsigned i = 0; i < taking->n_found; i++) {
		if (sample->images)
			sample->images[sample->n_images++] = taking->found[i].image;
		else
			image_release(taking->found[i].image);
	}
}

struct sample *sample_take(struct sampler *sampler)
{
	struct taking taking = { .sampler = sampler };
	struct sample *sample = calloc(1, sizeof(*sample));
	bool fine;

	if (!sample)
		return NULL;
	sample->monotonic_ns = sample_clock();
	sample->realtime_ns = snapshot_now();
	sampler->pinned = folders_pinned(&sampler->folders);
	folders_visit(&sampler->folders, visit, &taking);
	fine = fill(sample, &taking) == 0;
	hold_images(sample, &taking);
	free(taking.found);
	sample->unreadable = taking.unreadable + folders_unreadable(&sampler->folders);
	nvml_read(&sample->nvml, sampler->nvml);
	if (fine && (sample->images || !taking.n_found))
		return sample;
	sample_free(sample);
	return NULL;
}

void sample_free(struct sample *sample)
{
	if (!sample)
		return;
	for (unsigned i = 0; i < sample->n_images; i++)
		image_release(sample->images[i]);
	arena_free(&sample->arena);
	free(sample);
}
