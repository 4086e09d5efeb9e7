/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "image.h"
#include "procstat.h"
#include "segment/figures.h"

/*
 * USES_AT_ONCE: so many processes are asked in one sample what they take of the host; more of them
 * in turn, for that is what costs most. FREE_DESCRIPTORS: of which none is kept.
 */
enum { IMAGES_MAX = 4096, USES_AT_ONCE = 48, FREE_DESCRIPTORS = 64, KEPT_DESCRIPTORS = 4096 };

/* One image of one process, as it was found. */
struct found {
	struct image *image;
	const struct session_folder *folder;
	struct budget *budget; /* of its user */
	uid_t uid;
	char run_state;
	struct host_use use;
	int wait_status;
};

struct taking {
	struct sampler *sampler;
	struct arena *arena;
	struct found *found;
	unsigned n_found, unreadable, left_out, unwanted, living, descriptors;
};

uint64_t sample_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sample_prepare(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= KEPT_DESCRIPTORS)
		return;
	limit.rlim_cur = limit.rlim_max < KEPT_DESCRIPTORS ? limit.rlim_max : KEPT_DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool wanted(const struct sampler *sampler, pid_t pid)
{
	for (unsigned i = 0; i < sampler->n_pids; i++)
		if (sampler->pids[i] == pid)
			return true;
	return !sampler->n_pids;
}

/* One more descriptor to keep? Beyond the limit ends are not known exactly, and files are opened
 * anew. */
static bool may_keep(const struct taking *taking)
{
	return taking->sampler->kept + FREE_DESCRIPTORS < taking->descriptors;
}

static void drop(struct sampler *sampler, int *fd)
{
	if (*fd < 0)
		return;
	close(*fd);
	*fd = -1;
	sampler->kept--;
}

static void note_end(struct sampler *sampler, struct segment_file *file)
{
	int status = file->pidfd < 0 ? -1 : procstat_ended(file->pidfd);

	if (status >= 0)
		file->wait_status = status;
	file->run_state = 0;
	drop(sampler, &file->pidfd);
	drop(sampler, &file->fd);
}

static bool use_due(const struct taking *taking, const struct segment_file *file)
{
	unsigned turns = taking->sampler->living / USES_AT_ONCE + 1;

	return !file->use.when || (taking->living + taking->sampler->samples) % turns == 0;
}

/* Is the process there? Looked at before its segment is read: what is gone counts no more. */
static void look_at_process(struct taking *taking, struct segment_file *file)
{
	struct sampler *sampler = taking->sampler;
	struct procstat stat;

	if (file->pidfd >= 0 && file->there && !use_due(taking, file)) {
		taking->living++;
		return;
	}
	if (!procstat_read(&stat, file->pid) || stat.start_ticks != file->start_ticks) {
		note_end(sampler, file);
		return;
	}
	taking->living++;
	if (stat.wait_status >= 0)
		file->wait_status = stat.wait_status;
	if (file->pidfd < 0 && stat.state != 'Z' && may_keep(taking)) {
		file->pidfd = procstat_pin(file->pid, file->start_ticks);
		sampler->kept += file->pidfd >= 0;
	}
	file->run_state = stat.state;
	file->use = (struct host_use){ sample_clock(), stat.cpu_ticks, stat.resident_bytes };
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

static void note_unreadable(struct taking *taking, struct session_folder *session, int error)
{
	if (error == ENOENT) /* removed meanwhile */
		return;
	taking->unreadable++;
	session->missed++;
}

/* What is kept of it is bounded by what is read, too. */
static void leave_out(
	struct taking *taking, struct session_folder *session, struct segment_file *file)
{
	names_release(file->names);
	file->names = NULL;
	taking->left_out++;
	session->missed++;
}

static struct image *read_image(struct taking *taking, struct user_folder *user,
	struct session_folder *session, struct segment_file *file)
{
	struct image *image = NULL;

	if (file->fd < 0) {
		file->fd = folders_open(user, session, file);
		taking->sampler->kept += file->fd >= 0;
		if (file->fd < 0) {
			note_unreadable(taking, session, errno);
			return NULL;
		}
	}
	switch (image_read(&image, &user->budget, file->fd, file)) {
	case IMAGE_READ:
		break;
	case IMAGE_BROKEN:
		note_unreadable(taking, session, 0);
		break;
	case IMAGE_TOO_MUCH:
		leave_out(taking, session, file);
		break;
	}
	if (!image || !file->run_state || !may_keep(taking))
		drop(taking->sampler, &file->fd);
	return image;
}

bool sample_elsewhere(const struct process_snapshot *process)
{
	return process->state == PROCESS_ELSEWHERE;
}

/* What is gone is kept, for it changes no more. What is elsewhere may. */
static struct image *image_of_gone(struct taking *taking, struct user_folder *user,
	struct session_folder *session, struct segment_file *file)
{
	struct image *image = file->last;

	if (!image) {
		image = read_image(taking, user, session, file);
		if (!image || sample_elsewhere(&image->process))
			return image;
		file->last = image;
	} else if (!budget_take(&user->budget, image->size + BUDGET_PROCESS)) {
		image_release(image);
		file->last = NULL;
		leave_out(taking, session, file);
		return NULL;
	}
	image->users++;
	return image;
}

static void visit_file(struct taking *taking, enum visit kind, struct user_folder *user,
	struct session_folder *session, struct segment_file *file)
{
	struct found found = { .folder = session, .uid = user->uid, .budget = &user->budget };

	if (kind == VISIT_LIVING && !file->last)
		look_at_process(taking, file);
	if ((file->run_state != 0) != (kind == VISIT_LIVING))
		return;
	if (taking->n_found >= IMAGES_MAX) {
		leave_out(taking, session, file);
		return;
	}
	if (kind == VISIT_LIVING)
		found.image = read_image(taking, user, session, file);
	else
		found.image = image_of_gone(taking, user, session, file);
	if (!found.image)
		return;
	found.run_state = file->run_state;
	found.use = file->use;
	found.wait_status = file->wait_status;
	if (user->owner == OWNER_ANY)
		found.uid = found.image->process.uid;
	add_found(taking, &found);
}

static void visit(
	void *context, enum visit kind, struct user_folder *user, struct session_folder *session)
{
	struct taking *taking = context;

	if (kind == VISIT_LIVING && !folders_read_sum(user, session, taking->arena)) {
		taking->left_out++;
		session->missed++;
	}
	for (unsigned i = 0; i < session->n_files; i++) {
		/* Added up already, and not removed yet. */
		if (session->summed &&
			summed_has(session->summed, session->files[i].pid,
				session->files[i].start_ticks, session->files[i].number))
			continue;
		if (wanted(taking->sampler, session->files[i].pid))
			visit_file(taking, kind, user, session, &session->files[i]);
		else
			taking->unwanted += kind == VISIT_LIVING;
	}
}

static int compare_found(const void *a, const void *b)
{
	const struct found *left = a, *right = b;
	const struct process_snapshot *one = &left->image->process, *other = &right->image->process;
	int order = strcmp(left->folder->name, right->folder->name);

	if (order)
		return order;
	if (left->uid != right->uid)
		return left->uid < right->uid ? -1 : 1;
	if (one->pid != other->pid)
		return one->pid < other->pid ? -1 : 1;
	if (one->start_ticks != other->start_ticks)
		return one->start_ticks < other->start_ticks ? -1 : 1;
	return one->image < other->image ? -1 : one->image > other->image;
}

static bool same_process(const struct found *a, const struct found *b)
{
	return a->uid == b->uid && a->image->process.pid == b->image->process.pid &&
	       a->image->process.start_ticks == b->image->process.start_ticks &&
	       !strcmp(a->folder->name, b->folder->name);
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

static size_t lists_size(const struct figures *figures)
{
	return figures->n_functions * sizeof(*figures->functions) +
	       figures->n_kernels * sizeof(*figures->kernels) +
	       figures->n_devices * sizeof(*figures->devices) +
	       figures->n_libraries * sizeof(*figures->libraries);
}

/* The figures of all images of a process; where that is too much, those of the newest stay. */
static int add_images(struct process_snapshot *process, struct taking *taking, struct arena *arena,
	const struct found *images, unsigned count)
{
	const struct figures **parts = arena_take(arena, count * sizeof(const struct figures *));
	struct figures sum;
	size_t size = 0;

	if (!parts)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		parts[i] = &images[i].image->process.figures;
		size += lists_size(parts[i]);
	}
	if (!budget_take(images->budget, size)) {
		taking->left_out += count - 1;
		return 0;
	}
	if (figures_add_up(&sum, arena, parts, count, OF_IMAGES))
		return -1;
	process->figures = sum;
	return 0;
}

/* An image that was killed, or replaced by exec, had no second witness. */
static void note_ends(struct process_snapshot *process, const struct found *images, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct process_snapshot *image = &images[i].image->process;

		if (image->unwitnessed && (i + 1 < count || image->state == PROCESS_ENDED))
			process->figures.gaps[GAP_NO_END]++;
	}
}

/* The newest image says what the process is, the oldest when and whence it came. */
static int join(struct sampled_process *out, struct taking *taking, struct arena *arena,
	const struct found *images, unsigned count)
{
	const struct found *newest = &images[count - 1];

	*out = (struct sampled_process){ .process = newest->image->process,
		.uid = newest->uid,
		.run_state = newest->run_state,
		.unordered = newest->run_state != 0 && count == 1,
		.use = newest->use };
	out->process.images = count;
	out->process.started_ns = images[0].image->process.started_ns;
	out->process.parent = images[0].image->process.parent;
	out->process.forked = images[0].image->process.forked;
	out->missed =
		newest->folder->unreadable + newest->folder->left_out + newest->folder->missed;
	out->unseen = newest->folder->unseen;
	out->summed = newest->folder->summed;
	if (count > 1 && add_images(&out->process, taking, arena, images, count))
		return -1;
	note_ends(&out->process, images, count);
	set_end(&out->process, newest);
	return 0;
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
		struct sampled_process *process = &sample->processes[sample->n_processes++];

		for (next = i + 1; next < taking->n_found && same_process(first, first + next - i);)
			next++;
		/* The folder's own copy goes when the folder does. */
		if (!session || strcmp(session, first->folder->name) != 0)
			session = arena_copy(
				&sample->arena, first->folder->name, strlen(first->folder->name));
		if (!session || join(process, taking, &sample->arena, first, next - i))
			return -1;
		process->session = session;
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

static void set_sums(struct sample *sample, const struct taking *taking)
{
	struct folders_sums sums = folders_sums(&taking->sampler->folders);

	sample->unreadable = taking->unreadable + sums.unreadable;
	sample->left_out = taking->left_out + sums.left_out;
	sample->unwanted = taking->unwanted + sums.others;
	taking->sampler->kept = sums.kept;
	taking->sampler->living = taking->living;
	taking->sampler->samples++;
}

struct sample *sample_take(struct sampler *sampler)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	struct taking taking = { .sampler = sampler };
	struct rlimit limit;
	bool fine;

	if (!sample)
		return NULL;
	taking.arena = &sample->arena;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		taking.descriptors =
			limit.rlim_cur > INT32_MAX ? INT32_MAX : (unsigned)limit.rlim_cur;
	sample->monotonic_ns = sample_clock();
	sample->realtime_ns = snapshot_now();
	folders_ask(&sampler->folders);
	folders_visit(&sampler->folders, visit, &taking);
	fine = fill(sample, &taking) == 0;
	hold_images(sample, &taking);
	set_sums(sample, &taking);
	free(taking.found);
	driver_ask(&sample->driver, &sample->arena, sampler->nvml);
	if (fine && (sample->images || !taking.n_found))
		return sample;
	sample_free(sample);
	return NULL;
}

int sample_order(struct sampled_process *process)
{
	if (process->unordered && figures_fold(&process->process.figures))
		return -1;
	process->unordered = false;
	return 0;
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
