#!/bin/bash
# Stands in for a program that asks the kernel for something: asks the simulation.
exec 3<> "/dev/tcp/127.0.0.1/$SYSRAM_SIMULATION" || exit 1
# Who holds something tells when it lets go, and does not end before that is done.
trap 'printf "let go\n" >&3; read -r _ <&3; exit 0' TERM
IFS=$'\037'
printf '%s\n' "${0##*/}$IFS$*" >&3
while IFS= read -r line <&3; do
	case "$line" in
	=*)
		# What was printed is where it belongs before anybody is told that this is over.
		printf 'done\n' >&3
		exit "${line#=}"
		;;
	esac
	printf '%s\n' "$line"
done
exit 1
