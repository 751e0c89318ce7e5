// SPDX-License-Identifier: GPL-2.0
/*
 * Drives a sysram driver through the vectors of sysram_vectors.h, each a life of
 * its devices, and looks after every step at what it returned and at what it
 * holds.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>
#include "sysram_fake.h"
#include "sysram_vectors.h"

static struct cxl_region *region_of(struct kunit *test)
{
	return test->priv;
}

static ssize_t write_word(struct kunit *test, const char *word)
{
	struct device *dev = sysram_fake_registered();
	const struct attribute_group **group;
	struct attribute **attribute;

	if (!dev)
		return -ENODEV;
	for (group = dev->type->groups; group && *group; group++) {
		for (attribute = (*group)->attrs; attribute && *attribute; attribute++) {
			struct device_attribute *file = container_of(*attribute, struct device_attribute, attr);

			if (!strcmp((*attribute)->name, "hotplug"))
				return file->store(dev, file, word, strlen(word));
		}
	}
	return -ENOENT;
}

/* Gives 0 or a negative errno, and a positive value where a length is wrong. */
static int take(struct kunit *test, const struct sysram_step *step, struct cxl_sysram **held)
{
	struct cxl_region *cxlr = region_of(test);
	ssize_t written;

	switch (step->action) {
	case SYSRAM_PROBE:
		return devm_cxl_add_sysram(cxlr, step->argument);
	case SYSRAM_WRITE:
		written = write_word(test, step->word);
		return written == (ssize_t)strlen(step->word) ? 0 : written;
	case SYSRAM_UNBIND:
		sysram_fake_unbind();
		return 0;
	case SYSRAM_HOLD:
		*held = cxl_region_find_sysram(cxlr);
		return *held ? 0 : -ENODEV;
	case SYSRAM_USE:
		return cxl_sysram_offline_and_remove(*held);
	case SYSRAM_DROP:
		put_device(&(*held)->dev);
		*held = NULL;
		return 0;
	case SYSRAM_REFUSE_ONLINING:
		sysram_fake.refuse_onlining = step->argument;
		return 0;
	case SYSRAM_REFUSE_OFFLINING:
		sysram_fake.refuse_offlining = step->argument;
		return 0;
	}
	return -EINVAL;
}

static void check(struct kunit *test, const struct sysram_step *step, int number, int result)
{
	struct device *dev = sysram_fake_registered();

	KUNIT_EXPECT_EQ_MSG(test, result, step->returns, "step %d: %s", number, step->what);
	KUNIT_EXPECT_EQ_MSG(test, dev != NULL, step->registered, "step %d: %s: device", number, step->what);
	KUNIT_EXPECT_EQ_MSG(test, (int)sysram_fake.block, (int)step->block, "step %d: %s: memory", number, step->what);
	KUNIT_EXPECT_EQ_MSG(test, sysram_fake.groups, step->groups, "step %d: %s: groups", number, step->what);
	KUNIT_EXPECT_EQ_MSG(test, sysram_fake.types, step->types, "step %d: %s: types", number, step->what);
	KUNIT_EXPECT_EQ_MSG(test, sysram_fake_resources(), step->resources, "step %d: %s: resources", number,
			    step->what);
	if (dev && step->last_command >= 0) {
		struct cxl_sysram *sysram = container_of(dev, struct cxl_sysram, dev);

		KUNIT_EXPECT_EQ_MSG(test, (int)sysram->last_hotplug_cmd, step->last_command,
				    "step %d: %s: last_hotplug_cmd", number, step->what);
	}
	KUNIT_EXPECT_EQ_MSG(test, sysram_fake.mistakes, 0, "step %d: %s: %s", number, step->what,
			    sysram_fake.mistake ? sysram_fake.mistake : "");
}

static void sysram_vector(struct kunit *test)
{
	const struct sysram_vector *vector = test->param_value;
	struct cxl_sysram *held = NULL;
	int i;

	sysram_fake_reset(vector->size, vector->default_type);
	for (i = 0; i < vector->count; i++) {
		const struct sysram_step *step = &vector->steps[i];

		sysram_fake.fault = step->fault;
		sysram_fake.calls = 0;
		sysram_fake.pause_lifts = step->lifts;
		check(test, step, i + 1, take(test, step, &held));
		/* Nothing that comes after a step that went wrong means anything. */
		if (test->status == KUNIT_FAILURE)
			return;
	}
	KUNIT_EXPECT_EQ_MSG(test, sysram_fake_allocations(), 0, "the end: allocations");
}

static void describe(const struct sysram_vector *vector, char *text)
{
	strscpy(text, vector->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sysram, sysram_vectors, describe);

static int sysram_init(struct kunit *test)
{
	struct cxl_region *cxlr = kunit_kzalloc(test, sizeof(*cxlr), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	cxlr->mode = CXL_PARTMODE_RAM;
	cxlr->params.res = kunit_kzalloc(test, sizeof(*cxlr->params.res), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cxlr->params.res);
	cxlr->params.res->start = SYSRAM_FAKE_START;
	test->priv = cxlr;
	return 0;
}

static struct kunit_case sysram_cases[] = {
	KUNIT_CASE_PARAM(sysram_vector, sysram_gen_params),
	{}
};

static struct kunit_suite sysram_suite = {
	.name = "cxl-sysram-vectors",
	.init = sysram_init,
	.test_cases = sysram_cases,
};
kunit_test_suite(sysram_suite);

MODULE_DESCRIPTION("Test vectors of CXL sysram devices");
MODULE_LICENSE("GPL");
