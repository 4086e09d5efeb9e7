/* SPDX-License-Identifier: MIT */
/*
 * The time line of a session, from its record.
 */
#include <math.h>
#include <string.h>

#include "chart.h"
#include "html.h"
#include "page.h"

static void put_kernels(const struct page *page, const struct timeline_facts *facts)
{
	const struct timeline *timeline = page->timeline;
	double bins[CHART_BINS];
	struct chart chart = { .title = "Kernels per second",
		.unit = UNIT_RATE,
		.lines = { { "kernels", "a", bins } },
		.n_lines = 1,
		.seconds = timeline->seconds,
		.pause_from = facts->pause_from,
		.pause = facts->pause };

	series_rates(bins, CHART_BINS, &timeline->kernels, 0, timeline->seconds);
	chart_put(page->to, &chart);
}

static void put_memory(const struct page *page)
{
	const struct timeline *timeline = page->timeline;
	double bins[CHART_BINS];
	struct chart chart = { .title = "Device memory in use",
		.unit = UNIT_BYTES,
		.lines = { { "memory", "b", bins } },
		.n_lines = 1,
		.seconds = timeline->seconds,
		.pause = -1 };

	series_levels(bins, CHART_BINS, &timeline->live, 0, timeline->seconds);
	chart_put(page->to, &chart);
}

static void put_copies(const struct page *page)
{
	const struct timeline *timeline = page->timeline;
	const struct {
		const char *label, *colour;
		const struct series *series;
	} kinds[] = { { "to the device", "c", &timeline->to_device },
		{ "back", "d", &timeline->back },
		{ "on devices, and memset", "f", &timeline->other } };
	double bins[3][CHART_BINS], highest = 0;
	struct chart chart = { .title = "Copies",
		.unit = UNIT_BYTES_RATE,
		.seconds = timeline->seconds,
		.pause = -1 };

	for (int i = 0; i < 3; i++) {
		double *to = bins[chart.n_lines];

		series_rates(to, CHART_BINS, kinds[i].series, 0, timeline->seconds);
		highest = fmax(highest, series_highest(to, CHART_BINS));
		if (series_highest(to, CHART_BINS) > 0 || i < 2)
			chart.lines[chart.n_lines++] =
				(struct chart_line){ kinds[i].label, kinds[i].colour, to };
	}
	if (highest > 0)
		chart_put(page->to, &chart);
	else
		fputs("<p class=\"soft\">Nothing was copied while it was recorded.</p>\n",
			page->to);
}

static double came(const struct series *series)
{
	return series->n ? series->value[series->n - 1] - series->value[0] : 0;
}

static void put_errors(const struct page *page)
{
	const struct timeline *timeline = page->timeline;
	double bins[CHART_BINS];
	struct chart chart = { .title = "Failed calls per second",
		.unit = UNIT_RATE,
		.lines = { { "errors", "e", bins } },
		.n_lines = 1,
		.seconds = timeline->seconds,
		.total = came(&timeline->errors),
		.pause = -1 };

	series_rates(bins, CHART_BINS, &timeline->errors, 0, timeline->seconds);
	if (series_highest(bins, CHART_BINS) > 0)
		chart_put(page->to, &chart);
	else
		fputs("<p class=\"soft\">No call failed while it was recorded.</p>\n", page->to);
}

static void put_utilisation(const struct page *page, const struct timeline_driver *driver)
{
	const struct timeline *timeline = page->timeline;
	double whole[CHART_BINS], own[CHART_BINS];
	struct chart chart = { .title = "Utilisation, as the driver says",
		.unit = UNIT_SHARE,
		.lines = { { "the device", "a", whole },
			{ "this session&#8217;s share", "d", own } },
		.n_lines = driver->share.n ? 2 : 1,
		.seconds = timeline->seconds,
		.ceiling = 100,
		.pause = -1 };

	if (!driver->utilisation.n)
		return;
	series_levels(whole, CHART_BINS, &driver->utilisation, 0, timeline->seconds);
	series_levels(own, CHART_BINS, &driver->share, 0, timeline->seconds);
	chart_put(page->to, &chart);
}

/* Of everybody on the device, and with what the driver itself takes: more than gpuspy counts. */
static void put_used(const struct page *page, const struct timeline_driver *driver)
{
	const struct timeline *timeline = page->timeline;
	double whole[CHART_BINS], own[CHART_BINS];
	struct chart chart = { .title = "Memory, as the driver says",
		.unit = UNIT_BYTES,
		.lines = { { "the device", "b", whole },
			{ "this session&#8217;s share", "d", own } },
		.n_lines = driver->held.n ? 2 : 1,
		.seconds = timeline->seconds,
		.ceiling = driver->total,
		.pause = -1 };

	if (!driver->used.n)
		return;
	series_levels(whole, CHART_BINS, &driver->used, 0, timeline->seconds);
	series_levels(own, CHART_BINS, &driver->held, 0, timeline->seconds);
	chart_put(page->to, &chart);
}

/* Was this session at work there? The driver names processes only where it sees them. */
static bool is_own(const struct page *page, const struct timeline_driver *driver)
{
	const struct timeline *timeline = page->timeline;

	for (unsigned i = 0; i < timeline->n_devices; i++)
		if (timeline->devices[i].uuid && driver->uuid &&
			!strcmp(timeline->devices[i].uuid, driver->uuid))
			return true;
	return driver->share.n || driver->held.n;
}

/* The driver's own figures are not ours, and are named so. */
static void put_driver(const struct page *page, const struct timeline_driver *driver)
{
	if (!driver->utilisation.n && !driver->used.n)
		return;
	fputs("<h3 class=\"wrap\">", page->to);
	html_text(page->to, driver->name);
	if (driver->uuid) {
		fputs(" <code class=\"soft\">", page->to);
		html_text(page->to, driver->uuid);
		fputs("</code>", page->to);
	}
	fputs("</h3>\n", page->to);
	put_utilisation(page, driver);
	put_used(page, driver);
}

/* On a machine with many devices those of others only hide the session's own. */
static void put_drivers(const struct page *page)
{
	const struct timeline *timeline = page->timeline;
	unsigned own = 0;

	for (unsigned i = 0; i < timeline->n_drivers; i++)
		own += is_own(page, &timeline->drivers[i]);
	for (unsigned i = 0; i < timeline->n_drivers; i++)
		if (!own || is_own(page, &timeline->drivers[i]))
			put_driver(page, &timeline->drivers[i]);
	if (!own || own == timeline->n_drivers)
		return;
	fputs("<p class=\"soft\">Not drawn: devices of this machine that the session did not use, ",
		page->to);
	html_count(page->to, timeline->n_drivers - own);
	fputs(".</p>\n", page->to);
}

static void put_sources(const struct page *page)
{
	const struct timeline *timeline = page->timeline;

	fputs("<p class=\"soft\">From a record of ", page->to);
	html_count(page->to, timeline->samples);
	fputs(" samples in ", page->to);
	html_seconds(page->to, timeline->seconds);
	if (!timeline->ended)
		fputs("; it has no end: the session goes on, or the recorder was stopped",
			page->to);
	if (timeline->broken) {
		fputs("; ", page->to);
		html_count(page->to, timeline->broken);
		fputs(" lines could not be read", page->to);
	}
	fputs(".</p>\n", page->to);
}

void page_timeline(const struct page *page)
{
	const struct timeline *timeline = page->timeline;
	struct timeline_facts facts;

	fputs("<h2>Time line</h2>\n", page->to);
	if (!timeline || timeline->samples < 2 || !(timeline->seconds > 0)) {
		fputs("<p class=\"hint\">When the kernels ran was not recorded. To see it next "
		      "time: "
		      "<code>gpuspy run --record FILE COMMAND</code>, or <code>gpuspy "
		      "record</code> while it runs.</p>\n",
			page->to);
		return;
	}
	facts = timeline_facts(timeline);
	put_kernels(page, &facts);
	put_memory(page);
	put_copies(page);
	put_errors(page);
	put_drivers(page);
	put_sources(page);
}
