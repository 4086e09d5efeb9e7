/*
 * The beginning: before the first constructor of any object that runs __gmon_start__, or with our
 * own constructor.
 */
#ifndef GPUSPY_MAIN_START_H
#define GPUSPY_MAIN_START_H

/* From arch/.../doors.S: an object is about to run its constructors. */
void start_gmon_start(void);

#endif
