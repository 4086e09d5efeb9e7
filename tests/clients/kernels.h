/* SPDX-License-Identifier: MIT */
/*
 * PTX of the clients' kernels. Written by hand, small enough for the simulated driver and correct
 * for a real one (accepted by ptxas 13.0), so that the clients run on a GPU too.
 */
#ifndef CLIENTS_KERNELS_H
#define CLIENTS_KERNELS_H

/* sim_add(float *out, const float *a, const float *b, int n): out = a + b. */
#define KERNELS_ADD                                                                               \
	".version 6.3\n.target sm_75\n.address_size 64\n"                                         \
	".visible .entry sim_add(.param .u64 out, .param .u64 a, .param .u64 b, .param .u32 n)\n" \
	"{\n"                                                                                     \
	".reg .pred %outside;\n.reg .b32 %block, %size, %thread, %i, %count;\n"                   \
	".reg .b64 %to, %x, %y, %offset;\n.reg .f32 %f, %g;\n"                                    \
	"ld.param.u64 %to, [out];\nld.param.u64 %x, [a];\nld.param.u64 %y, [b];\n"                \
	"ld.param.u32 %count, [n];\n"                                                             \
	"mov.u32 %block, %ctaid.x;\nmov.u32 %size, %ntid.x;\nmov.u32 %thread, %tid.x;\n"          \
	"mad.lo.s32 %i, %block, %size, %thread;\n"                                                \
	"setp.ge.s32 %outside, %i, %count;\n@%outside bra DONE;\n"                                \
	"mul.wide.s32 %offset, %i, 4;\n"                                                          \
	"add.s64 %to, %to, %offset;\nadd.s64 %x, %x, %offset;\nadd.s64 %y, %y, %offset;\n"        \
	"ld.global.f32 %f, [%x];\nld.global.f32 %g, [%y];\nadd.f32 %f, %f, %g;\n"                 \
	"st.global.f32 [%to], %f;\n"                                                              \
	"DONE: ret;\n}\n"

/* sim_noop() */
#define KERNELS_NOOP                                      \
	".version 6.3\n.target sm_75\n.address_size 64\n" \
	".visible .entry sim_noop()\n{\nret;\n}\n"

/* sim_fault(): writes to address 0. */
#define KERNELS_FAULT                                                              \
	".version 6.3\n.target sm_75\n.address_size 64\n"                          \
	".visible .entry sim_fault()\n{\n.reg .b64 %nowhere;\n.reg .b32 %value;\n" \
	"mov.u64 %nowhere, 0;\nmov.u32 %value, 1;\nst.global.u32 [%nowhere], %value;\nret;\n}\n"

#endif
