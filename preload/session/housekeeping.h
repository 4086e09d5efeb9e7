/*
 * Ended sessions are kept for `gpuspy report`, but not for ever: when a new session begins, the
 * oldest ones are removed until what is left keeps to both bounds.
 */
#ifndef GPUSPY_SESSION_HOUSEKEEPING_H
#define GPUSPY_SESSION_HOUSEKEEPING_H

enum {
	HOUSEKEEPING_SESSIONS = 64,
	HOUSEKEEPING_BYTES = 64 << 20,
	HOUSEKEEPING_YOUNG_S = 60,             /* one that has just been made may be empty yet */
	HOUSEKEEPING_FOREIGN_S = 7 * 24 * 3600 /* of another pid namespace */
};

/*
 * Removes what is too much in the folder of all sessions. Only folders of this user that hold
 * nothing but gpuspy's own files, none of them of a living process.
 */
void housekeeping(const char *base);

/*
 * Marks a session that was made in a pid namespace of its own (a container's): from outside its
 * processes look dead.
 */
void housekeeping_mark(const char *folder);

#endif
