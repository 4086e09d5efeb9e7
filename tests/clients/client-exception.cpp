/* SPDX-License-Identifier: MIT */
/*
 * client-exception [TIMES]: a library function calls back into the program, which throws a C++
 * exception through it; from 100 calls deep too. Destructors on the way run, and every call counts.
 */
#include <cstdlib>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "../sim/standins/include/sim_cufft.h"
#include "check.h"

namespace
{
const int DEPTH = 100;

struct Guard {
	int &count;
	explicit Guard(int &counted) : count(counted)
	{
	}
	~Guard()
	{
		count++;
	}
};

struct Descent {
	int depth;
	int unwound;
};

void throw_at_once(void *)
{
	throw std::runtime_error("from the callback");
}

void descend(void *data)
{
	Descent *descent = static_cast<Descent *>(data);
	Guard guard(descent->unwound);

	if (++descent->depth == DEPTH)
		throw std::runtime_error("from the bottom");
	cufftSimCallback(descend, data);
}

void throw_many(int times)
{
	int caught = 0;

	for (int i = 0; i < times; i++) {
		try {
			cufftSimCallback(throw_at_once, NULL);
		} catch (const std::runtime_error &error) {
			caught += std::string(error.what()) == "from the callback";
		}
		CHECK(cufftSimStatus(0));
	}
	CHECK_EQUAL(caught, times);
}

void throw_from_the_bottom()
{
	Descent descent = { 0, 0 };
	bool caught = false;

	try {
		cufftSimCallback(descend, &descent);
	} catch (const std::runtime_error &) {
		caught = true;
	}
	CHECK_TRUE(caught);
	CHECK_EQUAL(descent.unwound, DEPTH);
	CHECK(cufftSimStatus(0));
}
} // namespace

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 50;

	throw_many(times);
	throw_from_the_bottom();
	std::printf("cufftSimCallback %d, cufftSimStatus %d, errors 0\n", times + DEPTH, times + 1);
	return 0;
}
