#include "units.h"

#include <math.h>

static void put_scaled(struct text *text, double value, int digits, const char *unit)
{
	/* As many digits as asked for, wherever the point stands. */
	int decimals = value < 9.9995 ? digits - 1 : value < 99.995 ? digits - 2 : digits - 3;

	text_putf(text, "%.*f%s", decimals > 0 ? decimals : 0, value, unit);
}

/* In the unit where less than `step` of it remain, also after rounding. */
static void put_with_unit(struct text *text, double value, double step, int digits)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };
	static const char *const byte_units[] = { "", "K", "M", "G", "T", "P", "E" };
	double limit = digits > 3 ? step - 0.05 : step - 0.5;
	unsigned unit = 0;

	while (value >= limit && unit < 6) {
		value /= step;
		unit++;
	}
	if (!unit)
		text_putf(text, "%.0f", value);
	else
		put_scaled(text, value, digits, step > 1000 ? byte_units[unit] : units[unit]);
}

void unit_count(struct text *text, uint64_t count)
{
	if (count <= 99999)
		text_put_count(text, count);
	else
		put_with_unit(text, (double)count, 1000, 4);
}

void unit_rate(struct text *text, double rate)
{
	if (!(rate >= 0) || rate > 1e18)
		text_put(text, "-");
	else if (rate > 0 && rate < 9.95 && rate != floor(rate))
		text_putf(text, "%.1f", rate < 0.1 ? 0.1 : rate);
	else
		put_with_unit(text, rate, 1000, 2);
}

void unit_bytes(struct text *text, uint64_t bytes)
{
	put_with_unit(text, (double)bytes, 1024, bytes >= (100ull << 20) ? 3 : 2);
}

void unit_byte_rate(struct text *text, double rate)
{
	if (!(rate >= 0) || rate > 1e18)
		text_put(text, "-");
	else
		unit_bytes(text, (uint64_t)rate);
}

static bool unknown_time(double seconds)
{
	return !(seconds >= 0) || seconds > 1e10;
}

void unit_time(struct text *text, double seconds)
{
	unsigned long whole;

	if (unknown_time(seconds)) {
		text_put(text, "-");
		return;
	}
	whole = (unsigned long)seconds;
	if (whole < 6000)
		text_putf(text, "%lu:%02lu", whole / 60, whole % 60);
	else if (whole < 100 * 3600)
		text_putf(text, "%luh%02lum", whole / 3600, whole / 60 % 60);
	else
		text_putf(text, "%lud%02luh", whole / 86400, whole / 3600 % 24);
}

void unit_age(struct text *text, double seconds)
{
	unsigned long whole;

	if (unknown_time(seconds)) {
		text_put(text, "?");
		return;
	}
	whole = (unsigned long)seconds;
	if (whole < 100)
		text_putf(text, "%lus", whole);
	else if (whole < 100 * 60)
		text_putf(text, "%lum", whole / 60);
	else if (whole < 100 * 3600)
		text_putf(text, "%luh", whole / 3600);
	else
		text_putf(text, "%lud", whole / 86400);
}
