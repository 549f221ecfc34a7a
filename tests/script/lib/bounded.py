#!/usr/bin/env python3
"""Runs a command, hands on what it prints, and fails where its memory was ever larger than it may be.

    bounded.py MEBIBYTES COMMAND …"""
import resource, subprocess, sys

limit = int(sys.argv[1])
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, timeout=60)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
sys.stdout.buffer.write(done.stdout)
if peak > limit:
    sys.exit(f"{peak} MiB where {limit} MiB are enough: {sys.argv[2:]}")
sys.exit(done.returncode)
