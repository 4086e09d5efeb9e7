/*
 * What the figures leave out, in plain words: nothing that was missed is passed over in silence.
 */
#include <stddef.h>

#include "text.h"

/* `before`, the figure, `after`. */
static const struct note {
	size_t figure; /* offset in struct segment_missed */
	const char *before, *after;
	bool bytes, hidden_figure;
} notes[] = {
	{ offsetof(struct segment_missed, private_bytes), "no space in the session's folder: ",
		" of counters are seen only by the program's own report", true, false },
	{ offsetof(struct segment_missed, unlinked),
		"the session's file was removed while the program ran (logind's RemoveIPC, a wiped "
		"/dev/shm?): later readers will not find it",
		"", false, true },
	{ offsetof(struct segment_missed, calls),
		"not counted: ", " calls of threads for which there was no room", false, false },
	{ offsetof(struct segment_missed, nested), "nested too deep: of ",
		" calls only the number is known, not whether they failed", false, false },
	{ offsetof(struct segment_missed, hooks),
		"not counted: ", " functions for which there was no room", false, false },
	{ offsetof(struct segment_missed, kernels), "counted without a name: ",
		" kernel launches, as the list of kernels was full", false, false },
	{ offsetof(struct segment_missed, slots), "not watched: ",
		" places that call a CUDA library and could not be written", false, false },
	{ offsetof(struct segment_missed, allocations), "not followed: ",
		" allocations; the memory in use is less than shown", false, false },
	{ offsetof(struct segment_missed, arrays), "unknown size: ",
		" arrays of a format that is not known; more memory was in use than shown", false,
		false },
	{ offsetof(struct segment_missed, graphs), "unknown size: of ",
		" graph launches the kernels are not known; there were more than shown", false,
		false },
};

void text_put_notes(struct text *text, const struct session_snapshot *session)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		const struct note *note = &notes[i];
		uint64_t figure =
			*(const uint64_t *)((const char *)&session->figures.missed + note->figure);

		if (!figure)
			continue;
		text_putf(text, "  note      %s", note->before);
		if (note->bytes)
			text_put_bytes(text, figure);
		else if (!note->hidden_figure)
			text_put_count(text, figure);
		text_putf(text, "%s\n", note->after);
	}
	if (session->unreadable) {
		text_put(text, "  note      ");
		text_put_counted(text, session->unreadable, "file", "files");
		text_put(text, " of this session could not be read and are left out\n");
	}
}
