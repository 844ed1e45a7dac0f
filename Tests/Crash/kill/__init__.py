"""Kills a server that many clients send to, again and again, and checks after each start that it kept what it had
acknowledged. `python -m Crash.kill` runs it; scripts/crash-test finds the paths for it."""
