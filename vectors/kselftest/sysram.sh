#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the test vectors of sysram devices have in common. It is sourced by each
# of them, and run by itself only as the watchdog that cleans up behind a vector
# that was killed.
#
# Variables of the environment:
#   SYSRAM_REGION        the region to test; by default the first committed RAM
#                        region that a sysram device can be bound to
#   SYSRAM_SMALL_REGION  a committed region that holds no whole memory block
#   SYSRAM_DRIVER        the folder of the region driver, with bind and unbind
#   SYSRAM_PATIENCE      tenths of a second after which a write that must return
#                        is given up
#   SYSRAM_BLOCK_TIME    tenths of a second after which a write counts as
#                        waiting
#   SYSRAM_SYSFS, SYSRAM_PROC, SYSRAM_DEBUGFS, SYSRAM_IO
#                        where sysfs, procfs, debugfs and the helper program are

export LC_ALL=C

readonly KSFT_PASS=0
readonly KSFT_FAIL=1
readonly KSFT_SKIP=4

LIBRARY="$(readlink -f "${BASH_SOURCE[0]}")"
SYSFS="${SYSRAM_SYSFS:-/sys}"
PROC="${SYSRAM_PROC:-/proc}"
DEBUGFS="${SYSRAM_DEBUGFS:-$SYSFS/kernel/debug}"
IO="${SYSRAM_IO:-$(dirname "$LIBRARY")/sysram_io}"
CXL="$SYSFS/bus/cxl/devices"
DRIVER="${SYSRAM_DRIVER:-$SYSFS/bus/cxl/drivers/cxl_region}"
MEMORY="$SYSFS/devices/system/memory"
NOTIFIER="$DEBUGFS/notifier-error-inject/memory/actions"
PATIENCE="${SYSRAM_PATIENCE:-300}"
BLOCK_TIME="${SYSRAM_BLOCK_TIME:-50}"
MEMORY_NAME="System RAM (CXL)"

# The first line of a file into TEXT; empty when it cannot be read.
first_line()
{
	TEXT=
	[ -r "$1" ] && IFS= read -r TEXT < "$1"
	[ -n "$TEXT" ]
}

# Writes a value now; for what sets up and takes back, never for what is tested.
put()
{
	local answer

	answer="$("$IO" write "$1" "$2" {WATCH}>&-)"
	[ "${answer##*$'\n'}" = ok ]
}

#
# What must be undone stands in files below $SCRATCH, because the process that
# undoes it may not be the one that did it.
#

# $1: name of the setting, $2: its file, $3: the value to test with
change()
{
	first_line "$2"
	# Files that choose among words show all of them, the chosen one in brackets.
	case "$TEXT" in
	*\[*\]*)
		TEXT="${TEXT#*\[}"
		TEXT="${TEXT%%\]*}"
		;;
	esac
	[ -e "$SCRATCH/restore.$1" ] || printf '%s\n%s\n' "$2" "$TEXT" > "$SCRATCH/restore.$1"
	put "$2" "$3"
}

restore()
{
	local file value

	[ -e "$SCRATCH/restore.$1" ] || return 0
	{
		read -r file
		read -r value
	} < "$SCRATCH/restore.$1"
	put "$file" "$value" && rm -f "$SCRATCH/restore.$1"
}

# $@: the module and its parameters
load()
{
	modprobe "$@" || return 1
	: > "$SCRATCH/module.$1"
}

unload()
{
	[ -e "$SCRATCH/module.$1" ] || return 0
	modprobe -r "$1" && rm -f "$SCRATCH/module.$1"
}

# Ends a process of ours that holds something.
let_go()
{
	local pid

	[ -e "$SCRATCH/process.$1" ] || return 0
	read -r pid < "$SCRATCH/process.$1"
	kill "$pid" 2> /dev/null
	# What it held is free once it is gone. A writer may be deaf, and nobody waits for it.
	[ "$1" = pin ] && wait "$pid" 2> /dev/null
	rm -f "$SCRATCH/process.$1"
}

# Brings everything back to what it was, failures first, so that the rest can work.
undo_all()
{
	local file name

	for file in "$SCRATCH"/process.*; do
		[ -e "$file" ] && let_go "${file##*/process.}"
	done
	for file in "$SCRATCH"/restore.*; do
		[ -e "$file" ] && restore "${file##*/restore.}"
	done
	if [ -e "$SCRATCH/region" ]; then
		read -r name < "$SCRATCH/region"
		[ "$(cat "$CXL/$name/commit" 2> /dev/null)" = 0 ] && put "$CXL/$name/commit" 1
		if [ -e "$SCRATCH/was_bound" ]; then
			[ -e "$CXL/$name/driver" ] || put "$DRIVER/bind" "$name"
		else
			[ -e "$CXL/$name/driver" ] && put "$DRIVER/unbind" "$name"
		fi
	fi
	for file in "$SCRATCH"/module.*; do
		[ -e "$file" ] && unload "${file##*/module.}"
	done
	return 0
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	# The watchdog: the pipe on its standard input ends with the vector.
	[ "${1:-}" = --watch ] || exit "$KSFT_SKIP"
	SCRATCH="$2"
	trap '' HUP INT TERM
	exec {WATCH}> /dev/null
	cat > /dev/null
	undo_all
	rm -rf "$SCRATCH"
	exit 0
fi

#
# Results, in the form of kselftest.
#

COUNT=0
PASSED=0
FAILED=0
SKIPPED=0
# Why the rest of the vector cannot be taken; empty as long as it can.
BROKEN=

say()
{
	printf '# %s\n' "$1"
}

pass()
{
	COUNT=$((COUNT + 1))
	PASSED=$((PASSED + 1))
	printf 'ok %d %s\n' "$COUNT" "$1"
}

fail()
{
	COUNT=$((COUNT + 1))
	FAILED=$((FAILED + 1))
	printf 'not ok %d %s\n' "$COUNT" "$1"
}

skip()
{
	COUNT=$((COUNT + 1))
	SKIPPED=$((SKIPPED + 1))
	printf 'ok %d %s # SKIP %s\n' "$COUNT" "$1" "$2"
}

skip_all()
{
	printf '1..0 # SKIP %s\n' "$1"
	exit "$KSFT_SKIP"
}

#
# The region.
#

# Measures region $1: FIRST and BLOCKS, the number of its first whole memory block and how many there are.
measure()
{
	local start size

	first_line "$MEMORY/block_size_bytes" || skip_all "memory hotplug is not configured"
	BLOCK_SIZE=$((16#$TEXT))
	first_line "$CXL/$1/resource" || return 1
	start=$((TEXT))
	first_line "$CXL/$1/size" || return 1
	size=$((TEXT))
	FIRST=$(((start + BLOCK_SIZE - 1) / BLOCK_SIZE))
	BLOCKS=$(((start + size) / BLOCK_SIZE - FIRST))
	[ "$BLOCKS" -ge 0 ] || BLOCKS=0
}

is_usable()
{
	first_line "$CXL/$1/commit" && [ "$TEXT" = 1 ] &&
		first_line "$CXL/$1/mode" && [ "$TEXT" = ram ] && measure "$1"
}

find_region()
{
	local folder

	REGION="${SYSRAM_REGION:-}"
	if [ -n "$REGION" ]; then
		is_usable "$REGION" || skip_all "$REGION is no committed RAM region"
	else
		for folder in "$CXL"/region[0-9]*; do
			is_usable "${folder##*/}" && [ "$BLOCKS" -gt 0 ] && REGION="${folder##*/}" && break
		done
	fi
	[ -n "$REGION" ] || skip_all "there is no committed RAM region of CXL memory"
	[ "$BLOCKS" -gt 0 ] || skip_all "$REGION holds no whole memory block"
}

find_small_region()
{
	REGION="${SYSRAM_SMALL_REGION:-}"
	[ -n "$REGION" ] || skip_all "SYSRAM_SMALL_REGION names no region that is smaller than a memory block"
	is_usable "$REGION" || skip_all "$REGION is no committed RAM region"
	[ "$BLOCKS" -eq 0 ] || skip_all "$REGION holds a whole memory block"
}

# What one memory block is into BLOCK.
look_at_block()
{
	BLOCK=absent
	[ -d "$MEMORY/memory$1" ] || return 0
	BLOCK=offline
	first_line "$MEMORY/memory$1/state"
	[ "$TEXT" = online ] || return 0
	first_line "$MEMORY/memory$1/valid_zones"
	case "$TEXT" in
	Movable*) BLOCK=movable ;;
	*) BLOCK=kernel ;;
	esac
}

# What can be seen of the region into SIGHT, in the words of the vectors.
look()
{
	local device=no bound=no first others index range name start end from to lines=

	[ -d "$CXL/sysram_$REGION" ] && device=yes
	[ -e "$CXL/$REGION/driver" ] && bound=yes
	[ -e "$SCRATCH/process.writer" ] && bound=any

	first=absent
	others=absent
	if [ "$BLOCKS" -gt 0 ]; then
		look_at_block "$FIRST"
		first="$BLOCK"
		others="$BLOCK"
	fi
	for ((index = 1; index < BLOCKS; index++)); do
		look_at_block $((FIRST + index))
		[ "$index" -eq 1 ] && others="$BLOCK"
		[ "$BLOCK" = "$others" ] || others=mixed
	done

	from=$((FIRST * BLOCK_SIZE))
	to=$(((FIRST + BLOCKS) * BLOCK_SIZE - 1))
	while read -r range _ name; do
		start=$((16#${range%-*}))
		end=$((16#${range#*-}))
		((start >= from && end <= to)) || continue
		case "$name" in
		"$REGION" | "CXL Window"* | ramoops*) continue ;;
		"cxl_sysram${REGION#region}") name=own ;;
		"$MEMORY_NAME") name=memory ;;
		*) name=other ;;
		esac
		((start == from && end == to)) || name=other
		lines="${lines:+$lines,}$name"
	done < "$PROC/iomem"

	SIGHT="device=$device bound=$bound blocks=$first,$others iomem=${lines:-none}"
}

# The node of the region's memory into NODE.
find_node()
{
	local folder

	for folder in "$MEMORY/memory$FIRST"/node[0-9]*; do
		NODE="${folder##*/node}"
		[ -d "$folder" ] && return 0
	done
	return 1
}

#
# What a vector needs, before it prints its plan.
#

need()
{
	case "$1" in
	notifier)
		[ -d "$NOTIFIER" ] || load memory-notifier-error-inject > /dev/null 2>&1
		[ -d "$NOTIFIER" ] || skip_all "there is no error injection for memory notifiers"
		;;
	allocations)
		[ -e "$PROC/self/fail-nth" ] || skip_all "there is no /proc/self/fail-nth"
		[ -d "$DEBUGFS/failslab" ] || skip_all "there is no failslab"
		change failslab "$DEBUGFS/failslab/ignore-gfp-wait" N
		if [ -d "$DEBUGFS/fail_page_alloc" ]; then
			change page_alloc "$DEBUGFS/fail_page_alloc/ignore-gfp-wait" N
			change page_order "$DEBUGFS/fail_page_alloc/min-order" 0
		fi
		say "failures ready: allocations that may sleep can fail, one by one in the writing task"
		;;
	claim)
		modprobe -n ramoops > /dev/null 2>&1 || skip_all "there is no ramoops module to claim a part of the range"
		;;
	esac
}

# $1: the vector, $2: how many results it has without those of the end,
# $3: what auto_online_blocks must say, $4: whole or small, $@: its needs
begin()
{
	local tests="$2" auto_online="$3" kind="$4" what

	echo "TAP version 13"
	say "$1"
	shift 4
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	[ -x "$IO" ] || skip_all "$IO is not built"
	[ -d "$DRIVER" ] || skip_all "the driver of CXL regions is not there"
	if [ "$kind" = small ]; then find_small_region; else find_region; fi

	SCRATCH="$(mktemp -d)" || skip_all "there is no place for temporary files"
	exec {WATCH}> >(exec setsid bash "$LIBRARY" --watch "$SCRATCH")
	WATCHDOG=$!
	trap finish EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM

	echo "$REGION" > "$SCRATCH/region"
	if [ -e "$CXL/$REGION/driver" ]; then
		: > "$SCRATCH/was_bound"
		put "$DRIVER/unbind" "$REGION" || skip_all "$REGION cannot be unbound"
	fi
	for what in "$@"; do need "$what"; done
	change auto_online "$MEMORY/auto_online_blocks" "$auto_online" || skip_all "auto_online_blocks cannot be set"
	look
	[ "$SIGHT" = "device=no bound=no blocks=absent,absent iomem=none" ] ||
		skip_all "$REGION is in use: $SIGHT"
	first_line "$PROC/sys/kernel/tainted"
	TAINTED="$TEXT"
	[ -w "$DEBUGFS/kmemleak" ] && put "$DEBUGFS/kmemleak" clear
	printf '1..%d\n' $((tests + 2))
}

#
# Actions.
#

# Starts a write and waits until it is under way. $FAILING: the allocation that fails in it.
submit()
{
	: > "$SCRATCH/result"
	if [ -n "$FAILING" ]; then
		"$IO" fail "$FAILING" "$1" "$2" > "$SCRATCH/result" {WATCH}>&- &
	elif [ -n "$INTERRUPTED" ]; then
		"$IO" interrupt "$NODE" "$1" "$2" > "$SCRATCH/result" {WATCH}>&- &
	else
		"$IO" write "$1" "$2" > "$SCRATCH/result" {WATCH}>&- &
	fi
	echo $! > "$SCRATCH/process.writer"
	until [ -s "$SCRATCH/result" ]; do sleep 0.1; done
}

# Waits for the write that is under way for $1 tenths of a second: what it gave into RETURNED.
await()
{
	local tenths

	for ((tenths = 0; ; tenths++)); do
		RETURNED=
		{
			read -r _
			read -r RETURNED
		} < "$SCRATCH/result"
		if [ -n "$RETURNED" ]; then
			rm -f "$SCRATCH/process.writer"
			return 0
		fi
		[ "$tenths" -lt "$1" ] || break
		sleep 0.1
	done
	RETURNED=waits
}

# Where a write goes that is tested, into FILE and VALUE; fails for other actions.
aim()
{
	INTERRUPTED=
	case "$1" in
	bind | unbind)
		FILE="$DRIVER/$1"
		VALUE="$REGION"
		;;
	decommit | commit)
		FILE="$CXL/$REGION/commit"
		if [ "$1" = commit ]; then VALUE=1; else VALUE=0; fi
		;;
	write | interrupt)
		FILE="$CXL/sysram_$REGION/hotplug"
		VALUE="$2"
		[ "$1" = write ] || INTERRUPTED=yes
		;;
	block)
		FILE="$MEMORY/memory$((FIRST + $2))/state"
		VALUE="$3"
		;;
	*) return 1 ;;
	esac
}

# Sets something up or takes it back; not what is tested.
arrange()
{
	case "$1 ${2:-}" in
	"refuse onlining")
		say "failure on: memory notifiers refuse onlining (MEM_GOING_ONLINE, -ENOMEM)"
		change onlining "$NOTIFIER/MEM_GOING_ONLINE/error" -12
		;;
	"refuse offlining")
		say "failure on: memory notifiers refuse offlining (MEM_GOING_OFFLINE, -EPERM)"
		change offlining "$NOTIFIER/MEM_GOING_OFFLINE/error" -1
		;;
	"allow onlining" | "allow offlining")
		say "failure off: memory notifiers allow $2"
		restore "$2"
		;;
	"claim ")
		say "failure on: ramoops claims a part of the range"
		load ramoops mem_address=$(((FIRST + BLOCKS - 1) * BLOCK_SIZE)) mem_size=0x40000 \
			record_size=0x20000 console_size=0 ftrace_size=0 pmsg_size=0 > /dev/null 2>&1
		;;
	"unclaim ")
		say "failure off: the claim is given back"
		unload ramoops
		;;
	"pin ")
		say "failure on: the kernel holds a page of the region's memory"
		find_node || return 1
		: > "$SCRATCH/pinned"
		"$IO" pin "$NODE" > "$SCRATCH/pinned" {WATCH}>&- &
		echo $! > "$SCRATCH/process.pin"
		until [ -s "$SCRATCH/pinned" ]; do sleep 0.1; done
		first_line "$SCRATCH/pinned"
		[ "$TEXT" = pinned ]
		;;
	"unpin ")
		say "failure off: the page is given back"
		let_go pin
		;;
	*) return 1 ;;
	esac
}

# $1: what it must return, or "waits"; $2: what a write that waits must give now,
# or "-"; $3: what must be seen; $@: the action. Why it is wrong into REASON.
check()
{
	local returns="$1" ended="$2" sight="$3" limit="$PATIENCE"

	REASON=
	shift 3
	RETURNED=ok
	if aim "$@"; then
		[ -n "$INTERRUPTED" ] && ! find_node && REASON="the memory has no node" && return 1
		submit "$FILE" "$VALUE"
		[ "$returns" = waits ] && limit="$BLOCK_TIME"
		await "$limit"
	elif ! arrange "$@"; then
		REASON="cannot be set up"
		UNABLE=yes
		return 1
	fi
	[ "$RETURNED" = "$returns" ] || REASON="returned $RETURNED, not $returns"
	if [ -z "$REASON" ] && [ "$ended" != - ]; then
		await "$PATIENCE"
		[ "$RETURNED" = "$ended" ] || REASON="the write that waited gave $RETURNED, not $ended"
	fi
	look
	[ -n "$REASON" ] || [ "$SIGHT" = "$sight" ] || REASON="saw $SIGHT, not $sight"
	first_line "$PROC/sys/kernel/tainted"
	[ -n "$REASON" ] || [ "$TEXT" = "$TAINTED" ] || REASON="the kernel warned: tainted is $TEXT"
	[ -z "$REASON" ]
}

# One action with its result: $1: what it is, the rest as for check.
step()
{
	local label="$1"

	shift
	UNABLE=
	if [ -n "$BROKEN" ]; then
		skip "$label" "$BROKEN"
	elif check "$@"; then
		pass "$label"
	elif [ -n "$UNABLE" ]; then
		BROKEN="$label $REASON"
		skip "$label" "$REASON"
	else
		say "$REASON"
		fail "$label"
		BROKEN="a step before it failed"
	fi
}

#
# A step that may end in more than one way.
#

# $1: what it is, $@: the action; what came of it into OUTCOME
choice_begin()
{
	CHOICE="$1"
	shift
	OUTCOME=
	REASON="$BROKEN"
	[ -n "$BROKEN" ] && return
	aim "$@"
	submit "$FILE" "$VALUE"
	await "$PATIENCE"
	look
	OUTCOME="$RETURNED $SIGHT"
	first_line "$PROC/sys/kernel/tainted"
	[ "$TEXT" = "$TAINTED" ] || REASON="the kernel warned: tainted is $TEXT"
}

choice_wrong()
{
	[ -n "$REASON" ] || REASON="came to $OUTCOME"
}

choice_end()
{
	if [ -n "$BROKEN" ]; then
		skip "$CHOICE" "$BROKEN"
	elif [ -z "$REASON" ]; then
		pass "$CHOICE"
	else
		say "$REASON"
		fail "$CHOICE"
		BROKEN="a step before it failed"
	fi
}

#
# Allocations that fail one by one.
#

# $1: what it is, $@: the action
sweep_begin()
{
	SWEEP="$1"
	shift
	SWEPT=("$@")
	FAILING=0
	SWEEP_ENDS=
	REASON="$BROKEN"
	[ -n "$BROKEN" ] || say "failures on: in turn, each allocation of the writing task"
}

# Takes the action with the next allocation failing: what came of it into OUTCOME.
sweep_next()
{
	local used

	[ -z "$REASON" ] && [ -z "$SWEEP_ENDS" ] || return 1
	FAILING=$((FAILING + 1))
	NTH="$FAILING"
	aim "${SWEPT[@]}"
	submit "$FILE" "$VALUE"
	await "$BLOCK_TIME"
	used="${RETURNED##* }"
	RETURNED="${RETURNED% *}"
	# A write that waits has met with a failure.
	[ "$RETURNED" = waits ] && used=used
	[ "$used" = unused ] && SWEEP_ENDS=yes
	[ "$NTH" -lt 1000 ] || SWEEP_ENDS=yes
	look
	first_line "$PROC/sys/kernel/tainted"
	if [ "$TEXT" != "$TAINTED" ]; then
		REASON="the kernel warned with allocation $NTH failing: tainted is $TEXT"
		return 1
	fi
	OUTCOME="$used $RETURNED $SIGHT"
	return 0
}

# An action on the way back from an end to where the vector goes on: arguments as for check.
back()
{
	local nth="${FAILING:-}"

	[ -z "$REASON" ] || return 0
	FAILING=
	check "$@" || REASON="on the way back: $REASON"
	FAILING="$nth"
}

sweep_wrong()
{
	REASON="with allocation $NTH failing: $OUTCOME"
}

sweep_end()
{
	local count="$FAILING"

	FAILING=
	if [ -n "$BROKEN" ]; then
		skip "$SWEEP" "$BROKEN"
		return
	fi
	say "failures off: $((count - 1)) allocations failed"
	if [ -z "$REASON" ]; then
		pass "$SWEEP"
	else
		say "$REASON"
		fail "$SWEEP"
		BROKEN="a step before it failed"
	fi
}

#
# Writers at one time.
#

# $1: where results go, $2: rounds, $@: words that are written again and again
write_again()
{
	local results="$1" rounds="$2" round word answer

	shift 2
	: > "$results"
	for ((round = 0; round < rounds; round++)); do
		for word in "$@"; do
			answer="$("$IO" write "$CXL/sysram_$REGION/hotplug" "$word")"
			echo "${answer##*$'\n'}" >> "$results"
		done
	done
	echo finished >> "$results"
}

# Waits for both writers, as long as one of them gets on.
await_writers()
{
	local -a one two
	local count before=-1 idle=0

	while [ "$idle" -lt $((10 * PATIENCE)) ]; do
		mapfile -t one < "$SCRATCH/one"
		mapfile -t two < "$SCRATCH/two"
		[ "${one[*]: -1}${two[*]: -1}" = finishedfinished ] && return 0
		count=$((${#one[@]} + ${#two[@]}))
		if [ "$count" -eq "$before" ]; then idle=$((idle + 1)); else idle=0; fi
		before="$count"
		sleep 0.1
	done
	return 1
}

# $1: what it is, $2: rounds, $3 and $4: the words of two writers,
# $5: what a write may give, $@: what may be seen in the end
stress()
{
	local label="$1" rounds="$2" results="$5" answer sight
	local -a one two

	if [ -n "$BROKEN" ]; then
		skip "$label" "$BROKEN"
		return
	fi
	read -r -a one <<< "$3"
	read -r -a two <<< "$4"
	shift 5
	: > "$SCRATCH/one"
	: > "$SCRATCH/two"
	write_again "$SCRATCH/one" "$rounds" "${one[@]}" {WATCH}>&- &
	echo $! > "$SCRATCH/process.one"
	write_again "$SCRATCH/two" "$rounds" "${two[@]}" {WATCH}>&- &
	echo $! > "$SCRATCH/process.two"
	REASON=
	await_writers || REASON="a write does not return"
	let_go one
	let_go two
	while read -r answer; do
		case " finished $results " in
		*" $answer "*) ;;
		*) REASON="a write gave $answer" ;;
		esac
	done < <(cat "$SCRATCH/one" "$SCRATCH/two")
	look
	if [ -z "$REASON" ]; then
		REASON="saw $SIGHT"
		for sight in "$@"; do [ "$SIGHT" = "$sight" ] && REASON=; done
	fi
	first_line "$PROC/sys/kernel/tainted"
	[ "$TEXT" = "$TAINTED" ] || REASON="the kernel warned: tainted is $TEXT"
	if [ -z "$REASON" ]; then
		pass "$label"
	else
		say "$REASON"
		fail "$label"
		BROKEN="a step before it failed"
	fi
}

#
# The end.
#

# Memory that nothing refers to any more and that was allocated for CXL.
look_for_leaks()
{
	local line found=

	put "$DEBUGFS/kmemleak" scan
	sleep 6
	put "$DEBUGFS/kmemleak" scan
	while read -r line; do
		case "$line" in
		*sysram*) found=yes ;;
		esac
	done < "$DEBUGFS/kmemleak"
	[ -n "$found" ]
}

# The last two results of a vector.
end()
{
	local left="nothing is left behind" leaks="no memory leaks"

	if [ -n "$BROKEN" ]; then
		skip "$left" "$BROKEN"
		skip "$leaks" "$BROKEN"
		exit
	fi
	look
	if [ "$SIGHT" = "device=no bound=no blocks=absent,absent iomem=none" ]; then
		pass "$left"
	else
		say "saw $SIGHT"
		fail "$left"
	fi
	if [ ! -w "$DEBUGFS/kmemleak" ]; then
		skip "$leaks" "there is no kmemleak"
	elif look_for_leaks; then
		fail "$leaks"
	else
		pass "$leaks"
	fi
	exit
}

# Runs when the script ends, whatever ends it.
finish()
{
	local status=$?

	trap - EXIT
	trap '' HUP INT TERM
	undo_all > /dev/null 2>&1
	exec {WATCH}>&-
	wait "$WATCHDOG"
	[ "$status" -eq 0 ] || exit "$status"
	printf '# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0\n' "$PASSED" "$FAILED" "$SKIPPED"
	[ "$FAILED" -eq 0 ] || exit "$KSFT_FAIL"
	# Without kmemleak the last result is skipped, and the vector is as good.
	[ -z "$BROKEN" ] || exit "$KSFT_SKIP"
	exit "$KSFT_PASS"
}
