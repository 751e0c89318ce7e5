/**
 * Where things lie in the linear memory of a driver.
 *
 *     0x00000  never mapped: a NULL pointer and its fields
 *     0x01000  the driver's constants and variables, as the linker places them
 *     0x20000  one area for each task: its C stack, and the frames that are put aside while it is suspended
 *     0x40000  the heap: slots of equal size for each size class, a gap as wide as the slot behind each
 *
 * Fixed places make one run's addresses equal to the next one's, and a slot's neighbour is never hit by a short
 * overrun.
 */
export const MEMORY_MAP = {
  dataStart: 0x1000,
  dataLimit: 0x20000,
  tasksStart: 0x20000,
  /** C stack of a task, growing downwards from its end, in bytes. */
  stackSize: 0x3000,
  /** Room for the suspended frames of one activation, in bytes. */
  framesSize: 0x400,
  /** How deep the kernel may call back into the driver, which may call the kernel, and so on. */
  activations: 12,
  maximumTasks: 4,
  heapStart: 0x40000,
  pages: 40,
} as const;

/** Size of the area of one task, in bytes. */
export const TASK_AREA = MEMORY_MAP.stackSize + MEMORY_MAP.framesSize * MEMORY_MAP.activations;

/** Whether an address lies in the area of a task. */
export const isOfTask = (at: number, task: number): boolean => {
  const start = MEMORY_MAP.tasksStart + task * TASK_AREA;
  return at >= start && at < start + TASK_AREA;
};

/** The sizes that the heap hands out, in bytes; a larger request fails. */
export const SIZE_CLASSES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096] as const;

/** Slots of each size class. */
export const SLOTS_PER_CLASS = 128;

/** What unused heap holds (the kernel's POISON_FREE, include/linux/poison.h). */
export const POISON_FREE = 0x6b;

/** What memory holds that was allocated and not yet written (the kernel's POISON_INUSE). */
export const POISON_INUSE = 0x5a;

/** Start of the slots of size class number `index`. */
export const classStart = (index: number): number => {
  let at: number = MEMORY_MAP.heapStart;
  for (let below = 0; below < index; below += 1) at += SIZE_CLASSES[below]! * 2 * SLOTS_PER_CLASS;
  return at;
};

/** Start of the slot that an address in the heap lies in, or in the gap behind which. */
export const slotAround = (at: number): number => {
  let index = SIZE_CLASSES.length - 1;
  while (at < classStart(index)) index -= 1;
  const start = classStart(index);
  return at - ((at - start) % (SIZE_CLASSES[index]! * 2));
};

/** The first address behind the heap. */
export const HEAP_END = classStart(SIZE_CLASSES.length);

/** Whether an address lies in the heap, in something that is allocated or not. */
export const isHeap = (at: number): boolean => at >= MEMORY_MAP.heapStart && at < HEAP_END;

/** Whether an address lies in the area of some task. */
export const isOfTasks = (at: number): boolean => at >= MEMORY_MAP.tasksStart && at < MEMORY_MAP.heapStart;
