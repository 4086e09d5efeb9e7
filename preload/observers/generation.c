/* SPDX-License-Identifier: MIT */
#include "generation.h"

union observers_now observers_now = { { 1, 1 } };
