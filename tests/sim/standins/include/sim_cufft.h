/* SPDX-License-Identifier: MIT */
/*
 * The stand-in libcufft.so.12: no transforms, but functions of every shape that a calling
 * convention knows. Each verifies what it was given and returns what its caller can verify, so a
 * hook that loses or changes one register or stack slot is found out.
 */
#ifndef SIM_CUFFT_H
#define SIM_CUFFT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SIM_FFT_OK = 0, SIM_FFT_BAD_ARGUMENT = 4 }; /* CUFFT_INVALID_VALUE */

struct sim_large { /* by value on the stack; returned through a hidden pointer */
	int64_t words[5];
};
struct sim_mixed { /* half in an integer, half in a floating register */
	double real;
	int64_t integer;
};
struct sim_tiny {
	unsigned char bytes[3];
};

#if defined(__SIZEOF_INT128__)
__extension__ typedef __int128 sim_wide __attribute__((aligned(16)));
#endif

/* Arguments: each has to be its place, counted from 1; all else is SIM_FFT_BAD_ARGUMENT. */
int cufftSimIntegers(int a, int64_t b, short c, void *d, unsigned e, int64_t f, int g, int64_t h,
	signed char i, uint64_t j);
int cufftSimDoubles(double a, double b, float c, double d, double e, float f, double g, double h,
	double i, float j, double k, double l);
int cufftSimInterleaved(int a, double b, int64_t c, float d, void *e, double f, int g, double h,
	int64_t i, double j, int k, double l, int m, double n, int64_t o, double p, int q, double r,
	float s, double t);
/* words 1 to 5, real 6 and integer 7, bytes 8 to 10, last 11 */
int cufftSimStructures(
	struct sim_large large, struct sim_mixed mixed, struct sim_tiny tiny, int last);
int cufftSimLongDouble(int a, long double b, int c, long double d);
/* `count` pairs of (int, double), numbered on. */
int cufftSimVariadic(int count, ...);

/* Results that are no status: each a known function of the seed. */
double cufftSimReturnDouble(int seed);          /* seed + 0.5 */
float cufftSimReturnFloat(int seed);            /* seed + 0.25 */
long double cufftSimReturnLongDouble(int seed); /* seed + 0.125 */
int64_t cufftSimReturnLong(int seed);           /* seed * 2^33 + 1 */
struct sim_large cufftSimReturnLarge(int seed); /* seed, seed + 1, ... */
struct sim_mixed cufftSimReturnMixed(int seed); /* seed + 0.5, seed + 1 */
struct sim_tiny cufftSimReturnTiny(int seed);   /* seed, seed + 1, seed + 2 */
#ifndef __cplusplus
_Complex double cufftSimReturnComplex(int seed); /* seed + (seed + 1) i */
#endif
#if defined(__SIZEOF_INT128__)
sim_wide cufftSimReturnWide(int seed); /* seed * 2^65 + 3 */
#endif

/* Returns the given status: a way to make an exact number of errors. */
int cufftSimStatus(int status);
/* Calls the function before it returns. */
int cufftSimCallback(void (*function)(void *), void *data);
int cufftGetVersion(int *version);

/* Data: 0, 1, 4, 9. */
extern int cufftSimTable[4];

#ifdef __cplusplus
}
#endif
#endif
