/* SPDX-License-Identifier: MIT */
/*
 * Fat binaries, as nvcc makes them: PTX and cubins for several devices, of which all names are
 * taken. Parts that are packed with Zstandard are left packed: where all are, the image has every
 * kernel that it is asked for.
 */
#include "module.h"

#include <stdlib.h>
#include <string.h>

#define FATBIN  "\x50\xed\x55\xba"
#define WRAPPER "\xb1\x43\x62\x46"

struct header {
	unsigned char magic[4];
	uint16_t version, header_bytes;
	uint64_t bytes; /* of all parts */
};

struct part {
	uint16_t kind, version;
	uint32_t header_bytes;
	uint64_t bytes;
	uint32_t packed_bytes, options;
	uint16_t minor, major;
	uint32_t architecture, name_offset, name_bytes;
	uint64_t flags, reserved, full_bytes;
};
enum { PART_PTX = 1, PART_CUBIN = 2 };
enum { PACKED_LZ4 = 0x2000, PACKED_ZSTD = 0x8000 };

struct wrapper { /* what nvcc puts into a program */
	unsigned char magic[4];
	int version;
	const void *data, *more;
};

/* strncmp(3) reads no further than where they differ: what is given may be shorter. */
static bool begins_with(const char *data, const char *magic)
{
	return !strncmp(data, magic, 4);
}

bool fatbin_is(const void *data)
{
	return begins_with(data, FATBIN) || begins_with(data, WRAPPER);
}

/* A length of a block of LZ4 that may go on in further bytes. */
static size_t length(size_t begun, const unsigned char **in, const unsigned char *end)
{
	unsigned char more = 255;

	while (begun >= 15 && more == 255 && *in < end) {
		more = *(*in)++;
		begun += more;
	}
	return begun;
}

static bool unpack(const unsigned char *in, size_t bytes, unsigned char *out, size_t room)
{
	const unsigned char *end = in + bytes;
	size_t used = 0;

	while (in < end) {
		unsigned token = *in++;
		size_t n = length(token >> 4, &in, end), back;

		if (n > (size_t)(end - in) || n > room - used)
			return false;
		memcpy(out + used, in, n);
		used += n;
		in += n;
		if (end - in < 2)
			break;
		back = in[0] | (size_t)in[1] << 8;
		in += 2;
		n = length(token & 15, &in, end) + 4;
		if (!back || back > used || n > room - used)
			return false;
		for (; n; n--, used++)
			out[used] = out[used - back];
	}
	return used == room;
}

static enum cu_status add_part(struct image *image, const struct part *part)
{
	const unsigned char *data = (const unsigned char *)part + part->header_bytes;
	size_t bytes = part->flags & PACKED_LZ4 ? part->full_bytes : part->bytes;
	enum cu_status status = CU_ERROR_INVALID_IMAGE;
	unsigned char *copy;

	copy = malloc(bytes + 1);
	if (!copy)
		return CU_ERROR_OUT_OF_MEMORY;
	copy[bytes] = 0;
	if (!(part->flags & PACKED_LZ4))
		memcpy(copy, data, bytes);
	if (!(part->flags & PACKED_LZ4) || unpack(data, part->packed_bytes, copy, bytes))
		status = image_add(image, copy);
	free(copy);
	return status;
}

enum cu_status fatbin_add(struct image *image, const void *data)
{
	const struct header *header = data;
	const char *at, *end;
	bool unread = false;

	if (begins_with(data, WRAPPER))
		return image_add(image, ((const struct wrapper *)data)->data);
	at = (const char *)data + header->header_bytes;
	end = at + header->bytes;
	while (at + sizeof(struct part) <= end) {
		const struct part *part = (const void *)at;
		enum cu_status status = CU_OK;

		if (part->flags & PACKED_ZSTD)
			unread = true;
		else if (part->kind == PART_PTX || part->kind == PART_CUBIN)
			status = add_part(image, part);
		if (status != CU_OK)
			return status;
		at += part->header_bytes + part->bytes;
	}
	image->has_all = unread && !image->kernel_count;
	return CU_OK;
}
