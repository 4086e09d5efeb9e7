#include "generation.h"

uint32_t observers_generation = 1;
