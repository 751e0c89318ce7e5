import type { Subject } from "../../driver/patch/subject-file.ts";
import { subjectOfC } from "./review.ts";

/** What a test puts into the smallest driver there is. */
export interface WidgetParts {
  /** Before everything, in place of nothing. */
  readonly includes?: string;
  /** Between the functions. */
  readonly top?: string;
  /** Statements of the driver's entry, which returns `err`. */
  readonly body?: string;
}

export const WIDGET_PATH = "drivers/cxl/core/region_widget.c";

/** A driver that only has an entry, with what a test wants to try. Line 7 is the first of `top`. */
export const widgetText = ({ includes = "", top = "", body = "" }: WidgetParts): string => `${includes}
#include <linux/device.h>
#include <linux/slab.h>
#include <cxl.h>
#include "core.h"

${top}
int devm_cxl_add_widget(struct cxl_region *cxlr)
{
	int err = 0;
${body}
	return err;
}
`;

export const widget = (parts: WidgetParts): Subject => subjectOfC(widgetText(parts));
