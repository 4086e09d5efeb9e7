/* SPDX-License-Identifier: MIT */
/* A library with a __gmon_start__ of its own, as a program that is built with -pg has one. */
void __gmon_start__(void);

void __gmon_start__(void)
{
}
