/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdbool.h>
#include <stddef.h>

#include "../cuda/abi.h"
#include "../segment/writer.h"

static bool is_sticky(int status)
{
	static const int faults[] = { CU_ERROR_ECC_UNCORRECTABLE, CU_ERROR_NVLINK_UNCORRECTABLE,
		CU_ERROR_CONTAINED, CU_ERROR_ILLEGAL_ADDRESS, CU_ERROR_LAUNCH_TIMEOUT,
		CU_ERROR_ASSERT, CU_ERROR_HARDWARE_STACK, CU_ERROR_ILLEGAL_INSTRUCTION,
		CU_ERROR_MISALIGNED_ADDRESS, CU_ERROR_INVALID_ADDRESS_SPACE, CU_ERROR_INVALID_PC,
		CU_ERROR_LAUNCH_FAILED, CU_ERROR_TENSOR_MEMORY_LEAK };

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i] == status)
			return true;
	return false;
}

void driver_failed(struct hook *hook, int status)
{
	int none = 0;

	if (!is_sticky(status))
		return;
	if (__atomic_compare_exchange_n(
		    &segment->fault_status, &none, status, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		segment->fault_name = writer_string(hook->name);
	__atomic_fetch_add(&segment->faults, 1, __ATOMIC_RELAXED);
}
