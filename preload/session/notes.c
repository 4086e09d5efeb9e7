/* SPDX-License-Identifier: MIT */
#include "notes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../segment/alive.h"
#include "../segment/folded.h"
#include "../segment/gaps.h"
#include "../segment/own_file.h"
#include "base.h"
#include "children.h"
#include "elsewhere.h"
#include "run_page.h"
#include "session.h"
#include "word.h"

static void leave_word(bool (*write)(const char *folder))
{
	struct word word = session_word(write);

	if (!elsewhere_note() && !children_note_out_of_sight() && !word_where_it_began(&word))
		word_here(&word);
}

/* gpuspy run finds both, and may have ended, or be killed before it has said anything. */
void session_note_unwatched(void)
{
	int saved = errno;

	if (!run_page_unwatched() || !alive_has_moved())
		leave_word(folded_add_unwatched);
	errno = saved;
}

/* gpuspy run learns of its end, too (segment/run_page.h), so others are told if it is not there. */
void session_note_apart(void)
{
	int saved = errno;

	if (!run_page_apart() || !(alive_owner(session_owner()) || alive_has_moved()))
		leave_word(folded_add_apart);
	errno = saved;
}

void session_note_filtered(void)
{
	if (run_page_unwatched())
		return;
	/* A forker reads the second; its own, which an exec takes away, is the first. */
	gap(GAP_UNWATCHED);
	children_note_filtered();
}

/* The owner tells it itself, whatever it sees there at its end. */
void session_note_hidden(void)
{
	int saved = errno;

	if (session_joined() && !session_is_member() && session_is_here())
		gap(GAP_ELSEWHERE);
	else
		leave_word(folded_add_apart);
	errno = saved;
}

/*
 * Who started this may have become that user by a system call of its own, which nobody saw. Where
 * `gpuspy run` sees this process, it knows.
 */
void session_tell_another(void)
{
	const char *another = session_of_another();
	char folder[PATHS_MAX];
	size_t length;
	int saved = errno;

	if (another && !run_page_present()) {
		/* Not in GPUSPY_DIR, which may be the other's alone. */
		base_of_user(geteuid(), folder);
		length = strlen(folder);
		snprintf(folder + length, PATHS_MAX - length, "/%s", another);
		if (!own_file_folders(folder))
			folded_add_apart(folder);
	}
	errno = saved;
}

void session_tell_out_of_sight(void)
{
	if (session_is_member() && session_is_here() && children_out_of_sight())
		session_note_apart();
}
