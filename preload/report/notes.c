/*
 * What the figures leave out, in plain words: nothing that was missed is passed over in silence.
 */
#include "gaps.h"
#include "text.h"

void text_put_notes(struct text *text, const struct session_snapshot *session)
{
	for (int i = 0; i < GAPS; i++) {
		uint64_t count = gap_of_session(session, (enum gap)i);

		if (!count)
			continue;
		text_put(text, "  note      ");
		gap_put(text, (enum gap)i, count);
		text_put(text, "\n");
	}
}
