/* SPDX-License-Identifier: MIT */
#include "units.h"

#include <math.h>

/* Forms of a figure, from the longest to the shortest. */
enum form { FORM_EXACT, FORM_DIGITS, FORM_FOUR, FORM_THREE, FORM_TWO, FORM_ONE, FORMS };

static const double exact_most = 99999;

static const char *const count_units[] = { "", "k", "M", "G", "T", "P", "E" };
static const char *const byte_units[] = { "", "K", "M", "G", "T", "P", "E" };

/* With so many digits, wherever the point stands, also after rounding. */
static void put_digits(struct text *text, double value, int digits)
{
	int decimals = digits - 1;
	double limit = 10;

	for (; decimals > 0 && value >= limit - 0.5 / pow(10, decimals); limit *= 10)
		decimals--;
	text_putf(text, "%.*f", decimals > 0 ? decimals : 0, value);
}

/* In the unit where less than `step` of it remain, also after rounding. */
static void put_scaled(
	struct text *text, double value, double step, const char *const *units, int digits)
{
	double limit = digits > 3 ? step - 0.05 : step - 0.5;
	unsigned unit = 0;

	while (value >= limit && unit < 6) {
		value /= step;
		unit++;
	}
	if (unit)
		put_digits(text, value, digits);
	else
		text_putf(text, "%.0f", value);
	text_put(text, units[unit]);
}

static int digits_of(enum form form, int most)
{
	int digits = FORMS - (int)form;

	return digits < most ? digits : most;
}

static void put_count(struct text *text, double value, enum form form)
{
	if (value <= exact_most && form == FORM_EXACT)
		text_put_count(text, (uint64_t)value);
	else if (value <= exact_most && form == FORM_DIGITS)
		text_putf(text, "%.0f", value);
	else
		put_scaled(text, value, 1000, count_units, digits_of(form, 4));
}

static void put_rate(struct text *text, double value, enum form form)
{
	/* A little is more than nothing. */
	if (value > 0 && value < 9.95 && value != floor(value) && form < FORM_ONE)
		text_putf(text, "%.1f", value < 0.1 ? 0.1 : value);
	else
		put_scaled(text, value, 1000, count_units, digits_of(form, 2));
}

static void put_bytes(struct text *text, double value, enum form form)
{
	put_scaled(text, value, 1024, byte_units, digits_of(form, value >= 100 << 20 ? 3 : 2));
}

static void put_time(struct text *text, double value, enum form form)
{
	unsigned long whole = (unsigned long)value;

	if (whole < 6000)
		text_putf(text, "%lu:%02lu", whole / 60, whole % 60);
	else if (whole < 100 * 3600)
		text_putf(text, form == FORM_EXACT ? "%luh%02lum" : "%luh", whole / 3600,
			whole / 60 % 60);
	else
		text_putf(text, form == FORM_EXACT ? "%lud%02luh" : "%lud", whole / 86400,
			whole / 3600 % 24);
}

static void put_age(struct text *text, double value)
{
	unsigned long whole = (unsigned long)value;

	if (whole < 100)
		text_putf(text, "%lus", whole);
	else if (whole < 100 * 60)
		text_putf(text, "%lum", whole / 60);
	else if (whole < 100 * 3600)
		text_putf(text, "%luh", whole / 3600);
	else
		text_putf(text, "%lud", whole / 86400);
}

static void put_form(struct text *text, enum unit unit, double value, enum form form)
{
	switch (unit) {
	case UNIT_COUNT:
		put_count(text, value, form);
		break;
	case UNIT_RATE:
		put_rate(text, value, form);
		break;
	case UNIT_BYTES:
		put_bytes(text, value, form);
		break;
	case UNIT_TIME:
		put_time(text, value, form);
		break;
	case UNIT_AGE:
		put_age(text, value);
		break;
	case UNIT_PERCENT:
		if (form == FORM_EXACT)
			text_putf(text, "%.0f", floor(value));
		else
			put_count(text, value, form);
		break;
	}
}

void unit_put(struct text *text, enum unit unit, double value, int width)
{
	char figure[UNIT_MAX];
	int form = FORM_EXACT;

	if (!(value >= 0) || value > 2e19 || (unit == UNIT_RATE && value > 1e18) ||
		((unit == UNIT_TIME || unit == UNIT_AGE) && value > 1e10)) {
		text_put(text, unit == UNIT_AGE ? "?" : "-");
		return;
	}
	do {
		struct text piece = text_in(figure, sizeof(figure));

		put_form(&piece, unit, value, (enum form)form++);
		if (width == UNIT_ANY_WIDTH || piece.length <= (size_t)width)
			break;
	} while (form < FORMS);
	text_put(text, figure);
}
