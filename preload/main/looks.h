/* SPDX-License-Identifier: MIT */
/*
 * A look at a program that is going to be started. Some begin without this library: static ones,
 * those that change their user, and those whose environment lost LD_PRELOAD (env -i). Nobody sees
 * what they do, so a NO about their session would be no more than a guess.
 */
#ifndef GPUSPY_MAIN_LOOKS_H
#define GPUSPY_MAIN_LOOKS_H

enum {
	LOOKS_CHILD = 1,          /* a child that libc makes becomes it, and not this process */
	LOOKS_ALONG_PATH = 2,     /* the function searches for it as execvp(3) */
	LOOKS_FROM_ELSEWHERE = 4, /* a relative path is meant from another folder */
};

/*
 * Notes it for the session if it could use a GPU and is not watched there. A child of vfork(2)
 * comes here on the stack and in the memory of its parent. Pointers that lead nowhere are the
 * kernel's to refuse.
 */
void looks_at(const char *file, char *const environment[], unsigned how);

#endif
