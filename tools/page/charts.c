/* SPDX-License-Identifier: MIT */
/*
 * The time line of a session, from its record.
 */
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
	double bins[3][CHART_BINS];
	struct chart chart = { .title = "Copies",
		.unit = UNIT_BYTES_RATE,
		.seconds = timeline->seconds,
		.pause = -1 };

	for (int i = 0; i < 3; i++) {
		double *to = bins[chart.n_lines];

		series_rates(to, CHART_BINS, kinds[i].series, 0, timeline->seconds);
		if (series_highest(to, CHART_BINS) > 0 || i < 2)
			chart.lines[chart.n_lines++] =
				(struct chart_line){ kinds[i].label, kinds[i].colour, to };
	}
	chart_put(page->to, &chart);
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
		.pause = -1 };

	series_rates(bins, CHART_BINS, &timeline->errors, 0, timeline->seconds);
	if (series_highest(bins, CHART_BINS) > 0)
		chart_put(page->to, &chart);
	else
		fputs("<p class=\"soft\">No call failed while it was recorded.</p>\n", page->to);
}

/* The driver's own figures are not ours, and are named so. */
static void put_driver(const struct page *page, const struct timeline_driver *driver)
{
	const struct timeline *timeline = page->timeline;
	double whole[CHART_BINS], own[CHART_BINS];
	struct chart chart = { .title = "Utilisation, as the driver says",
		.unit = UNIT_SHARE,
		.lines = { { "the device", "a", whole },
			{ "this session&#8217;s share", "d", own } },
		.n_lines = driver->share.n ? 2 : 1,
		.seconds = timeline->seconds,
		.pause = -1 };

	if (!driver->utilisation.n)
		return;
	fputs("<h3 class=\"wrap\">", page->to);
	html_text(page->to, driver->name);
	fputs("</h3>\n", page->to);
	series_levels(whole, CHART_BINS, &driver->utilisation, 0, timeline->seconds);
	series_levels(own, CHART_BINS, &driver->share, 0, timeline->seconds);
	chart_put(page->to, &chart);
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
		fputs("<p class=\"hint\">What happened when was not recorded. <code>gpuspy run "
		      "--record FILE COMMAND</code> does it, and so does <code>gpuspy "
		      "record</code> while a session runs.</p>\n",
			page->to);
		return;
	}
	facts = timeline_facts(timeline);
	put_kernels(page, &facts);
	put_memory(page);
	put_copies(page);
	put_errors(page);
	for (unsigned i = 0; i < timeline->n_drivers; i++)
		put_driver(page, &timeline->drivers[i]);
	put_sources(page);
}
