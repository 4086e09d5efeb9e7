/* SPDX-License-Identifier: MIT */
#include "chart.h"

#include <math.h>
#include <stdbool.h>

#include "html.h"
#include "series.h"

/* In pixels; the width is the page's. */
enum { TOP = 10, HEIGHT = 130, BOTTOM = 26, TICKS_MAX = 7 };

/* 1, 2, 5, 10, ... (or 1, 2, 4, ... of 1024) so that some three steps reach `highest`. */
static double step_of(double highest, bool binary)
{
	static const double decimal[] = { 1, 2, 5, 10 };
	double base = binary ? 1024 : 10, unit = 1, step = 1;

	if (!(highest > 1e-6))
		return 1;
	while (unit * base <= highest / 3)
		unit *= base;
	if (!binary) {
		while (unit > highest / 3)
			unit /= 10;
		for (int i = 0; i < 4 && unit * decimal[i] * 3 < highest * 0.999; i++)
			step = decimal[i + 1 < 4 ? i + 1 : 3];
		return unit * step;
	}
	while (unit * step * 4 < highest)
		step *= 2;
	return unit * step;
}

void chart_value(FILE *to, double value, enum chart_unit unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T" };
	int power = 0;

	if (unit == UNIT_BYTES || unit == UNIT_BYTES_RATE) {
		html_bytes(to, value > 0 ? (uint64_t)fmin(value + 0.5, 1.8e19) : 0);
		fputs(unit == UNIT_BYTES_RATE ? "/s" : "", to);
		return;
	}
	if (unit == UNIT_SHARE) {
		html_put(to, "%.0f %%", value);
		return;
	}
	for (; value >= 99999.5 && power < 4; power++)
		value /= 1000;
	if (value >= 1000)
		html_count(to, (uint64_t)fmin(value + 0.5, 1.8e19));
	else if (value > 0 && value < 0.995) /* a few in an hour */
		html_put(to, "%.2g", value);
	else
		html_put(to, value < 10 && fabs(value - round(value)) > 0.05 ? "%.1f" : "%.0f",
			value);
	html_put(to, "%s%s%s", power ? "&#8239;" : "", prefixes[power],
		unit == UNIT_RATE ? "/s" : "");
}

/* Seconds between two ticks of the time axis. */
static double time_step(double seconds)
{
	static const double steps[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
		1800, 3600, 7200, 10800, 21600, 43200, 86400 };
	double step = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		step = steps[i];
		if (seconds / step <= TICKS_MAX)
			return step;
	}
	while (seconds / step > TICKS_MAX)
		step *= 2;
	return step;
}

static void put_time(FILE *to, double seconds, double step)
{
	unsigned long long whole = (unsigned long long)(seconds + 0.05);

	if (step < 1)
		html_put(to, "%.1f s", seconds);
	else if (step < 60 && seconds < 120)
		html_put(to, "%llu s", whole);
	else if (step < 60)
		html_put(to, "%llu:%02llu", whole / 60, whole % 60);
	else if (step < 3600 && whole < 7200)
		html_put(to, "%llu min", whole / 60);
	else
		html_put(to, "%llu:%02llu h", whole / 3600, whole / 60 % 60);
}

static double y_of(double value, double top)
{
	return TOP + HEIGHT * (1 - value / top);
}

static void put_time_axis(FILE *to, double seconds)
{
	double step = time_step(seconds);

	for (unsigned i = 0; i * step <= seconds * 1.0001; i++) {
		double at = i * step / seconds * 100;
		const char *anchor = i == 0 ? "start" : at > 97 ? "end" : "middle";

		html_put(to,
			"<line class=\"tick\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%d\"/>",
			at, at, TOP + HEIGHT, TOP + HEIGHT + 4);
		html_put(to, "<text%s x=\"%.2f%%\" y=\"%d\" text-anchor=\"%s\">",
			i % 2 ? " class=\"odd\"" : "", at, TOP + HEIGHT + 18, anchor);
		put_time(to, i * step, step);
		fputs("</text>", to);
	}
}

/* Steps: each bin is a figure for its whole time. Points on one level are one line. */
static void put_steps(FILE *to, const double *bins, unsigned n, double top, double height)
{
	double level = -1;

	for (unsigned i = 0; i < n; i++) {
		double y = floor((1 - bins[i] / top) * height * 10 + 0.5) / 10;

		if (i && y == level)
			continue;
		if (!i)
			html_put(to, "M0 %g", y);
		else
			html_put(to, "H%uV%g", i, y);
		level = y;
	}
	html_put(to, "H%u", n);
}

static void put_path(FILE *to, const struct chart_line *line, double top, bool area)
{
	if (area) {
		html_put(to, "<path class=\"area %s\" d=\"", line->name);
		put_steps(to, line->bins, CHART_BINS, top, 100);
		fputs("V100H0Z\"/>", to);
	}
	html_put(to, "<path class=\"line %s\" d=\"", line->name);
	put_steps(to, line->bins, CHART_BINS, top, 100);
	fputs("\"/>", to);
}

static void put_pause(FILE *to, const struct chart *chart)
{
	double from = chart->pause_from / chart->seconds * 100;
	double width = chart->pause / chart->seconds * 100;

	if (chart->pause < 0 || chart->pause_from < 0)
		return;
	html_put(to, "<rect class=\"pause\" x=\"%.2f%%\" y=\"%d\" width=\"%.2f%%\" height=\"%d\"/>",
		from, TOP, width, HEIGHT);
	if (width < 20) /* no room for words */
		return;
	html_put(to, "<text class=\"mark\" x=\"%.2f%%\" y=\"%d\" text-anchor=\"middle\">",
		from + width / 2, TOP + 16);
	fputs("pause of ", to);
	html_seconds(to, chart->pause);
	fputs("</text>", to);
}

static double highest_of(const struct chart *chart)
{
	double highest = chart->ceiling;

	for (unsigned i = 0; i < chart->n_lines; i++)
		highest = fmax(highest, series_highest(chart->lines[i].bins, CHART_BINS));
	return highest;
}

static void put_caption(FILE *to, const struct chart *chart)
{
	html_put(to, "<figcaption><h3>%s</h3><p>", chart->title);
	if (chart->pause >= 0) {
		fputs("<span class=\"key p\">longest pause <b>", to);
		html_seconds(to, chart->pause);
		fputs("</b></span> ", to);
	}
	if (chart->total > 0) {
		fputs("in all <b>", to);
		chart_value(to, chart->total, UNIT_COUNT);
		fputs("</b> ", to);
	}
	for (unsigned i = 0; i < chart->n_lines; i++) {
		const struct chart_line *line = &chart->lines[i];

		if (chart->n_lines > 1)
			html_put(to, "<span class=\"key %s\">%s</span> ", line->name, line->label);
		fputs("up to <b>", to);
		chart_value(to, series_highest(line->bins, CHART_BINS), chart->unit);
		fputs("</b> ", to);
	}
	if (chart->unit == UNIT_BYTES && chart->ceiling > 0) {
		fputs("of <b>", to);
		chart_value(to, chart->ceiling, chart->unit);
		fputs("</b> ", to);
	}
	fputs("</p></figcaption>\n", to);
}

static void put_plot(FILE *to, const struct chart *chart, double step, double top)
{
	html_put(to, "<svg class=\"plot\" height=\"%d\" role=\"img\" aria-label=\"%s\">",
		TOP + HEIGHT + BOTTOM, chart->title);
	for (double value = 0; value <= top * 1.0001; value += step)
		html_put(to, "<line class=\"grid\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>",
			y_of(value, top), y_of(value, top));
	put_pause(to, chart);
	html_put(to,
		"<svg x=\"0\" y=\"%d\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d 100\" "
		"preserveAspectRatio=\"none\" overflow=\"visible\">",
		TOP, HEIGHT, CHART_BINS);
	for (unsigned i = 0; i < chart->n_lines; i++)
		put_path(to, &chart->lines[i], top, chart->n_lines == 1);
	fputs("</svg>", to);
	put_time_axis(to, chart->seconds);
	fputs("</svg>", to);
}

void chart_put(FILE *to, const struct chart *chart)
{
	double highest = highest_of(chart);
	double step = chart->unit == UNIT_SHARE
			      ? 25
			      : step_of(highest, chart->unit == UNIT_BYTES ||
							 chart->unit == UNIT_BYTES_RATE);
	double top = highest > 1e-6 ? ceil(highest / step * 0.9999) * step : step;

	fputs("<figure>", to);
	put_caption(to, chart);
	html_put(to,
		"<div class=\"chart\"><svg class=\"scale\" height=\"%d\" aria-hidden=\"true\">",
		TOP + HEIGHT + BOTTOM);
	for (double value = 0; value <= top * 1.0001; value += step) {
		html_put(to, "<text x=\"100%%\" y=\"%.1f\" text-anchor=\"end\">",
			y_of(value, top) + 4);
		chart_value(to, value, chart->unit);
		fputs("</text>", to);
	}
	fputs("</svg>", to);
	put_plot(to, chart, step, top);
	fputs("</div></figure>\n", to);
}

void chart_spark(FILE *to, const double *bins, const char *name, enum chart_unit unit)
{
	double top = series_highest(bins, SPARK_BINS);

	if (!(top > 0))
		return;
	html_put(to,
		"<svg class=\"spark\" viewBox=\"0 0 %d 20\" preserveAspectRatio=\"none\" "
		"aria-hidden=\"true\"><path class=\"area %s\" d=\"",
		SPARK_BINS, name);
	put_steps(to, bins, SPARK_BINS, top, 20);
	fputs("V20H0Z\"/></svg><small>up to ", to);
	chart_value(to, top, unit);
	fputs("</small>", to);
}
